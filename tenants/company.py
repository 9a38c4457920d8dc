"""The company's own settings: its name, the smallest margin, the hold, and who gets its mail."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from kit.errors import Refusals
from storage import audit
from storage.revisions import every_store_changed
from tenants.models import Company

LONGEST_HOLD = 365
LONGEST_KEPT = 600
LONGEST_INSTRUCTIONS = 2000
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")


@dataclass(frozen=True, slots=True)
class CompanySettings:
    """What the company decides for everybody: see ``tenants.models.Company``.

    ``smallest_margin_minor`` maps each currency to minor units; ``smallest_margin_bps`` is in basis
    points of wholesale; the larger of both counts. All periods are whole days.
    """

    name: str
    support_email: str
    currencies: tuple[str, ...]
    smallest_margin_minor: dict[str, int]
    smallest_margin_bps: int
    hold_from: str
    hold_days: int
    assumed_delivery_days: int
    returns_days: int
    lost_wholesale: str
    dispute_fee_by: str
    return_instructions: str = ""
    partner_refund_requests: bool = False
    keep_orders_months: int = 120
    demo: bool = False


def read_company(session: Session) -> CompanySettings:
    """Return the company's settings. Raises NoResultFound before an installation is set up."""
    row = session.execute(select(Company)).scalar_one()
    return CompanySettings(
        name=row.name,
        support_email=row.support_email,
        currencies=tuple(row.currencies),
        smallest_margin_minor=dict(row.smallest_margin_minor),
        smallest_margin_bps=row.smallest_margin_bps,
        hold_from=row.hold_from,
        hold_days=row.hold_days,
        assumed_delivery_days=row.assumed_delivery_days,
        returns_days=row.returns_days,
        lost_wholesale=row.lost_wholesale,
        dispute_fee_by=row.dispute_fee_by,
        return_instructions=row.return_instructions,
        partner_refund_requests=row.partner_refund_requests,
        keep_orders_months=row.keep_orders_months,
        demo=row.demo,
    )


def change_settings(
    session: Session, *, wanted: CompanySettings, actor: str, now: datetime, reason: str = ""
) -> tuple[str, ...]:
    """Change what differs, write it to the audit log, and return the names of what changed.

    Currencies and the demo's mark stay as they are. A new hold counts for orders placed from now on;
    a new smallest margin judges every price at once. Raises Refusals, with a sentence for each field.
    """
    # Locked, so that two people who save at once are written down one after the other.
    session.execute(select(Company.company_id).with_for_update())
    before = read_company(session)
    _judge(wanted, before.currencies)
    old, new = asdict(before), asdict(wanted)
    kept = ("currencies", "demo")
    changed = tuple(name for name in old if name not in kept and old[name] != new[name])
    if not changed:
        return ()
    session.execute(update(Company).values({name: new[name] for name in changed}))
    every_store_changed(session)
    audit.record(
        session,
        actor=actor,
        action="company.settings",
        subject="company",
        now=now,
        before={name: old[name] for name in changed},
        after={name: new[name] for name in changed},
        reason=reason,
    )
    return changed


def _judge(wanted: CompanySettings, currencies: tuple[str, ...]) -> None:
    errors: dict[str, str] = {}
    if not wanted.name.strip():
        errors["name"] = "Enter the company's name."
    if not _EMAIL.fullmatch(wanted.support_email):
        errors["support_email"] = "Enter an e-mail address, such as help@example.com."
    for currency in currencies:
        if wanted.smallest_margin_minor.get(currency, 0) < 1:
            errors[f"margin_{currency}"] = "The smallest margin is at least one minor unit."
    if not 0 <= wanted.smallest_margin_bps <= 100_000:
        errors["smallest_margin_percent"] = "A percentage from 0 to 1000."
    if wanted.hold_from not in ("payment", "delivery"):
        errors["hold_from"] = "The hold counts from payment or from delivery."
    if wanted.lost_wholesale not in ("wholesale_revenue", "dispute_losses"):
        errors["lost_wholesale"] = "The wholesale of a lost dispute is taken from sales or is a loss."
    if wanted.dispute_fee_by not in ("company", "partner"):
        errors["dispute_fee_by"] = "The company or the partner bears the fee."
    for name, label in (
        ("hold_days", "The hold"),
        ("assumed_delivery_days", "Assumed delivery"),
        ("returns_days", "The time for returns"),
    ):
        if not 0 <= getattr(wanted, name) <= LONGEST_HOLD:
            errors[name] = f"{label} is 0 to {LONGEST_HOLD} days."
    if not 0 <= wanted.keep_orders_months <= LONGEST_KEPT:
        errors["keep_orders_months"] = f"Personal data is kept 0 to {LONGEST_KEPT} months."
    if len(wanted.return_instructions) > LONGEST_INSTRUCTIONS:
        errors["return_instructions"] = f"At most {LONGEST_INSTRUCTIONS} characters."
    if errors:
        raise Refusals(errors)
