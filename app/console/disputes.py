"""Disputes: what a bank asks back, what losing it takes from whom, and answering it or giving it up."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from app.console.forms import errors_of, page_number, query, text
from app.console.pages import page, said
from app.edge import db, now, person
from kit.errors import Refusal
from payments.disputes.reading import (
    DisputeView,
    all_disputes,
    count_disputes,
    loss,
    read_dispute,
)
from payments.disputes.sending import LONGEST_ANSWER, ask_to_accept, ask_to_answer, evidence

disputes = Blueprint("disputes", __name__, url_prefix="/disputes")
_PAGE = 50
# How Stripe calls what an order says, in the words of whoever answers.
EVIDENCE_WORDS = {
    "customer_name": "Name",
    "customer_email_address": "E-mail",
    "product_description": "Goods",
    "shipping_address": "Sent to",
    "shipping_carrier": "Carrier",
    "shipping_tracking_number": "Tracking number",
    "shipping_date": "Sent on",
}


@disputes.get("/")
def index() -> Response:
    number = page_number()
    view = query("view")
    undecided = {"open": True, "decided": False}.get(view)
    found = all_disputes(db(), undecided=undecided, limit=_PAGE + 1, offset=(number - 1) * _PAGE)
    waiting, unanswered = count_disputes(db())
    return page(
        "disputes.html",
        room="refunds",
        title="Disputes",
        disputes=found[:_PAGE],
        view=view if undecided is not None else "",
        waiting=waiting,
        unanswered=unanswered,
        page_no=number,
        more=len(found) > _PAGE,
    )


@disputes.get("/<uuid:partner_id>/<uuid:dispute_id>")
def show(partner_id: UUID, dispute_id: UUID) -> Response:
    return _page(partner_id, dispute_id, {}, "")


@disputes.post("/<uuid:partner_id>/<uuid:dispute_id>/answer")
def answer(partner_id: UUID, dispute_id: UUID) -> Response:
    words = text("answer", LONGEST_ANSWER + 1)
    try:
        ask_to_answer(
            db(),
            partner_id=partner_id,
            dispute_id=dispute_id,
            answer=words,
            actor=person().email,
            now=now(),
        )
    except Refusal as refusal:
        return _page(partner_id, dispute_id, errors_of(refusal), words)
    said("The answer is on its way to the bank. The order's timeline says when Stripe has taken it.")
    return redirect(url_for("disputes.show", partner_id=partner_id, dispute_id=dispute_id), 303)


@disputes.post("/<uuid:partner_id>/<uuid:dispute_id>/accept")
def accept(partner_id: UUID, dispute_id: UUID) -> Response:
    try:
        ask_to_accept(db(), partner_id=partner_id, dispute_id=dispute_id, actor=person().email, now=now())
    except Refusal as refusal:
        return _page(partner_id, dispute_id, errors_of(refusal), "")
    said("The dispute is given up. The order's ledger says who bears it as soon as Stripe has closed it.")
    return redirect(url_for("disputes.show", partner_id=partner_id, dispute_id=dispute_id), 303)


def _page(partner_id: UUID, dispute_id: UUID, errors: dict[str, str], words: str) -> Response:
    found: DisputeView = read_dispute(db(), partner_id=partner_id, dispute_id=dispute_id)
    order = {"partner_id": partner_id, "order_id": found.order_id}
    return page(
        "dispute.html",
        room="refunds",
        here="disputes.index",
        title=f"Dispute of order {found.order_number}",
        status=422 if errors else 200,
        dispute=found,
        effect=loss(db(), dispute=found) if found.undecided else {},
        evidence={EVIDENCE_WORDS[name]: value for name, value in evidence(db(), **order).items()},
        form={"answer": words},
        errors=errors,
    )
