"""Pages of the newsletter and of support cases in their telling states."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from app.theme_check.orders import NOW, order
from orders.cases.models import STATES, SUBJECTS
from orders.cases.reading import CaseEntryView, CaseView

WORDS = "A <b>\nword"


def letter_pages() -> dict[str, tuple[str, dict[str, Any]]]:
    """Each step of the newsletter, and its form with what was refused."""
    shared = {"heading": "News <now>", "typed": "", "error": "", "here_url": "/newsletter/x"}
    refused = {**shared, "step": "form", "typed": '"><script>', "error": "Write an <address>."}
    steps = ("form", "asked", "confirm", "confirmed", "leave", "left", "spent")
    known = {f"newsletter {step}": ("newsletter.html", {**shared, "step": step}) for step in steps}
    return {**known, "refused newsletter": ("newsletter.html", refused)}


def case_pages() -> dict[str, tuple[str, dict[str, Any]]]:
    """Writing to the store, and the thread in each of its states."""
    refused = {
        "form": dict.fromkeys(("name", "email", "order", "message"), '"></textarea><script>'),
        "errors": {"name": "Who?", "email": "Where?", "subject": "What?", "message": "Less.", "": "Later."},
    }
    shared: dict[str, Any] = {
        "form": {"subject": "product"}, "errors": {}, "subjects": SUBJECTS, "order": None, "token": "x",
        "here_url": "/support",
    }  # fmt: skip
    entries = tuple(
        CaseEntryView(UUID(int=place), NOW, side, kind, WORDS if kind == "message" else "", "", "", NOW)
        for place, (side, kind) in enumerate(
            (
                ("shopper", "message"), ("store", "message"), ("store", "note"), ("shopper", "company"),
                ("company", "message"), ("store", "closed"), ("company", "reopened"),
            )
        )
    )  # fmt: skip
    case = CaseView(
        UUID(int=1), UUID(int=30), UUID(int=2), "Hollin", "Hollin", 12, UUID(int=77), 1042, "",
        "a@example.org", "A <Buyer>", "product", "en", "open", False, None, NOW, NOW, None,
        "A word", "shopper", entries,
    )  # fmt: skip
    known: dict[str, tuple[str, dict[str, Any]]] = {
        "case form": ("case_new.html", shared),
        "refused case form": ("case_new.html", {**shared, **refused}),
        "case form of an order": ("case_new.html", {**shared, "order": order("paid")}),
        "refused case": (
            "case.html",
            {"case": case, "token": "x", "typed": "</textarea><b>", "error": "Shorter."},
        ),
        "order with cases": (
            "order.html",
            {
                "order": order("paid"),
                "tracking_url": "/order/x",
                "token": "x",
                "cases": [(replace(case, state=state), "/support/x") for state in STATES],
            },
        ),
    }
    for state in STATES:
        for since in (None, NOW):
            shown = replace(case, state=state, company_since=since, order_number=None)
            told = "with the company" if since else "alone"
            known[f"case {state} {told}"] = (
                "case.html",
                {"case": shown, "token": "x", "typed": "", "error": ""},
            )
    return known
