"""The rules that a store has: in force and ahead, in the order in which they go before one another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from pricing.bases import count_followers
from pricing.models import SCOPES
from pricing.rules import Rule


@dataclass(frozen=True, slots=True)
class StoreRule:
    """A rule for a product, a collection or the whole store; not a variant's own price.

    ``name`` and ``handle`` are those of its product or collection, and empty for the store's. ``ends`` is
    exclusive, None for one that stays. ``planned`` says that it lies ahead, or runs over the standing rule
    and will end; one without an end that has begun is a standing rule like any other. ``listings`` are
    those that it prices now. ``rank`` orders rules: of those that cover a listing the lowest prices it.
    """

    rule_id: UUID
    scope: str
    scope_id: UUID
    name: str
    handle: str
    rule: Rule
    begins: datetime
    ends: datetime | None
    running: bool
    planned: bool
    listings: int
    rank: tuple[int, str, int]


# A standing rule under a plan that has begun and has no end never counts again.
_RULES = text("""
    SELECT r.rule_id, r.scope, r.scope_id, r.method, r.value, r.rounding, r.judged_wholesale, r.layer,
           lower(r.valid) AS begins, upper(r.valid) AS ends,
           coalesce(p.title, c.title, '') AS name, coalesce(p.handle, c.handle, '') AS handle,
           coalesce(c.position, 0) AS place
      FROM retail_rules r
      LEFT JOIN products p ON r.scope = 'product' AND p.product_id = r.scope_id
      LEFT JOIN collections c ON r.scope = 'collection' AND c.collection_id = r.scope_id
     WHERE r.partner_id = :partner_id AND r.store_id = :store_id
       AND r.scope IN ('product', 'collection', 'store')
       AND r.withdrawn_at IS NULL AND (upper_inf(r.valid) OR upper(r.valid) > :now)
       AND NOT EXISTS (SELECT 1 FROM retail_rules o
                        WHERE o.partner_id = :partner_id AND o.store_id = :store_id AND o.scope = r.scope
                          AND o.scope_id = r.scope_id AND r.layer = 'standing' AND o.layer = 'planned'
                          AND o.withdrawn_at IS NULL AND upper_inf(o.valid) AND lower(o.valid) <= :now)
""")


def store_rules(session: Session, *, partner_id: UUID, store_id: UUID, now: datetime) -> list[StoreRule]:
    """Return the rules that are in force or lie ahead, the most specific first.

    Of one target, what stands comes before what is planned over it, and that by its beginning.
    """
    rows = session.execute(_RULES, {"partner_id": partner_id, "store_id": store_id, "now": now}).all()
    followers = count_followers(session, partner_id=partner_id, store_id=store_id, now=now) if rows else {}
    found = [_store_rule(row, followers.get(row.rule_id, 0), now) for row in rows]
    return sorted(
        found, key=lambda one: (one.rank[0], one.rank[2], one.name, one.scope_id, one.planned, one.begins)
    )


def rules_at(session: Session, *, partner_id: UUID, store_id: UUID, now: datetime) -> dict[UUID, StoreRule]:
    """The rules that are in force at a moment, or lie ahead of it, by their keys; their listings are not
    counted."""
    rows = session.execute(_RULES, {"partner_id": partner_id, "store_id": store_id, "now": now})
    return {row.rule_id: _store_rule(row, 0, now) for row in rows}


def _store_rule(row: Row[Any], listings: int, now: datetime) -> StoreRule:
    running = row.begins <= now
    return StoreRule(
        rule_id=row.rule_id,
        scope=row.scope,
        scope_id=row.scope_id,
        name=row.name,
        handle=row.handle,
        rule=Rule(row.scope, row.method, row.value, row.rounding, row.judged_wholesale),
        begins=row.begins,
        ends=row.ends,
        running=running,
        planned=row.layer == "planned" and (not running or row.ends is not None),
        listings=listings if running else 0,
        rank=_rank(row),
    )


def _rank(row: Row[Any]) -> tuple[int, str, int]:
    # A planned rule goes before a standing one of its scope by the order of their names.
    return SCOPES.index(row.scope), row.layer, row.place
