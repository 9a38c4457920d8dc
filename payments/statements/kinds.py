"""What the facts of the ledger count as in a statement, and how a file names them.

Both follow from the fact's own name, by rules that never change for a version of the file: a hash that was
made once has to come out again after years, also of facts that nobody had thought of then.
"""

from __future__ import annotations

SALES, REFUNDS, DISPUTES, FEE_SHARES = "sales", "refunds", "disputes", "fee shares"
PAYOUTS, REVERSED, OTHER = "payouts", "payouts reversed", "other"
# In the order in which a statement sums them up.
KINDS = (SALES, REFUNDS, DISPUTES, FEE_SHARES, PAYOUTS, REVERSED, OTHER)

_BY_BEGINNING = (("sale", SALES), ("refund", REFUNDS), ("dispute", DISPUTES), ("fee", FEE_SHARES))
_BACK = ("revers", "fail", "return", "back")


def kind_of(fact: str) -> str:
    """What a fact counts as: one of KINDS. ``fact`` is what stands before the colon of an entry's source."""
    if fact.startswith(("payout", "transfer")):
        return REVERSED if any(word in fact for word in _BACK) else PAYOUTS
    return next((kind for beginning, kind in _BY_BEGINNING if fact.startswith(beginning)), OTHER)


def name_of(fact: str) -> str:
    """A fact as the file writes it: its own name as a word, such as Refund failed."""
    return fact.replace("_", " ").capitalize()
