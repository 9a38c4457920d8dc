"""Proving, on a live database, that money was neither lost nor made.

Each check is one statement that finds what must not be; a sound database gives no row. Only the hashes of
partners' statements are worked out again one by one. The company's role asks, because it alone sees all
partners.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import text
from sqlalchemy.orm import Session

from payments.statements.proving import CHAIN, altered_statements

_MOST = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not be. ``check`` names the rule, ``detail`` the row that breaks it."""

    check: str
    detail: str


CHECKS: dict[str, str] = {
    "every paid order has exactly its postings": """
        SELECT o.order_id::text AS what, o.total AS expected, coalesce(sum(e.amount), 0) AS found
          FROM orders o
          LEFT JOIN ledger_entries e ON e.partner_id = o.partner_id AND e.order_id = o.order_id
                                    AND e.source = 'sale:' || o.order_id AND e.debit <> 'promotions'
         WHERE o.payment IN ('paid', 'partly_refunded') OR (o.payment = 'refunded' AND o.paid_at IS NOT NULL)
         GROUP BY o.partner_id, o.order_id HAVING coalesce(sum(e.amount), 0) <> o.total
    """,
    "an unpaid order has no sale": """
        SELECT DISTINCT e.source AS what FROM ledger_entries e
          JOIN orders o ON o.partner_id = e.partner_id AND o.order_id = e.order_id
         WHERE o.paid_at IS NULL AND e.source LIKE 'sale:%'
    """,
    "each line's money adds up": """
        SELECT l.line_id::text AS what, l.net, l.tax, coalesce(sum(e.amount), 0) AS posted
          FROM order_lines l
          JOIN orders o ON o.partner_id = l.partner_id AND o.order_id = l.order_id AND o.paid_at IS NOT NULL
          LEFT JOIN ledger_entries e ON e.partner_id = l.partner_id AND e.line_id = l.line_id
                                    AND e.source = 'sale:' || o.order_id AND e.debit <> 'promotions'
         GROUP BY l.partner_id, l.line_id, l.net, l.tax HAVING coalesce(sum(e.amount), 0) <> l.net + l.tax
    """,
    "the company pays its discount of each line, and gets its wholesale whole": """
        SELECT l.line_id::text AS what, l.company_discount, l.unit_wholesale * l.quantity AS wholesale
          FROM order_lines l
          JOIN orders o ON o.partner_id = l.partner_id AND o.order_id = l.order_id AND o.paid_at IS NOT NULL
          LEFT JOIN ledger_entries e ON e.partner_id = l.partner_id AND e.line_id = l.line_id
                                    AND e.source = 'sale:' || o.order_id
         GROUP BY l.partner_id, l.line_id, l.company_discount, l.unit_wholesale, l.quantity
        HAVING coalesce(sum(e.amount) FILTER (WHERE e.debit = 'promotions'), 0) <> l.company_discount
            OR coalesce(sum(e.amount) FILTER (WHERE e.credit = 'wholesale_revenue'), 0)
               <> l.unit_wholesale * l.quantity
    """,
    "each line's listed price is what was paid for it and what came off": """
        SELECT l.line_id::text AS what, l.net, l.partner_discount, l.company_discount, l.unit_retail
          FROM order_lines l
          JOIN orders o ON o.partner_id = l.partner_id AND o.order_id = l.order_id
         WHERE l.net + l.partner_discount + l.company_discount <> l.unit_retail * l.quantity
               - CASE WHEN o.tax_inclusive
                      THEN (2 * l.unit_retail * l.quantity * l.tax_bps + 10000 + l.tax_bps)
                           / (2 * (10000 + l.tax_bps))
                      ELSE 0 END
    """,
    "an order's discounts are what came off its lines": """
        SELECT o.order_id::text AS what, l.partner_net, d.partner_net AS recorded, l.company_net,
               d.company_net AS recorded_too, l.shown, d.shown AS recorded_shown
          FROM orders o
         CROSS JOIN LATERAL (
           SELECT sum(m.partner_discount) AS partner_net, sum(m.company_discount) AS company_net,
                  sum(m.unit_retail * m.quantity - m.net - CASE WHEN o.tax_inclusive THEN m.tax ELSE 0 END)
                    AS shown
             FROM order_lines m WHERE m.partner_id = o.partner_id AND m.order_id = o.order_id) l
         CROSS JOIN LATERAL (
           SELECT coalesce(sum(x.net) FILTER (WHERE x.funder = 'partner'), 0) AS partner_net,
                  coalesce(sum(x.net) FILTER (WHERE x.funder = 'company'), 0) AS company_net,
                  coalesce(sum(x.amount), 0) AS shown
             FROM order_discounts x WHERE x.partner_id = o.partner_id AND x.order_id = o.order_id) d
         WHERE l.partner_net <> d.partner_net OR l.company_net <> d.company_net OR l.shown <> d.shown
    """,
    "each line's margin is what net leaves above wholesale": """
        SELECT l.line_id::text AS what, l.margin, coalesce(sum(e.amount), 0) AS posted
          FROM order_lines l
          JOIN orders o ON o.partner_id = l.partner_id AND o.order_id = l.order_id AND o.paid_at IS NOT NULL
          LEFT JOIN ledger_entries e ON e.partner_id = l.partner_id AND e.line_id = l.line_id
                                    AND e.source = 'sale:' || o.order_id AND e.credit = 'partner_payable'
         GROUP BY l.partner_id, l.line_id, l.margin HAVING coalesce(sum(e.amount), 0) <> l.margin
    """,
    "an order's lines add up to its goods": """
        SELECT o.order_id::text AS what, o.goods, sum(l.net) AS lines
          FROM orders o JOIN order_lines l ON l.partner_id = o.partner_id AND l.order_id = o.order_id
         GROUP BY o.partner_id, o.order_id, o.goods HAVING sum(l.net) <> o.goods
    """,
    "no line is under its floor": """
        SELECT l.line_id::text AS what, l.net, l.unit_floor * l.quantity AS floor FROM order_lines l
         WHERE l.net + l.company_discount < l.unit_floor * l.quantity
    """,
    "no fixed price is under the floor it was judged against": """
        SELECT r.rule_id::text AS what FROM retail_rules r
         WHERE r.method = 'fixed' AND r.value < r.judged_floor
    """,
    "a refund that Stripe knows has its postings, and one that came back has none": """
        SELECT r.refund_id::text AS what, r.state, r.amount, coalesce(e.amount, 0) AS posted
          FROM refunds r
          LEFT JOIN LATERAL (
            SELECT sum(CASE 'stripe_clearing' WHEN x.credit THEN x.amount
                                              WHEN x.debit THEN -x.amount ELSE 0 END) AS amount
              FROM ledger_entries x
             WHERE x.partner_id = r.partner_id
               AND x.source IN ('refund:' || r.refund_id, 'refund_failed:' || r.refund_id)) e ON true
         WHERE coalesce(e.amount, 0) <> CASE WHEN r.state IN ('pending', 'succeeded') THEN r.amount ELSE 0 END
    """,
    "no account gives back more of a line than it got": """
        SELECT e.line_id::text AS what, e.account, sum(e.amount) AS kept
          FROM (
            SELECT x.partner_id, x.line_id, a.account, a.amount FROM ledger_entries x
             CROSS JOIN LATERAL (VALUES (x.debit, -x.amount), (x.credit, x.amount)) a (account, amount)
             WHERE x.line_id IS NOT NULL
               AND a.account IN ('wholesale_revenue', 'partner_payable', 'tax_payable')
          ) e GROUP BY e.partner_id, e.line_id, e.account HAVING sum(e.amount) < 0
    """,
    "an order says what was given back of it": """
        SELECT o.order_id::text AS what, o.payment, o.total, coalesce(sum(r.amount), 0) AS refunded
          FROM orders o
          LEFT JOIN refunds r ON r.partner_id = o.partner_id AND r.order_id = o.order_id
                             AND r.state IN ('pending', 'succeeded')
         WHERE o.paid_at IS NOT NULL
         GROUP BY o.partner_id, o.order_id, o.payment, o.total
        HAVING o.payment <> CASE coalesce(sum(r.amount), 0) WHEN 0 THEN 'paid' WHEN o.total THEN 'refunded'
                                                            ELSE 'partly_refunded' END
    """,
    "a partner bears its share of a fee, and of no other": """
        SELECT o.order_id::text AS what, o.fee_share_bps, f.fee, f.share FROM orders o
         CROSS JOIN LATERAL (
           SELECT coalesce(sum(e.amount) FILTER (WHERE e.source LIKE 'fee:%'), 0) AS fee,
                  coalesce(sum(e.amount) FILTER (WHERE e.source LIKE 'fee_share:%'), 0) AS share
             FROM ledger_entries e
            WHERE e.partner_id = o.partner_id AND e.order_id = o.order_id AND e.currency = o.currency) f
         WHERE f.share <> CASE WHEN o.paid_at IS NULL THEN 0 ELSE div(f.fee * o.fee_share_bps, 10000) END
    """,
    "a dispute's postings are what Stripe took for it": """
        SELECT d.stripe_id AS what, d.withdrawn, d.fee, coalesce(e.amount, 0) AS posted
          FROM disputes d
          LEFT JOIN LATERAL (
            SELECT sum(CASE 'stripe_clearing' WHEN x.credit THEN x.amount
                                              WHEN x.debit THEN -x.amount END) AS amount
              FROM ledger_entries x
             WHERE x.partner_id = d.partner_id AND x.order_id = d.order_id AND x.currency = d.currency
               AND x.source LIKE 'dispute:' || d.stripe_id || ':%') e ON true
         WHERE coalesce(e.amount, 0) <> d.withdrawn + d.fee
    """,
    "only a lost dispute is borne, and never more than the bank took": """
        SELECT d.stripe_id AS what, d.state, d.amount, e.borne
          FROM disputes d
         CROSS JOIN LATERAL (
            SELECT coalesce(sum(CASE 'dispute_losses' WHEN x.credit THEN x.amount
                                                      WHEN x.debit THEN -x.amount ELSE 0 END), 0) AS borne
              FROM ledger_entries x
             WHERE x.partner_id = d.partner_id AND x.order_id = d.order_id
               AND (x.source LIKE 'dispute_lost:' || d.stripe_id || ':%'
                    OR x.source LIKE 'dispute_regained:' || d.stripe_id || ':%')) e
         WHERE e.borne < 0 OR e.borne > CASE WHEN d.state = 'lost' THEN d.amount ELSE 0 END
    """,
    "a margin is held while a bank decides, and no longer": """
        SELECT o.order_id::text AS what FROM orders o
         WHERE EXISTS (SELECT 1 FROM disputes d WHERE d.partner_id = o.partner_id AND d.order_id = o.order_id
                          AND d.state IN ('inquiry', 'open'))
            <> EXISTS (SELECT 1 FROM holds h WHERE h.partner_id = o.partner_id AND h.order_id = o.order_id
                          AND h.kind = 'dispute' AND h.released_at IS NULL)
    """,
    "what an order owes its partner is the sum of its entries": """
        SELECT o.order_id::text AS what, o.owed, coalesce(s.amount, 0) AS found FROM orders o
          LEFT JOIN (
            SELECT e.partner_id, e.order_id,
                   sum(CASE WHEN e.credit = 'partner_payable' THEN e.amount ELSE -e.amount END) AS amount
              FROM ledger_entries e WHERE 'partner_payable' IN (e.debit, e.credit)
             GROUP BY e.partner_id, e.order_id) s ON s.partner_id = o.partner_id AND s.order_id = o.order_id
         WHERE o.owed <> coalesce(s.amount, 0)
    """,
    "a point of a balance is the sum of all entries from before it": """
        SELECT p.partner_id::text AS what, p.currency, p.total, coalesce(s.amount, 0) AS found
          FROM balance_points p
          LEFT JOIN LATERAL (
            SELECT sum(CASE WHEN e.credit = 'partner_payable' THEN e.amount ELSE -e.amount END) AS amount
              FROM ledger_entries e
             WHERE e.partner_id = p.partner_id AND e.currency = p.currency
               AND 'partner_payable' IN (e.debit, e.credit) AND e.posted_at < p.until) s ON true
         WHERE p.total <> coalesce(s.amount, 0)
    """,
    "a payout that was sent has exactly its posting, and no other has one": """
        SELECT l.line_id::text AS what, l.state, l.amount, coalesce(e.amount, 0) AS posted
          FROM payout_lines l
          LEFT JOIN ledger_entries e ON e.partner_id = l.partner_id AND e.source = 'payout:' || l.line_id
         WHERE coalesce(e.amount, 0) <> CASE WHEN l.state IN ('paid', 'reversed') THEN l.amount ELSE 0 END
            OR e.debit <> 'partner_payable' OR e.credit <> 'stripe_clearing' OR e.currency <> l.currency
    """,
    "what came back of a payout is posted once, and never more than was sent": """
        SELECT l.line_id::text AS what, l.amount, l.reversed, coalesce(v.amount, 0) AS known,
               coalesce(v.posted, 0) AS posted
          FROM payout_lines l
          LEFT JOIN (
            SELECT x.partner_id, x.line_id, sum(x.amount) AS amount,
                   sum(CASE e.credit WHEN 'partner_payable' THEN e.amount END) AS posted
              FROM payout_reversals x
              LEFT JOIN ledger_entries e ON e.partner_id = x.partner_id
                                        AND e.source = 'payout_reversed:' || x.reversal_id
             GROUP BY x.partner_id, x.line_id) v ON v.partner_id = l.partner_id AND v.line_id = l.line_id
         WHERE l.reversed > greatest(l.amount, 0) OR l.reversed <> coalesce(v.amount, 0)
            OR l.reversed <> coalesce(v.posted, 0)
    """,
    "each posted payout belongs to a line": """
        SELECT e.source AS what, e.amount FROM ledger_entries e
         WHERE e.source LIKE 'payout:%'
           AND NOT EXISTS (SELECT 1 FROM payout_lines l
                            WHERE l.partner_id = e.partner_id AND e.source = 'payout:' || l.line_id)
    """,
    "no payout run is sent without a second person": """
        SELECT r.run_id::text AS what, r.state, r.drafted_by, r.reviewed_by, r.approved_by
          FROM payout_runs r
         WHERE EXISTS (SELECT 1 FROM payout_lines l
                        WHERE l.run_id = r.run_id AND l.state IN ('sending', 'paid', 'failed', 'reversed'))
           AND (r.state <> 'approved' OR r.reviewed_by IS NULL
                OR r.approved_by IN (r.drafted_by, r.reviewed_by))
    """,
    "held stock is what open and unsent orders hold": """
        SELECT k.variant_id::text AS what, k.held, coalesce(h.units, 0) AS promised
          FROM stock_levels k
          LEFT JOIN (SELECT l.variant_id, sum(l.quantity - coalesce(c.units, 0)) AS units FROM order_lines l
                       JOIN orders o ON o.partner_id = l.partner_id AND o.order_id = l.order_id
                       LEFT JOIN (SELECT x.partner_id, x.line_id, sum(x.quantity) AS units
                                    FROM cancelled_units x GROUP BY x.partner_id, x.line_id) c
                         ON c.partner_id = l.partner_id AND c.line_id = l.line_id
                      WHERE o.stock = 'held' GROUP BY l.variant_id) h ON h.variant_id = k.variant_id
         WHERE k.held <> coalesce(h.units, 0)
    """,
    "nothing is sold that was not there": """
        SELECT k.variant_id::text AS what, k.on_hand, k.held FROM stock_levels k
         WHERE k.counted AND NOT k.oversell AND k.held > k.on_hand
    """,
    "a session pays one order": """
        SELECT a.session_id AS what, count(*) AS orders FROM payment_attempts a
         WHERE a.session_id IS NOT NULL GROUP BY a.session_id HAVING count(*) > 1
    """,
    "a complete attempt belongs to a settled order": """
        SELECT a.session_id AS what, o.payment FROM payment_attempts a
          JOIN orders o ON o.partner_id = a.partner_id AND o.order_id = a.order_id
         WHERE a.state = 'complete' AND o.payment IN ('awaiting', 'expired', 'failed')
    """,
    "no statement's chain is broken": CHAIN,
}
HASHES = "each statement's hash is that of its content"
# Every rule by name, those that are no single statement included.
NAMES = (*CHECKS, HASHES)


def verify(session: Session) -> Iterator[Finding]:
    """Yield what is wrong in the database; nothing when all is well."""
    for name, statement in CHECKS.items():
        for row in session.execute(text(f"{statement} LIMIT {_MOST}")):
            detail = ", ".join(f"{key} {value}" for key, value in row._mapping.items())
            yield Finding(name, detail)
    for detail in islice(altered_statements(session), _MOST):
        yield Finding(HASHES, detail)
