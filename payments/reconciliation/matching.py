"""What we have of the things that Stripe speaks of: our entries on its account, found by its ids.

Only as the company's role: Stripe's account is the company's, and holds the money of all partners.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from kit.money import Money


class Part(NamedTuple):
    """An object of Stripe's, and which side of it."""

    object: str
    side: str


class Posted(NamedTuple):
    """What we have of a part."""

    source: str
    partner_id: UUID
    order_id: UUID | None
    amount: Money


# A payment that came too late is one source both ways; its name with this sign is the way out.
OUT = "<"
# A plan that is kept for all batches expects ten ids of the thousand, and takes eight times as long.
_EACH_PLANNED = text("SET LOCAL plan_cache_mode = force_custom_plan")
_OURS = text("""
    SELECT n.object, n.side, n.partner_id, n.order_id, n.source, e.currency,
           sum(CASE e.debit WHEN 'stripe_clearing' THEN e.amount ELSE -e.amount END) AS amount
      FROM (
        SELECT a.charge_id AS object, s.side, a.partner_id, a.order_id, s.source, s.direction
          FROM payment_attempts a
         CROSS JOIN LATERAL (VALUES ('charge', 'sale:' || a.order_id, ''), ('fee', 'fee:' || a.charge_id, ''),
                                    ('charge', 'unsold:' || a.charge_id, 'in'),
                                    ('unsold', 'unsold:' || a.charge_id, 'out')) s (side, source, direction)
         WHERE a.charge_id = ANY(CAST(:charges AS text[]))
         UNION ALL
        SELECT r.stripe_id, s.side, r.partner_id, r.order_id, s.source, ''
          FROM refunds r
         CROSS JOIN LATERAL (VALUES ('refund', 'refund:' || r.refund_id),
                                    ('refund_failure', 'refund_failed:' || r.refund_id)) s (side, source)
         WHERE r.stripe_id = ANY(CAST(:refunds AS text[]))
      ) n
      JOIN ledger_entries e ON e.partner_id = n.partner_id AND e.source = n.source
       AND 'stripe_clearing' IN (e.debit, e.credit)
       AND (n.direction = '' OR (n.direction = 'in') = (e.debit = 'stripe_clearing'))
     GROUP BY n.object, n.side, n.partner_id, n.order_id, n.source, e.currency
""")
# Entries that name something else of Stripe's: whatever follows the last colon of their source.
_NAMED = text("""
    SELECT split_part(e.source, ':', -1) AS object, 'other' AS side, e.partner_id, e.order_id, e.source,
           e.currency,
           sum(CASE e.debit WHEN 'stripe_clearing' THEN e.amount ELSE -e.amount END) AS amount
      FROM ledger_entries e
     WHERE 'stripe_clearing' IN (e.debit, e.credit)
       AND split_part(e.source, ':', -1) = ANY(CAST(:objects AS text[]))
     GROUP BY e.partner_id, e.order_id, e.source, e.currency
""")
_PAYOUTS = text("""
    SELECT n.object, 'payout' AS side, n.partner_id, NULL::uuid AS order_id, n.source, e.currency,
           CASE e.debit WHEN 'stripe_clearing' THEN e.amount ELSE -e.amount END AS amount
      FROM (
        SELECT l.stripe_id AS object, l.partner_id, 'payout:' || l.line_id AS source
          FROM payout_lines l WHERE l.stripe_id = ANY(CAST(:transfers AS text[]))
         UNION ALL
        SELECT v.reversal_id, v.partner_id, 'payout_reversed:' || v.reversal_id
          FROM payout_reversals v WHERE v.reversal_id = ANY(CAST(:transfers AS text[]))
      ) n
      JOIN ledger_entries e ON e.partner_id = n.partner_id AND e.source = n.source
""")
_POSTED = text("""
    SELECT f.*, r.state AS refund_state,
           coalesce(r.stripe_id, w.stripe_id, a.charge_id, split_part(f.source, ':', 2)) AS object FROM (
      SELECT e.partner_id, e.order_id, e.source, e.currency, min(e.posted_at) AS at,
             sum(CASE e.debit WHEN 'stripe_clearing' THEN e.amount ELSE -e.amount END) AS amount,
             (e.source LIKE 'unsold:%' AND e.credit = 'stripe_clearing') AS back
        FROM ledger_entries e
       WHERE 'stripe_clearing' IN (e.debit, e.credit) AND e.posted_at <= :until
         AND e.posted_at >= coalesce(CAST(:since AS timestamptz), '-infinity')
       GROUP BY e.partner_id, e.order_id, e.source, e.currency, back
    ) f
    LEFT JOIN refunds r ON r.partner_id = f.partner_id AND f.source LIKE 'refund%'
                       AND r.refund_id::text = split_part(f.source, ':', 2)
    LEFT JOIN payout_lines w ON w.partner_id = f.partner_id AND f.source LIKE 'payout:%'
                            AND w.line_id::text = split_part(f.source, ':', 2)
    LEFT JOIN LATERAL (SELECT x.charge_id FROM payment_attempts x
                        WHERE x.partner_id = f.partner_id AND x.order_id = f.order_id
                          AND x.charge_id IS NOT NULL LIMIT 1) a ON f.source LIKE 'sale:%'
""")
_PAID_BY = text("""
    SELECT a.charge_id, a.partner_id, a.order_id FROM payment_attempts a
     WHERE a.charge_id = ANY(CAST(:charges AS text[]))
""")
_ORDERS = text("""
    SELECT o.partner_id, o.order_id, o.number, o.payment, o.flagged, o.currency,
           o.order_id::text IN (SELECT j.args ->> 'order_id' FROM procrastinate_jobs j
                                 WHERE j.task_name = 'payment.fee' AND j.status IN ('todo', 'doing'))
             AS fee_waits
      FROM orders o
     WHERE o.partner_id = ANY(CAST(:partners AS uuid[])) AND o.order_id = ANY(CAST(:orders AS uuid[]))
""")


Key = tuple[UUID | None, UUID | None]


def posted_for(
    session: Session, *, charges: Collection[str], refunds: Collection[str]
) -> dict[Part, list[Posted]]:
    """What we have of charges (sides charge, fee and unsold) and of refunds (refund and refund_failure)."""
    session.execute(_EACH_PLANNED)
    return _parts(session.execute(_OURS, {"charges": list(charges), "refunds": list(refunds)}))


def posted_payouts(session: Session, transfers: Collection[str]) -> dict[Part, list[Posted]]:
    """What we have of transfers to partners and of their reversals, under the side payout."""
    session.execute(_EACH_PLANNED)
    return _parts(session.execute(_PAYOUTS, {"transfers": list(transfers)}))


def posted_naming(session: Session, objects: Collection[str]) -> dict[Part, list[Posted]]:
    """What we have of other objects, under the side other."""
    return _parts(session.execute(_NAMED, {"objects": list(objects)}))


def posted_between(session: Session, *, since: datetime | None, until: datetime) -> Iterator[Row[Any]]:
    """Yield what was posted in a period, by source, with the ``object`` of Stripe's that it names; ``back``
    marks the way out of a payment that came too late."""
    keys = {"since": since, "until": until}
    yield from session.execute(_POSTED, keys, execution_options={"yield_per": 1000})


def paid_by(session: Session, charges: Collection[str]) -> dict[str, tuple[UUID, UUID]]:
    """Which partner's order each charge has paid."""
    rows = session.execute(_PAID_BY, {"charges": list(charges)})
    return {row.charge_id: (row.partner_id, row.order_id) for row in rows}


def orders_behind(session: Session, keys: Iterable[Key | None]) -> dict[Key | None, Row[Any]]:
    """The orders of these keys of partner and order, as far as they exist."""
    known = [key for key in keys if key and key[1]]
    if not known:
        return {}
    asked = {"partners": list({key[0] for key in known}), "orders": list({key[1] for key in known})}
    return {(row.partner_id, row.order_id): row for row in session.execute(_ORDERS, asked)}


def _parts(rows: Iterable[Row[Any]]) -> dict[Part, list[Posted]]:
    found: dict[Part, list[Posted]] = defaultdict(list)
    for row in rows:
        found[Part(row.object, row.side)].append(
            Posted(row.source, row.partner_id, row.order_id, Money(int(row.amount), row.currency))
        )
    return found
