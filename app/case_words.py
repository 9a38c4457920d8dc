"""Support cases in the words of those who work on them: portal and console."""

from __future__ import annotations

from orders.cases.reading import CaseView

SUBJECTS = {
    "delivery": "Delivery",
    "return": "Return or withdrawal",
    "product": "Broken or wrong",
    "payment": "Payment or refund",
    "advice": "Before buying",
    "other": "Something else",
}
# Each is a word, its icon, and its tone.
_STORE = {
    "open": ("To answer", "message-square", "attention"),
    "waiting": ("Answered", "check", ""),
    "closed": ("Settled", "circle-check", "good"),
}
_COMPANY = {
    "open": ("With the store", "store", ""),
    "waiting": ("Answered", "check", ""),
    "closed": ("Settled", "circle-check", "good"),
}


def case_subject(subject: str) -> str:
    return SUBJECTS[subject]


def case_status(case: CaseView) -> tuple[str, str, str]:
    """How a case stands for the store."""
    return _STORE[case.state]


def desk_status(case: CaseView) -> tuple[str, str, str]:
    """How a case stands for the company."""
    return ("Waits for you", "message-square", "attention") if case.company_waits else _COMPANY[case.state]
