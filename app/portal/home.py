"""Home: what was earned, what is owed, what was just sold, what needs doing."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

import segno
from flask import Blueprint, Response, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from app.edge import db, now, services
from app.portal.access import may_change, may_work_on_cases
from app.portal.here import Here, here, page
from app.portal.here import environment as portal_environment
from app.portal.payouts import account_state, next_run
from app.ui.charts import line
from app.ui.formats import day, local, reader_zone, when
from app.ui.rendering import answer
from orders.cases.reading import count_cases
from orders.feed import Sale, count_sales, newest_sales
from payments.ledger.balances import Balance, Pending, balances, pending_by_date
from payments.ledger.earned import PERIOD, Earned, earned
from payments.payouts.accounts import paid_to
from payments.payouts.terms import read_terms
from pricing.event_reading import events_for_store
from pricing.outlook import PriceChange, announced_wholesale, price_changes

home = Blueprint("home", __name__)
# So many of the sale events that run or come next are shown; their own room has them all.
_EVENTS = 3
_RULE_CHANGED = {
    "store": "store rule changed",
    "collection": "a collection’s rule changed",
    "product": "a product’s rule changed",
}


@dataclass(frozen=True, slots=True)
class Task:
    """Something that needs doing: where it is done, and why."""

    icon: str
    tone: str
    title: str
    detail: str
    href: str


@home.get("/")
def index() -> Response:
    place, moment = here(), now()
    figures = _figures(place)
    owed = balances(db(), partner_id=place.partner.partner_id, now=moment)
    changes = price_changes(db(), **place.keys, since=moment - timedelta(days=PERIOD))
    return page(
        "portal/home.html",
        earned=figures,
        chart=line(
            figures.days,
            figures.daily,
            figures.daily_before,
            currency=place.store.currency,
            marks=_marks(changes)[-3:],
        ),
        balance=_in_currency(owed, place.store.currency),
        other_balances=[item for item in owed if item.available.currency != place.store.currency],
        pending=_last_pending(place),
        next_run=next_run(read_terms(db())),
        tasks=_tasks(place),
        events=events_for_store(db(), **place.keys, now=moment)[:_EVENTS],
        qr=_inline_code(place),
        **_sales_context(place),
    )


def _figures(place: Here) -> Earned:
    return earned(db(), **place.keys, currency=place.store.currency, zone=reader_zone(), now=now())


def _marks(changes: list[PriceChange]) -> list[tuple[date, str]]:
    """One mark for each day on which the partner changed prices, in the reader's zone."""
    days: dict[date, list[PriceChange]] = {}
    for change in changes:
        days.setdefault(local(change.at).date(), []).append(change)
    return [(on, _change_words(made)) for on, made in days.items()]


def _change_words(made: list[PriceChange]) -> str:
    count = sum(change.count for change in made if change.scope == "variant")
    titles = {change.title for change in made if change.scope == "variant"}
    rules = {change.scope for change in made} - {"variant"}
    words = []
    if rules:
        words.append("rules changed" if len(rules) > 1 else _RULE_CHANGED[rules.pop()])
    if count == 1 or (len(titles) == 1 and "" not in titles):
        words.append(f"{titles.pop()} priced anew")
    elif count:
        words.append(f"{count} prices changed")
    said = " and ".join(words)
    return said[:1].upper() + said[1:]


def _in_currency(owed: list[Balance], currency: str) -> Balance | None:
    return next((item for item in owed if item.available.currency == currency), None)


def _last_pending(place: Here) -> Pending | None:
    """The last day on which something that is pending becomes available, if all of it has a day."""
    found = pending_by_date(db(), partner_id=place.partner.partner_id, now=now())
    mine = [item for item in found if item.amount.currency == place.store.currency]
    return max((item for item in mine if item.on), key=lambda item: str(item.on), default=None)


@home.get("/sales/live")
def live() -> AnyResponse:
    """What the list of sales looks like now; 204 while it looks as the page shows it already."""
    place = here()
    context = _sales_context(place)
    if request.args.get("seen") == context["seen"]:
        return Response(status=204)
    newest = request.args.get("newest", "")
    context["fresh"] = {
        sale.order_id for sale in context["sales"] if newest and sale.paid_at.isoformat() > newest
    }
    context |= {"earned": _figures(place), "here": place, "polled": True}
    return answer(portal_environment(), "portal/live.html", context)


def _sales_context(place: Here) -> dict[str, Any]:
    sales = newest_sales(db(), **place.keys)
    return {
        "sales": sales,
        "seen": _digest(sales),
        "newest": sales[0].paid_at.isoformat() if sales else "-",
        "fresh": set(),
        "polled": False,
    }


def _digest(sales: list[Sale]) -> str:
    """Changes when a row does, and when a row's time is to be worded differently."""
    shown = [(str(sale.order_id), sale.payment, sale.fulfilment, when(sale.paid_at)) for sale in sales]
    return sha256(repr(shown).encode()).hexdigest()[:16]


def _tasks(place: Here) -> list[Task]:
    tasks = []
    if may_change():
        tasks += _store_tasks(place)
    announced = announced_wholesale(db(), **place.keys, now=now())
    if announced is not None:
        noun = "price falls" if announced.under == 1 else "prices fall"
        tasks.append(
            Task(
                "triangle-alert",
                "attention",
                f"{announced.under} {noun} under the floor on {day(announced.begins, 'd MMM')}",
                "Wholesale rises for " + ", ".join(announced.skus[:2]) + ("…" if announced.under > 2 else ""),
                url_for("ahead.index"),
            )
        )
    account = paid_to(db(), partner_id=place.partner.partner_id)
    words, sign, tone = account_state(account)
    if tone != "good":
        waits = "Your balance waits until you set it up" if account is None else "Payouts wait, or stop soon"
        title = "Set up the payout account" if account is None else f"Payout account: {words.lower()}"
        tasks.append(Task(sign, tone, title, waits, url_for("payouts.account")))
    written = count_cases(db(), **place.keys).open if may_work_on_cases() else 0
    if written:
        noun = "customer waits" if written == 1 else "customers wait"
        detail = "They read your answer by mail"
        href = url_for("cases.index")
        tasks.append(Task("message-square", "attention", f"{written} {noun} for an answer", detail, href))
    waiting = sum(
        count
        for (payment, fulfilment), count in count_sales(db(), **place.keys).items()
        if payment == "paid" and fulfilment == "unfulfilled"
    )
    if waiting:
        tasks.append(
            Task(
                "package",
                "",
                f"{waiting} {'order waits' if waiting == 1 else 'orders wait'} to be sent",
                f"{place.partner.company} sends them; you see the tracking",
                url_for("orders.index", show="to-send"),
            )
        )
    return tasks


def _store_tasks(place: Here) -> list[Task]:
    tasks = []
    settings = url_for("store.index", _anchor="state")
    if place.store.state == "draft":
        tasks.append(Task("store", "attention", "Open your store", "Nobody can buy from it yet", settings))
    if place.store.state == "paused":
        tasks.append(
            Task("circle-pause", "attention", "Open your store again", "Shoppers see a short note", settings)
        )
    if place.store.logo is None:
        detail = "Your colours can be taken from it"
        tasks.append(Task("image", "", "Add your logo", detail, url_for("editor.index")))
    return tasks


def _code(place: Here) -> segno.QRCode:
    return segno.make(services().config.url(place.store.hosts[0], "/"), error="m", micro=False)


def _inline_code(place: Here) -> Markup | None:
    if not place.store.hosts:
        return None
    drawn = _code(place).svg_inline(
        border=2, dark="#000", light="#fff", svgclass="qr", lineclass=None, omitsize=True
    )
    return Markup(drawn.replace("<svg ", '<svg aria-hidden="true" ', 1))  # noqa: S704


@home.get("/store-code.svg")
def code() -> AnyResponse:
    """The store's address as a QR code, to keep and print."""
    place = here()
    out = io.BytesIO()
    _code(place).save(out, kind="svg", border=4, dark="#000", light="#fff", scale=8)
    answered = Response(out.getvalue(), mimetype="image/svg+xml")
    answered.headers["Content-Disposition"] = f'attachment; filename="{place.store.slug}-code.svg"'
    return answered
