"""The addresses that a shopper keeps, one of them the default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, text, update
from sqlalchemy.orm import Session

from kit.errors import NotFound, Refusal, Refusals
from kit.ids import new_id
from orders.accounts.models import AccountAddress
from orders.accounts.signing import Shopper
from storage.database import insert_rows

PARTS = ("name", "line1", "line2", "city", "region", "postcode", "country", "phone")
MOST_ADDRESSES = 20
LONGEST_PART = 200


@dataclass(frozen=True, slots=True)
class KeptAddress:
    """An address of an account. ``address`` has all of ``PARTS``; what was left out is empty."""

    address_id: UUID
    address: dict[str, str]
    is_default: bool


def addresses_of(session: Session, *, shopper: Shopper) -> tuple[KeptAddress, ...]:
    """The addresses of an account, the default first, then the newest."""
    rows = session.execute(
        select(AccountAddress.address_id, AccountAddress.address, AccountAddress.is_default)
        .where(*_mine(shopper))
        .order_by(AccountAddress.is_default.desc(), AccountAddress.created_at.desc())
    )
    return tuple(
        KeptAddress(row.address_id, {part: row.address.get(part, "") for part in PARTS}, row.is_default)
        for row in rows
    )


def read_address(session: Session, *, shopper: Shopper, address_id: UUID) -> KeptAddress:
    """One address of an account. Raises NotFound."""
    found = next((a for a in addresses_of(session, shopper=shopper) if a.address_id == address_id), None)
    if found is None:
        raise NotFound("There is no such address.")
    return found


def keep_address(
    session: Session,
    *,
    shopper: Shopper,
    typed: Mapping[str, str],
    countries: Sequence[str],
    without_postcode: frozenset[str],
    now: datetime,
    address_id: UUID | None = None,
    default: bool = False,
) -> UUID:
    """Add an address, or change the one with this key. The first one is the default.

    Raises Refusals with a sentence for each field, Refusal when there are too many, NotFound.
    """
    address = clean_address(typed, countries=countries, without_postcode=without_postcode)
    # Locked, so that of two that are added at once the second sees the first.
    session.execute(_LOCK, {"partner_id": shopper.partner_id, "account_id": shopper.account_id})
    if address_id is None:
        count = session.scalar(select(func.count()).select_from(AccountAddress).where(*_mine(shopper))) or 0
        if count >= MOST_ADDRESSES:
            raise Refusal(f"You can keep {MOST_ADDRESSES} addresses. Remove one first.", field="name")
        address_id = new_id()
        row = {
            "partner_id": shopper.partner_id,
            "address_id": address_id,
            "account_id": shopper.account_id,
            "address": address,
            "is_default": count == 0,
            "created_at": now,
        }
        insert_rows(session, AccountAddress, [row])
    else:
        changed = session.execute(
            update(AccountAddress)
            .where(*_mine(shopper), AccountAddress.address_id == address_id)
            .values(address=address)
            .returning(AccountAddress.address_id)
        ).scalar()
        if changed is None:
            raise NotFound("There is no such address.")
    if default:
        make_default(session, shopper=shopper, address_id=address_id)
    return address_id


_LOCK = text("""
    SELECT a.account_id FROM accounts a
     WHERE a.partner_id = :partner_id AND a.account_id = :account_id FOR UPDATE
""")


def make_default(session: Session, *, shopper: Shopper, address_id: UUID) -> None:
    """Let an address be the one that stands in the checkout. Raises NotFound."""
    session.execute(_LOCK, {"partner_id": shopper.partner_id, "account_id": shopper.account_id})
    session.execute(
        update(AccountAddress)
        .where(*_mine(shopper), AccountAddress.is_default, AccountAddress.address_id != address_id)
        .values(is_default=False)
    )
    made = session.execute(
        update(AccountAddress)
        .where(*_mine(shopper), AccountAddress.address_id == address_id)
        .values(is_default=True)
        .returning(AccountAddress.address_id)
    ).scalar()
    if made is None:
        raise NotFound("There is no such address.")


def remove_address(session: Session, *, shopper: Shopper, address_id: UUID) -> None:
    """Remove an address; one that is gone already is no fault. The newest one becomes the default."""
    session.execute(_LOCK, {"partner_id": shopper.partner_id, "account_id": shopper.account_id})
    was_default = session.execute(
        delete(AccountAddress)
        .where(*_mine(shopper), AccountAddress.address_id == address_id)
        .returning(AccountAddress.is_default)
    ).scalar()
    left = addresses_of(session, shopper=shopper)
    if was_default and left:
        make_default(session, shopper=shopper, address_id=left[0].address_id)


def clean_address(
    typed: Mapping[str, str], *, countries: Sequence[str], without_postcode: frozenset[str]
) -> dict[str, str]:
    """An address as it is kept: as written, because the world's are many. Raises Refusals."""
    address = {part: typed.get(part, "").strip() for part in PARTS}
    errors = {name: words for name, words in _NEEDED.items() if not address[name]}
    if address["country"] not in countries:
        errors["country"] = "We do not deliver to this country. Choose one from the list."
    elif not address["postcode"] and address["country"] not in without_postcode:
        errors["postcode"] = "Enter the postcode."
    errors |= {
        part: f"At most {LONGEST_PART} characters." for part in PARTS if len(address[part]) > LONGEST_PART
    }
    if errors:
        raise Refusals(errors)
    return address


_NEEDED = {
    "name": "Enter the name of who receives the parcel.",
    "line1": "Enter the street and number.",
    "city": "Enter the city.",
}


def _mine(shopper: Shopper) -> tuple[ColumnElement[bool], ...]:
    return (
        AccountAddress.partner_id == shopper.partner_id,
        AccountAddress.account_id == shopper.account_id,
    )
