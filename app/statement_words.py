"""How a statement is written for people, the same on its page and on paper."""

from __future__ import annotations

from payments.statements.kinds import (
    DISPUTES,
    FEE_SHARES,
    OTHER,
    PAYOUTS,
    REFUNDS,
    REVERSED,
    SALES,
    name_of,
)

KIND_WORDS = {
    SALES: "Sales",
    REFUNDS: "Refunds",
    DISPUTES: "Disputes",
    FEE_SHARES: "Parts of Stripe’s fees",
    PAYOUTS: "Payouts",
    REVERSED: "Payouts that came back",
    OTHER: "Other",
}
_FACT_WORDS = {
    "sale": "Sale",
    "refund": "Given back",
    "refund_failed": "Refund that came back",
    "dispute": "Dispute",
    "dispute_lost": "Dispute lost",
    "dispute_regained": "Lost dispute given back",
    "dispute_fee": "Stripe’s fee of a lost dispute",
    "fee_share": "Part of Stripe’s fee",
    "fee": "Stripe’s fee",
    "payout": "Payout",
    "payout_reversed": "Payout that came back",
}


def fact_words(fact: str) -> str:
    """What a fact of the ledger is, in plain words; one that has none is called by its own name."""
    return _FACT_WORDS.get(fact) or name_of(fact)
