"""Promotions: discounts that the company pays, so that the partner's margin stays whole."""

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
from kit.money import NO_CURRENCY
from pricing.coupons import state_at
from pricing.discount_models import PROMOTION_SCOPES, Promotion
from pricing.discount_terms import (
    NewDiscount,
    check_code,
    check_terms,
    clean_code,
    known_scope,
    refuse,
)
from pricing.discounts import Discount
from storage import audit
from storage.database import insert_rows


@dataclass(frozen=True, slots=True)
class PromotionView:
    """A promotion as the company sees it. ``code`` is empty for one that applies by itself; ``lists``
    names the price lists whose stores have it, none for all."""

    promotion_id: UUID
    name: str
    code: str
    kind: str
    value: int
    currency: str | None
    scope: str
    scope_id: UUID
    scope_title: str
    price_lists: tuple[UUID, ...]
    lists: tuple[str, ...]
    begins: datetime
    ends: datetime | None
    limit_bps: int
    most_per_store: int | None
    most_per_customer: int | None
    withdrawn: bool
    reason: str
    actor: str
    state: str


_RETIRE = text("""
    UPDATE promotions SET withdrawn_at = upper(valid)
     WHERE code = :code AND withdrawn_at IS NULL AND upper(valid) <= :now
""")
_KNOWN = text("""
    SELECT (SELECT count(*) FROM promotions m WHERE m.code = :code AND m.withdrawn_at IS NULL) AS promotions,
           (SELECT count(DISTINCT k.store_id) FROM coupons k
             WHERE k.code = :code AND k.withdrawn_at IS NULL
               AND (upper(k.valid) IS NULL OR upper(k.valid) > :now)) AS stores,
           (SELECT count(*) FROM price_lists l WHERE l.price_list_id = ANY(CAST(:lists AS uuid[]))) AS lists,
           (SELECT CAST(:currency AS text) = ANY(c.currencies) FROM company c) AS sold_in
""")


def create_promotion(
    session: Session,
    *,
    name: str,
    code: str = "",
    kind: str,
    value: int,
    currency: str | None = None,
    scope: str = "all",
    scope_id: UUID = NIL,
    price_lists: Sequence[UUID] = (),
    begins: datetime,
    ends: datetime | None = None,
    limit_bps: int = 0,
    most_per_store: int | None = None,
    most_per_customer: int | None = None,
    actor: str,
    reason: str = "",
    now: datetime,
) -> UUID:
    """Make a promotion, and return its key. As the company's role.

    Without ``code`` it applies by itself. ``value`` is basis points for a percentage, and minor units of
    ``currency`` for an amount, which then holds in stores of that currency alone. ``limit_bps`` is the
    share of wholesale that shoppers pay at least. Raises Refusals by field.
    """
    kept = clean_code(code)
    new = NewDiscount(kind, value, scope, scope_id, begins, ends, most_per_store, most_per_customer)
    session.execute(_RETIRE, {"code": kept, "now": now})
    found = session.execute(
        _KNOWN, {"code": kept, "lists": list(price_lists), "currency": currency, "now": now}
    ).one()
    errors = {}
    if kind == "amount" and not found.sold_in:
        errors["currency"] = "Choose a currency that your stores sell in."
    else:
        errors = check_terms(new, currency=currency or NO_CURRENCY, scopes=PROMOTION_SCOPES, now=now)
    if "most" in errors:
        errors["most_per_store"] = errors.pop("most")
    errors |= known_scope(session, new)
    if not name.strip() or len(name.strip()) > 80:
        errors["name"] = "Give it a name that shoppers read, of up to 80 letters."
    if kept and (wrong := check_code(kept)):
        errors["code"] = wrong
    elif kept and found.promotions:
        errors["code"] = f"There is a promotion {kept} already. End it first, or choose another."
    elif kept and found.stores:
        stores = "A store has" if found.stores == 1 else f"{found.stores} stores have"
        errors["code"] = f"{stores} a coupon {kept}. Choose another code."
    if not 0 <= limit_bps <= 10_000:
        errors["limit_bps"] = "The lower limit is a percentage from 0 to 100 of wholesale."
    if found.lists != len(set(price_lists)):
        errors["price_lists"] = "Choose price lists that exist, or none for all."
    refuse(errors)
    promotion_id = new_id()
    row = {
        "promotion_id": promotion_id,
        "name": name.strip(),
        "code": kept or None,
        "kind": kind,
        "value": value,
        "currency": currency if kind == "amount" else None,
        "scope": scope,
        "scope_id": scope_id,
        "price_lists": sorted(set(price_lists)),
        "valid": Range(begins, ends),
        "limit_bps": limit_bps,
        "most_per_store": most_per_store,
        "most_per_customer": most_per_customer,
        "actor": actor,
        "reason": reason.strip()[:500],
        "created_at": now,
    }
    try:
        with session.begin_nested():
            insert_rows(session, Promotion, [row])
    except IntegrityError as error:
        if getattr(error.orig, "sqlstate", "") != "23505":
            raise
        raise Refusals({"code": f"There is a promotion {kept} already."}) from error
    audit.record(
        session,
        actor=actor,
        action="promotion.created",
        subject=f"promotion:{promotion_id}",
        now=now,
        reason=reason.strip()[:500],
        after={key: row[key] for key in ("name", "code", "kind", "value", "currency", "scope", "limit_bps")}
        | {
            "scope_id": str(scope_id),
            "price_lists": [str(item) for item in price_lists],
            "begins": begins.isoformat(),
            "ends": ends.isoformat() if ends else None,
            "most_per_store": most_per_store,
            "most_per_customer": most_per_customer,
        },
    )
    return promotion_id


_RUNNING = text("""
    SELECT m.promotion_id, m.name, m.kind, m.value, m.scope, m.scope_id, m.limit_bps
      FROM promotions m
      JOIN stores s ON s.partner_id = :partner_id AND s.store_id = :store_id
      JOIN partners p ON p.partner_id = :partner_id
     WHERE s.partner_id = :partner_id AND p.partner_id = :partner_id
       AND m.code IS NULL AND m.withdrawn_at IS NULL AND m.valid @> CAST(:now AS timestamptz)
       AND (m.currency IS NULL OR m.currency = s.currency)
       AND (m.price_lists = '{}' OR p.price_list_id = ANY(m.price_lists))
     ORDER BY m.promotion_id
""")


def running_promotions(
    session: Session, *, partner_id: UUID, store_id: UUID, now: datetime
) -> list[Discount]:
    """The promotions that apply by themselves in a store now, whatever is left of their uses."""
    rows = session.execute(_RUNNING, {"partner_id": partner_id, "store_id": store_id, "now": now})
    return [
        Discount(r.promotion_id, "company", r.name, "", r.kind, r.value, r.scope, r.scope_id, r.limit_bps)
        for r in rows
    ]


_END = text("""
    UPDATE promotions SET withdrawn_at = :now
     WHERE promotion_id = :promotion_id AND withdrawn_at IS NULL
       AND (upper(valid) IS NULL OR upper(valid) > :now)
    RETURNING name
""")


def end_promotion(session: Session, *, promotion_id: UUID, actor: str, now: datetime) -> str:
    """End a promotion now, or take back one that has not begun; orders keep it. Return its name.

    Raises NotFound when it is not there, or has ended already.
    """
    name = session.execute(_END, {"promotion_id": promotion_id, "now": now}).scalar()
    if name is None:
        raise NotFound("This promotion has ended already.")
    audit.record(
        session,
        actor=actor,
        action="promotion.ended",
        subject=f"promotion:{promotion_id}",
        now=now,
        before={"name": name},
    )
    return str(name)


_LIST = text("""
    SELECT m.*, lower(m.valid) AS begins, least(upper(m.valid), m.withdrawn_at) AS ends,
           coalesce((SELECT p.title FROM products p WHERE p.product_id = m.scope_id),
                    (SELECT c.title FROM collections c WHERE c.collection_id = m.scope_id), '')
             AS scope_title,
           ARRAY(SELECT l.name FROM price_lists l WHERE l.price_list_id = ANY(m.price_lists) ORDER BY l.name)
             AS lists
      FROM promotions m
     WHERE CAST(:running AS boolean) IS NOT TRUE
        OR (m.withdrawn_at IS NULL AND (upper(m.valid) IS NULL OR upper(m.valid) > :now))
     ORDER BY m.created_at DESC, m.promotion_id DESC
""")


def list_promotions(session: Session, *, now: datetime, open_only: bool = False) -> list[PromotionView]:
    """Promotions: those that run or lie ahead first, in each part the newest first. ``open_only`` leaves
    out those that have ended."""
    rows = session.execute(_LIST, {"running": open_only, "now": now}).all()
    return sorted((_view(row, now) for row in rows), key=lambda view: view.state == "ended")


def _view(row: Row[Any], now: datetime) -> PromotionView:
    return PromotionView(
        promotion_id=row.promotion_id,
        name=row.name,
        code=row.code or "",
        kind=row.kind,
        value=row.value,
        currency=row.currency,
        scope=row.scope,
        scope_id=row.scope_id,
        scope_title=row.scope_title,
        price_lists=tuple(row.price_lists),
        lists=tuple(row.lists),
        begins=row.begins,
        ends=row.ends,
        limit_bps=row.limit_bps,
        most_per_store=row.most_per_store,
        most_per_customer=row.most_per_customer,
        withdrawn=row.withdrawn_at is not None and row.withdrawn_at == row.ends,
        reason=row.reason,
        actor=row.actor,
        state=state_at(row.begins, row.ends, now),
    )
