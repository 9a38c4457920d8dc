"""What each role in the portal may do."""

from __future__ import annotations

from flask import request

from app.edge import Rule, person
from tenants.access import SignedIn

CHANGERS = ("owner", "manager")
# Who reads the partner's accounts: support looks after orders and shoppers.
FIGURE_READERS = ("owner", "manager", "analyst")
# Who may ask the company to give a shopper money back.
REFUND_ASKERS = ("owner", "manager", "support")
# Who reads what shoppers write, and answers it. An analyst sees nobody's personal data.
CASE_WORKERS = ("owner", "manager", "support")
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
ROLE_WORDS = {"owner": "Owner", "manager": "Manager", "support": "Support", "analyst": "Analyst"}


def readers_and_changers(*changers: str) -> Rule:
    """The rule of a room that every role may look into, and that only these may change."""

    def rule(who: SignedIn | None) -> bool:
        return who is not None and (request.method in _READING or who.role in changers)

    return rule


def may_change() -> bool:
    """Whether whoever sent the request may change prices and the store."""
    return person().role in CHANGERS


def may_see_statements() -> bool:
    """Whether whoever sent the request may read the partner's statements."""
    return person().role in FIGURE_READERS


def may_work_on_cases() -> bool:
    """Whether whoever sent the request reads and answers what shoppers write."""
    return person().role in CASE_WORKERS


def may_see_customers() -> bool:
    """An analyst works with figures: it sees nobody's personal data, whatever the partner was granted."""
    return person().role != "analyst"
