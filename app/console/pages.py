"""What every page of the console stands in: the frame, the navigation, and how amounts are written."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import current_app, g, request, url_for
from jinja2 import Environment
from werkzeug.wrappers import Response

from app.case_words import case_subject, desk_status
from app.console.access import may
from app.edge import db, now, visitor
from app.ui import environment
from app.ui.formats import day, day_and_time, iso_money, plain_money
from app.ui.rendering import answer
from app.ui.shell import Group, Link, Shell
from app.ui.toasts import say
from catalog.pictures import PictureRef
from kit.money import Money
from orders.cases.reading import count_company_cases
from orders.desk import DeskFilter, count_desk_orders
from tenants.company import read_company

_TEMPLATES = Path(__file__).parent / "templates"
ENVIRONMENT = "awning.console.environment"

# Where the navigation leads: its heading, then room, endpoint, word and icon of each link.
_NAVIGATION: tuple[tuple[str, tuple[tuple[str, str, str, str], ...]], ...] = (
    (
        "",
        (("home", "home.index", "Work queue", "inbox"), ("partners", "partners.index", "Partners", "store")),
    ),
    (
        "Catalogue",
        (
            ("products", "products.index", "Products", "package"),
            ("products", "collections.index", "Collections", "layers"),
            ("wholesale", "wholesale.index", "Wholesale", "tags"),
            ("wholesale", "wholesale.lists", "Price lists", "scale"),
            ("promotions", "promotions.index", "Promotions", "ticket-percent"),
        ),
    ),
    (
        "Orders",
        (
            ("orders", "orders.index", "Orders", "shopping-cart"),
            ("orders", "customers.index", "Customers", "users"),
            ("refunds", "returns.index", "Returns", "undo-2"),
            ("refunds", "disputes.index", "Disputes", "gavel"),
            ("cases", "cases.index", "Cases", "message-square"),
        ),
    ),
    (
        "Money",
        (
            ("payouts", "payouts.index", "Payouts", "hand-coins"),
            ("money", "reconciliation.index", "Reconciliation", "arrow-left-right"),
            ("money", "books.index", "Books", "book-open"),
        ),
    ),
    ("Company", (("settings", "settings.index", "Settings", "settings"),)),
)


def make_environment() -> Environment:
    """The console's templates, with what they call besides the shared parts."""
    made = environment(
        _TEMPLATES,
        may=_may,
        now=now,
        this_page=_this_page,
        money_of=Money,
        small_picture=_small_picture,
        case_subject=case_subject,
        desk_status=desk_status,
    )
    made.filters.update(
        money=iso_money,
        amount=plain_money,
        moment=day_and_time,
        day=day,
        weekday_and_day=lambda moment: f"{moment:%A}, {day(moment)}",
        pairs=lambda words: [(word, word) for word in words],
        map_pairs=_pairs_of,
    )
    return made


def page(
    template: str, *, room: str, title: str, here: str = "", status: int = 200, **context: Any
) -> Response:
    """Answer with a page. ``here`` is the endpoint whose entry of the navigation is current; without
    one it is the request's own."""
    made: Environment = current_app.extensions[ENVIRONMENT]
    shown = {"shell": _shell(here or request.endpoint or ""), "room": room, "title": title, **context}
    return answer(made, template, shown, status)


def said(sentence: str) -> None:
    """Let the page after a redirect show a sentence."""
    say(sentence)


def error_page(status: int, heading: str, body: str) -> str:
    """The page of an error, without anything that could fail once more."""
    made: Environment = current_app.extensions[ENVIRONMENT]
    back = ("Back to the work queue", "/") if request.path != "/" else None
    context = {"brand": _brand(), "face_title": "Console", "status": status}
    return made.get_template("ui/message.html").render(
        context | {"heading": heading, "body": body, "action": back}
    )


def _brand() -> str:
    """The company's name as this request has read it; an error may come before it did."""
    return str(g.get("brand", "Awning"))


def _shell(here: str) -> Shell:
    person = visitor()
    g.brand = read_company(db()).name
    role = person.role if person else ""
    counts = {}
    if role and may(role, "orders"):
        counts["orders.index"] = count_desk_orders(db(), wanted=DeskFilter(to_ship=True))
    if role and may(role, "cases"):
        counts["cases.index"] = count_company_cases(db())
    groups = []
    for heading, entries in _NAVIGATION:
        links = [
            Link(
                label=words,
                href=url_for(endpoint),
                icon=shape,
                current=here == endpoint,
                count=counts.get(endpoint, 0),
            )
            for room, endpoint, words, shape in entries
            if role and may(role, room)
        ]
        if links:
            groups.append(Group(links, heading))
    return Shell(
        brand=g.brand,
        face="Console",
        home=url_for("home.index"),
        navigation=groups,
        person=person.name if person else "",
        role=role.capitalize(),
        sign_out=url_for("sign_in.sign_out"),
        dense=True,
    )


def _may(room: str, change: bool = False) -> bool:
    person = visitor()
    return person is not None and may(person.role, room, change=change)


def _this_page(**changed: Any) -> str:
    """This page's address with some parameters changed, for the pages of a list."""
    kept = request.args.to_dict() | {name: str(value) for name, value in changed.items()}
    return f"{request.path}?{urlencode(kept)}"


def _small_picture(ref: PictureRef) -> str:
    """The smallest size of a picture that exists; the full one until sizes were made."""
    return f"/_img/{ref.key}-{min(ref.sizes)}.webp" if ref.sizes else f"/_img/{ref.key}.webp"


def _pairs_of(items: Iterable[Any], value: str, words: str) -> list[tuple[Any, Any]]:
    return [(getattr(item, value), getattr(item, words)) for item in items]
