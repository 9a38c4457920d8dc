"""Coupons of a store: codes that take something off, which the partner pays out of its margin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from kit.errors import NotFound, Refusals
from kit.ids import NIL, new_id
from kit.money import Money
from pricing.discount_models import COUPON_SCOPES, Coupon
from pricing.discount_terms import (
    LARGEST_MINOR,
    NewDiscount,
    check_code,
    check_terms,
    clean_code,
    known_scope,
    refuse,
)
from storage import audit
from storage.database import insert_rows


@dataclass(frozen=True, slots=True)
class CouponView:
    """A coupon as its partner sees it. ``scope_title`` names the product or the collection that it is for.

    ``ends`` is when it stops being taken: at the end of its period, or when it was withdrawn.
    """

    coupon_id: UUID
    code: str
    kind: str
    value: int
    currency: str
    scope: str
    scope_id: UUID
    scope_title: str
    smallest_order: Money | None
    begins: datetime
    ends: datetime | None
    most_uses: int | None
    most_per_customer: int | None
    withdrawn: bool
    state: str

    @property
    def amount(self) -> Money:
        """The value of one that takes off an amount."""
        return Money(self.value, self.currency)


_RETIRE = text("""
    UPDATE coupons SET withdrawn_at = upper(valid)
     WHERE partner_id = :partner_id AND store_id = :store_id AND code = :code
       AND withdrawn_at IS NULL AND upper(valid) <= :now
""")
_TAKEN = text("""
    SELECT (SELECT min(coalesce(to_char(upper(k.valid), 'YYYY-MM-DD'), '')) FROM coupons k
             WHERE k.partner_id = :partner_id AND k.store_id = :store_id AND k.code = :code
               AND k.withdrawn_at IS NULL) AS coupon,
           (SELECT count(*) FROM promotions m
             WHERE m.code = :code AND m.withdrawn_at IS NULL
               AND (upper(m.valid) IS NULL OR upper(m.valid) > :now)) AS promotions,
           (SELECT s.currency FROM stores s
             WHERE s.partner_id = :partner_id AND s.store_id = :store_id) AS currency
""")


def create_coupon(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    code: str,
    kind: str,
    value: int,
    scope: str = "store",
    scope_id: UUID = NIL,
    smallest_order: int | None = None,
    begins: datetime,
    ends: datetime | None = None,
    most_uses: int | None = None,
    most_per_customer: int | None = None,
    actor: str,
    now: datetime,
) -> UUID:
    """Make a coupon of a store, and return its key.

    ``value`` is basis points for a percentage and minor units of the store's currency for an amount, as
    is ``smallest_order``; ``ends`` is exclusive. Raises Refusals by field.
    """
    kept = clean_code(code)
    new = NewDiscount(kind, value, scope, scope_id, begins, ends, most_uses, most_per_customer)
    keys = {"partner_id": partner_id, "store_id": store_id, "code": kept, "now": now}
    # The code of a coupon whose time is over is free again.
    session.execute(_RETIRE, keys)
    found = session.execute(_TAKEN, keys).one()
    if found.currency is None:
        raise NotFound("There is no such store.")
    errors = check_terms(new, currency=found.currency, scopes=COUPON_SCOPES, now=now)
    if "most" in errors:
        errors["most_uses"] = errors.pop("most")
    errors |= known_scope(session, new)
    if wrong := check_code(kept):
        errors["code"] = wrong
    elif found.coupon is not None:
        errors["code"] = _taken(kept, found.coupon)
    elif found.promotions:
        errors["code"] = f"{kept} is a promotion of the company. Choose another code."
    if smallest_order is not None and not 0 < smallest_order <= LARGEST_MINOR:
        errors["smallest_order"] = "Write an amount over zero, or leave it empty."
    refuse(errors)
    coupon_id = new_id()
    row = {
        "partner_id": partner_id,
        "coupon_id": coupon_id,
        "store_id": store_id,
        "code": kept,
        "kind": kind,
        "value": value,
        "scope": scope,
        "scope_id": scope_id,
        "smallest_order": smallest_order,
        "valid": Range(begins, ends),
        "most_uses": most_uses,
        "most_per_customer": most_per_customer,
        "actor": actor,
        "created_at": now,
    }
    try:
        with session.begin_nested():
            insert_rows(session, Coupon, [row])
    except IntegrityError as error:
        if getattr(error.orig, "sqlstate", "") != "23505":
            raise
        # Somebody else made it between the look and the writing.
        raise Refusals({"code": _taken(kept, "")}) from error
    audit.record(
        session,
        actor=actor,
        action="coupon.created",
        subject=f"coupon:{coupon_id}",
        partner_id=partner_id,
        now=now,
        after=_written(row),
    )
    return coupon_id


def _taken(code: str, until: str) -> str:
    period = f" until {until}" if until else ""
    return f"There is a coupon {code}{period} already. Withdraw it first, or choose another code."


def _written(row: dict[str, Any]) -> dict[str, Any]:
    valid = row["valid"]
    plain = {name: row[name] for name in ("code", "kind", "value", "scope", "smallest_order", "most_uses")}
    return plain | {
        "scope_id": str(row["scope_id"]),
        "most_per_customer": row["most_per_customer"],
        "begins": valid.lower.isoformat(),
        "ends": valid.upper.isoformat() if valid.upper else None,
    }


_WITHDRAW = text("""
    UPDATE coupons SET withdrawn_at = :now
     WHERE partner_id = :partner_id AND store_id = :store_id AND coupon_id = :coupon_id
       AND withdrawn_at IS NULL AND (upper(valid) IS NULL OR upper(valid) > :now)
    RETURNING code
""")


def withdraw_coupon(
    session: Session, *, partner_id: UUID, store_id: UUID, coupon_id: UUID, actor: str, now: datetime
) -> str:
    """Take a coupon back: no cart gets it any more, orders keep it. Return its code.

    Raises NotFound when it is not there, or has ended already.
    """
    keys = {"partner_id": partner_id, "store_id": store_id, "coupon_id": coupon_id, "now": now}
    code = session.execute(_WITHDRAW, keys).scalar()
    if code is None:
        raise NotFound("This coupon has ended or was withdrawn already.")
    audit.record(
        session,
        actor=actor,
        action="coupon.withdrawn",
        subject=f"coupon:{coupon_id}",
        partner_id=partner_id,
        now=now,
        before={"code": code},
    )
    return str(code)


_LIST = text("""
    SELECT k.*, lower(k.valid) AS begins, least(upper(k.valid), k.withdrawn_at) AS ends, s.currency,
           coalesce((SELECT p.title FROM products p WHERE p.product_id = k.scope_id),
                    (SELECT c.title FROM collections c WHERE c.collection_id = k.scope_id), '') AS scope_title
      FROM coupons k
      JOIN stores s ON s.partner_id = k.partner_id AND s.store_id = k.store_id
     WHERE k.partner_id = :partner_id AND k.store_id = :store_id
     ORDER BY k.created_at DESC, k.coupon_id DESC
""")


def list_coupons(session: Session, *, partner_id: UUID, store_id: UUID, now: datetime) -> list[CouponView]:
    """Every coupon of a store: those that run or lie ahead first, in each part the newest first."""
    rows: Sequence[Row[Any]] = session.execute(_LIST, {"partner_id": partner_id, "store_id": store_id}).all()
    views = [_view(row, now) for row in rows]
    return sorted(views, key=lambda view: view.state == "ended")


def state_at(begins: datetime, ends: datetime | None, now: datetime) -> str:
    """Whether a discount is ``ahead``, ``running`` or ``ended``."""
    if ends is not None and ends <= now:
        return "ended"
    return "running" if begins <= now else "ahead"


def _view(row: Row[Any], now: datetime) -> CouponView:
    return CouponView(
        coupon_id=row.coupon_id,
        code=row.code,
        kind=row.kind,
        value=row.value,
        currency=row.currency,
        scope=row.scope,
        scope_id=row.scope_id,
        scope_title=row.scope_title,
        smallest_order=None if row.smallest_order is None else Money(row.smallest_order, row.currency),
        begins=row.begins,
        ends=row.ends,
        most_uses=row.most_uses,
        most_per_customer=row.most_per_customer,
        withdrawn=row.withdrawn_at is not None and row.withdrawn_at == row.ends,
        state=state_at(row.begins, row.ends, now),
    )
