"""Who gets the store's news: how many, since when, and their addresses as a file for the partner's own mail
program."""

from __future__ import annotations

from babel import Locale
from flask import Blueprint, request
from werkzeug.wrappers import Response as AnyResponse

from app.edge import db, now, person, services
from app.languages import language_of
from app.portal.access import may_change, may_see_customers
from app.portal.here import customer_fields, here, page
from app.store.links import leave_token
from app.tables import KINDS, write_table
from app.ui.formats import reader_locale
from kit.errors import Refusal
from orders.newsletter.reading import SubscriberView, list_subscribers, newsletter_figures
from storage import audit

newsletter = Blueprint("newsletter", __name__)
PAGE = 50
_LONGEST_PURPOSE = 200
_COLUMNS = ("email", "confirmed", "asked", "language", "page", "consent", "leave")


@newsletter.get("/newsletter")
def index() -> AnyResponse:
    return _page({}, {})


@newsletter.post("/newsletter/file")
def export() -> AnyResponse:
    """The addresses of those who confirmed and have not left. What for stands in the company's log."""
    form = {"purpose": request.form.get("purpose", "").strip(), "kind": request.form.get("kind", "csv")}
    fields = customer_fields()
    try:
        if "email" not in fields:
            raise Refusal(f"{here().partner.company} does not let you see addresses.")
        if not form["purpose"]:
            raise Refusal("Say what the addresses are for.", field="purpose")
        if len(form["purpose"]) > _LONGEST_PURPOSE:
            raise Refusal(f"At most {_LONGEST_PURPOSE} characters.", field="purpose")
        if form["kind"] not in KINDS:
            raise Refusal("Choose CSV or XLSX.", field="kind")
    except Refusal as refusal:
        return _page(form, {refusal.field: refusal.message})
    place = here()
    found = list_subscribers(db(), **place.keys, fields=fields, limit=None)
    audit.record(
        db(),
        actor=person().email,
        action="newsletter.exported",
        subject=f"store:{place.store.store_id}",
        partner_id=place.partner.partner_id,
        now=now(),
        after={"addresses": len(found), "file": form["kind"]},
        reason=form["purpose"],
    )
    rows = [
        (
            each.email,
            each.confirmed_at.isoformat(timespec="seconds"),
            each.asked_at.isoformat(timespec="seconds"),
            each.locale,
            each.page,
            each.words,
            _leave_url(each),
        )
        for each in found
    ]
    return write_table(form["kind"], f"{place.store.slug}-newsletter", _COLUMNS, rows)


def _leave_url(reader: SubscriberView) -> str:
    """The reader's own link to leave, for the mails that the partner sends."""
    place, config = here(), services().config
    token = leave_token(
        config.secret, partner_id=place.partner.partner_id, subscriber_id=reader.subscriber_id
    )
    return config.url(place.store.hosts[0], f"/newsletter/leave/{token}") if place.store.hosts else ""


def _language_name(locale: str) -> str:
    """The language that a subscriber read, in words."""
    return str(Locale.parse(language_of(locale)).get_display_name(reader_locale()))


def _page(form: dict[str, str], errors: dict[str, str]) -> AnyResponse:
    place, fields = here(), customer_fields()
    number = min(max(request.args.get("page", 1, int), 1), 10_000)
    figures = newsletter_figures(db(), **place.keys, now=now())
    return page(
        "portal/newsletter.html",
        status=422 if errors else 200,
        figures=figures,
        most=max(max(week.joined, week.left) for week in figures.weeks),
        subscribers=list_subscribers(
            db(), **place.keys, fields=fields, limit=PAGE, offset=(number - 1) * PAGE
        ),
        fields=fields,
        language_name=_language_name,
        by_role=not may_see_customers(),
        may_export=may_change() and "email" in fields,
        here_page=number,
        last_page=max(1, -(-figures.confirmed // PAGE)),
        form=form,
        errors=errors,
    )
