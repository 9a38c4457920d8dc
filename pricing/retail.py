"""Setting what shoppers see. Every price is judged against the floor before anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, or_, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from kit.errors import Refusal
from kit.ids import NIL, new_id
from kit.money import Money, decimals
from pricing.listing import price_of
from pricing.models import METHODS, ROUNDINGS, SCOPES, RetailRule
from pricing.reading import COLLECTION_ID, EVERYTHING, PRODUCTS, VARIANTS, Selection, read_prices, terms_of
from pricing.rules import Rule, Terms, retail_price
from storage import audit
from storage.revisions import store_changed

_LARGEST = 1_000_000  # In major units: beyond it, a price is a slip of the finger.


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one asked-for price.

    ``before`` is today's price, ``lowest`` the lowest allowed, ``earn`` the margin on a unit at the
    new price without tax. ``refusal`` is empty, or says why the price cannot be.
    """

    variant_id: UUID
    sku: str
    before: Money | None
    after: Money
    wholesale: Money
    lowest: Money
    earn: Money
    refusal: str


class PricesRefused(Refusal):
    """Some prices were refused, so none was changed. ``rows`` holds the verdict on each."""

    def __init__(self, rows: Sequence[Judged]) -> None:
        first = next(row for row in rows if row.refusal)
        super().__init__(first.refusal, field="price")
        self.rows = rows

    @property
    def refused(self) -> list[Judged]:
        return [row for row in self.rows if row.refusal]


def judge_prices(
    session: Session, *, partner_id: UUID, store_id: UUID, prices: Mapping[UUID, Money], now: datetime
) -> list[Judged]:
    """Judge asked-for prices against today's floors, and change nothing.

    Variants that the store does not list are left out. Raises Refusal when a price is in a currency
    that the store does not sell in.
    """
    rows = read_prices(
        session,
        partner_id=partner_id,
        store_id=store_id,
        now=now,
        selection=VARIANTS,
        choice=list(prices),
    )
    return [judge(row, prices[row.variant_id], terms_of(row)) for row in rows if row.wholesale is not None]


def judge(row: Row[Any], asked: Money, terms: Terms) -> Judged:
    """Judge a price that is asked for a row of ``read_prices``, at the moment that the row was read for."""
    if asked.currency != terms.currency:
        raise Refusal(f"This store sells in {terms.currency}, not in {asked.currency}.", field="price")
    lowest = terms.lowest(row.wholesale)
    before = price_of(row, terms)
    refusal = ""
    if asked.minor < lowest:
        refusal = (
            f"{asked} is under the minimum. The lowest you can ask is {Money(lowest, terms.currency)}:"
            f" {Money(row.wholesale, terms.currency)} wholesale plus the smallest margin"
            f"{' and tax' if terms.tax_inclusive and terms.highest_tax_bps else ''}."
        )
    elif asked.minor > _LARGEST * 10 ** decimals(terms.currency):
        refusal = f"{asked} is too high. The highest price is {_LARGEST:,} {terms.currency}."
    elif row.layer == "planned" and row.rule_ends is not None:
        refusal = f"A planned price runs here until {row.rule_ends:%d %b %Y %H:%M} UTC. End that plan first."
    return Judged(
        variant_id=row.variant_id,
        sku=row.sku,
        before=None if before is None else Money(before, terms.currency),
        after=asked,
        wholesale=Money(row.wholesale, terms.currency),
        lowest=Money(lowest, terms.currency),
        earn=Money(terms.net(asked.minor) - row.wholesale, terms.currency),
        refusal=refusal,
    )


def set_prices(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    prices: Mapping[UUID, Money],
    actor: str,
    now: datetime,
) -> list[Judged]:
    """Give variants prices of their own, all or none, and return the verdict on each.

    Raises PricesRefused when any is under its floor. What a variant had before stays as history.
    """
    # Taking the store's revision first makes changes to one store follow one another.
    store_changed(session, store_id=store_id)
    judged = judge_prices(session, partner_id=partner_id, store_id=store_id, prices=prices, now=now)
    if any(row.refusal for row in judged):
        raise PricesRefused(judged)
    if not judged:
        return []
    ids = [row.variant_id for row in judged]
    begins = _end_rules(session, partner_id, store_id, "variant", ids, now)
    write_own_prices(
        session,
        judged,
        partner_id=partner_id,
        store_id=store_id,
        valid=Range(begins, None),
        layer="standing",
        actor=actor,
        now=now,
    )
    audit.record(
        session,
        actor=actor,
        action="retail.set",
        subject=f"store:{store_id}",
        partner_id=partner_id,
        now=now,
        before={row.sku: row.before.minor if row.before else None for row in judged[:200]},
        after={row.sku: row.after.minor for row in judged[:200]},
    )
    return judged


def write_own_prices(
    session: Session,
    judged: Iterable[Judged],
    *,
    partner_id: UUID,
    store_id: UUID,
    valid: Range[datetime],
    layer: str,
    actor: str,
    now: datetime,
) -> None:
    """Write fixed prices of variants that were judged and not refused."""
    session.execute(
        insert(RetailRule),
        [
            {
                "partner_id": partner_id,
                "rule_id": new_id(),
                "store_id": store_id,
                "scope": "variant",
                "scope_id": row.variant_id,
                "method": "fixed",
                "value": row.after.minor,
                "rounding": "none",
                "judged_wholesale": row.wholesale.minor,
                "judged_floor": row.lowest.minor,
                "valid": valid,
                "layer": layer,
                "actor": actor,
                "created_at": now,
            }
            for row in judged
        ],
    )


def clear_prices(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    variant_ids: Sequence[UUID],
    actor: str,
    now: datetime,
) -> None:
    """Let variants follow the store's rules again instead of prices of their own."""
    store_changed(session, store_id=store_id)
    _end_rules(session, partner_id, store_id, "variant", variant_ids, now)
    audit.record(
        session,
        actor=actor,
        action="retail.cleared",
        subject=f"store:{store_id}",
        partner_id=partner_id,
        now=now,
        before={"variants": [str(variant_id) for variant_id in variant_ids[:200]]},
    )


def set_rule(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    scope: str,
    scope_id: UUID = NIL,
    method: str,
    value: int,
    rounding: str = "none",
    actor: str,
    now: datetime,
) -> None:
    """Price a product, a collection or the whole store by a rule.

    ``value`` is minor units for a fixed price or a margin, basis points for a markup. A fixed price
    is judged against the highest floor among the variants that it covers; a margin against the
    smallest margin. Raises Refusal with what is allowed.
    """
    _well_formed(scope, method, value, rounding)
    store_changed(session, store_id=store_id)
    # A markup is right for any wholesale price, so nothing of a catalogue of thousands has to be read.
    rows = [] if method == "markup" else _covered(session, partner_id, store_id, scope, scope_id, now)
    priced = [row for row in rows if row.wholesale is not None]
    judged_wholesale = judged_floor = None
    if method == "fixed":
        if not priced:
            raise Refusal("There is nothing here to price yet.", field="scope")
        terms = terms_of(priced[0])
        dearest = max(priced, key=lambda row: terms.lowest(row.wholesale))
        judged_wholesale, judged_floor = dearest.wholesale, terms.lowest(dearest.wholesale)
        if value < judged_floor:
            raise Refusal(
                f"{Money(value, terms.currency)} is under the minimum. The lowest price for all of these is"
                f" {Money(judged_floor, terms.currency)}, because of {dearest.sku}.",
                field="value",
            )
    elif method == "margin" and priced:
        terms = terms_of(priced[0])
        smallest = max(terms.floor.net_floor(row.wholesale) - row.wholesale for row in priced)
        if value < smallest:
            raise Refusal(
                f"The smallest margin for all of these is {Money(smallest, terms.currency)}.", field="value"
            )
    begins = _end_rules(session, partner_id, store_id, scope, [scope_id], now)
    session.execute(
        insert(RetailRule).values(
            partner_id=partner_id,
            rule_id=new_id(),
            store_id=store_id,
            scope=scope,
            scope_id=scope_id,
            method=method,
            value=value,
            rounding=rounding,
            judged_wholesale=judged_wholesale,
            judged_floor=judged_floor,
            valid=Range(begins, None),
            actor=actor,
            created_at=now,
        )
    )
    audit.record(
        session,
        actor=actor,
        action="retail.rule_set",
        subject=f"store:{store_id}",
        partner_id=partner_id,
        now=now,
        after={
            "scope": scope,
            "scope_id": str(scope_id),
            "method": method,
            "value": value,
            "rounding": rounding,
        },
    )


def preview_rule(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    variant_ids: Sequence[UUID],
    method: str,
    value: int,
    rounding: str,
    now: datetime,
) -> list[Judged]:
    """What a rule would make of variants' prices: judged, with nothing changed.

    A markup or margin too small is lifted to the floor, as the rule itself would do.
    """
    _well_formed("variant", method, value, rounding)
    rows = read_prices(
        session, partner_id=partner_id, store_id=store_id, now=now, selection=VARIANTS, choice=variant_ids
    )
    result = []
    for row in rows:
        if row.wholesale is None:
            continue
        terms = terms_of(row)
        rule = Rule("variant", method, value, rounding, row.wholesale)
        price = value if method == "fixed" else retail_price(rule, wholesale=row.wholesale, terms=terms)
        result.append(judge(row, Money(price or 0, terms.currency), terms))
    return result


def _well_formed(scope: str, method: str, value: int, rounding: str) -> None:
    if scope not in SCOPES:
        raise Refusal(f"A rule is for one of: {', '.join(SCOPES)}.", field="scope")
    if method not in METHODS:
        raise Refusal(f"A rule is one of: {', '.join(METHODS)}.", field="method")
    if rounding not in ROUNDINGS:
        raise Refusal(f"Rounding is one of: {', '.join(ROUNDINGS)}.", field="rounding")
    if not 0 <= value <= 100_000_000:
        raise Refusal("The value of a rule cannot be negative, and not this large.", field="value")


def _covered(
    session: Session, partner_id: UUID, store_id: UUID, scope: str, scope_id: UUID, now: datetime
) -> Sequence[Row[Any]]:
    selections: dict[str, tuple[Selection, str | list[UUID]]] = {
        "store": (EVERYTHING, ""),
        "collection": (COLLECTION_ID, str(scope_id)),
        "product": (PRODUCTS, [scope_id]),
        "variant": (VARIANTS, [scope_id]),
    }
    selection, choice = selections[scope]
    return read_prices(
        session, partner_id=partner_id, store_id=store_id, now=now, selection=selection, choice=choice
    )


def _end_rules(
    session: Session,
    partner_id: UUID,
    store_id: UUID,
    scope: str,
    scope_ids: Iterable[UUID],
    now: datetime,
) -> datetime:
    """End the rules in force, and return the moment from which new ones may begin.

    A plan that has begun and has no end is in force like any other; plans ahead stay. A rule lasts at
    least a microsecond, so that two changes in one instant keep their order.
    """
    ends = func.greatest(now, func.lower(RetailRule.valid) + timedelta(microseconds=1))
    ended = session.execute(
        update(RetailRule)
        .where(
            RetailRule.partner_id == partner_id,
            RetailRule.store_id == store_id,
            RetailRule.scope == scope,
            RetailRule.scope_id == func.any(list(scope_ids)),
            RetailRule.withdrawn_at.is_(None),
            func.upper_inf(RetailRule.valid),
            or_(RetailRule.layer == "standing", func.lower(RetailRule.valid) <= now),
        )
        .values(valid=func.tstzrange(func.lower(RetailRule.valid), ends))
        .returning(func.upper(RetailRule.valid))
    ).scalars()
    return max(ended, default=now)
