"""The company's books: accounts, tax and entries of a period, on the screen and to take away."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, request
from werkzeug.wrappers import Response

from app.books import ACCOUNT_WORDS, JOURNAL_HEADS, TAX_HEADS, journal_rows, tax_rows
from app.console.access import may
from app.console.forms import optional_key, page_number, query
from app.console.pages import page
from app.edge import db, now, person, services
from app.statement_words import fact_words
from app.tables import stream_table, write_table
from kit.errors import NotFound, Refusal
from payments.books.accounts import sums_by_account, sums_by_partner
from payments.books.journal import Wanted, journal_page
from payments.books.periods import Period, month, quarter, read_days, read_period
from payments.books.tax import tax_reports
from tenants.directory import read_partner

books = Blueprint("books", __name__, url_prefix="/money/books")
_PAGE = 100
_MONTHS, _QUARTERS = 12, 6
DAYS = "days"


@books.get("/")
def index() -> Response:
    period, problem = _period()
    shown = problem is None
    return page(
        "books.html",
        room="money",
        title="Books",
        status=200 if shown else 422,
        **_frame(period),
        errors={problem.field: problem.message} if problem else {},
        accounts=sums_by_account(db(), period=period) if shown else {},
        taxes=tax_reports(db(), period=period) if shown else [],
        words=ACCOUNT_WORDS,
    )


@books.get("/partners")
def by_partner() -> Response:
    period, number, currency = _asked(), page_number(), _currency()
    if not currency:
        raise NotFound("Choose a currency on the page of the books.")
    found = sums_by_partner(
        db(), period=period, currency=currency, limit=_PAGE + 1, offset=(number - 1) * _PAGE
    )
    return page(
        "books_partners.html",
        room="money",
        here="books.index",
        title=f"Owed to partners, {currency}",
        **_frame(period),
        currency=currency,
        partners=found[:_PAGE],
        page_no=number,
        more=len(found) > _PAGE,
        sees_partners=may(person().role, "partners"),
    )


@books.get("/entries")
def entries() -> Response:
    wanted, number = _wanted(), page_number()
    found = journal_page(db(), wanted=wanted, limit=_PAGE + 1, offset=(number - 1) * _PAGE)
    return page(
        "books_entries.html",
        room="money",
        here="books.index",
        title=ACCOUNT_WORDS.get(wanted.account, "Entries"),
        **_frame(wanted.period),
        wanted=wanted,
        partner=read_partner(db(), partner_id=wanted.partner_id) if wanted.partner_id else None,
        entries=found[:_PAGE],
        page_no=number,
        more=len(found) > _PAGE,
        words=ACCOUNT_WORDS,
        fact_words=fact_words,
        sees_orders=may(person().role, "orders"),
    )


@books.get("/journal.<kind>")
def journal_file(kind: str) -> Response:
    """Every entry of what the page shows, read while it leaves."""
    wanted = _wanted()
    name = f"journal-{wanted.period.first}-{wanted.period.last}"
    return stream_table(kind, name, JOURNAL_HEADS, journal_rows(services().console, wanted))


@books.get("/tax.<kind>")
def tax_file(kind: str) -> Response:
    period = _asked()
    name = f"tax-{period.first}-{period.last}"
    return write_table(kind, name, TAX_HEADS, tax_rows(tax_reports(db(), period=period)))


def _wanted() -> Wanted:
    account = query("account")
    if account and account not in ACCOUNT_WORDS:
        raise NotFound("There is no such account.")
    partner_id: UUID | None = optional_key(query("partner"))
    return Wanted(_asked(), account=account, currency=_currency(), partner_id=partner_id)


def _currency() -> str:
    return query("currency", 3).upper()


def _asked() -> Period:
    """The period of the address. Raises Refusal for what is none."""
    period, problem = _period()
    if problem is not None:
        raise problem
    return period


def _period() -> tuple[Period, Refusal | None]:
    """The period of the address, this month without one; where it is none, this month and why."""
    today = now().date()
    this_month = month(today.year, today.month)
    typed = query("period")
    try:
        if typed == DAYS:
            return read_days(query("from"), query("to")), None
        return (read_period(typed) if typed else this_month), None
    except Refusal as refusal:
        return this_month, refusal


def _frame(period: Period) -> dict[str, Any]:
    """What each page of the books says of its period: how it is chosen, and how addresses carry it on."""
    today = now().date()
    typed = query("period") or f"{today:%Y-%m}"
    kept = {"period": typed}
    if typed == DAYS:
        kept |= {"from": query("from"), "to": query("to")}

    def address(path: str, **more: object) -> str:
        asked = kept | {name: str(value) for name, value in more.items() if value}
        return f"{books.url_prefix}/{path}?{urlencode(asked)}"

    return {
        "period": period,
        "periods": _choices(today, typed),
        "form": {
            "period": typed,
            "from": request.args.get("from", f"{period.first}")[:20],
            "to": request.args.get("to", f"{period.last}")[:20],
        },
        "address": address,
    }


def _choices(today: date, typed: str) -> list[tuple[str, str]]:
    """The last months, the last quarters, and days of one's own."""
    months = [month((at := _back(today, place))[0], at[1]) for place in range(_MONTHS)]
    found = [(f"{each.first:%Y-%m}", f"{each.first:%B %Y}") for each in months]
    year, number = today.year, (today.month + 2) // 3
    for _ in range(_QUARTERS):
        first = quarter(year, number).first
        found.append((f"{year}-q{number}", f"Quarter {number} of {first:%Y}"))
        year, number = (year, number - 1) if number > 1 else (year - 1, 4)
    if typed and typed != DAYS and typed not in dict(found):
        found.append((typed[:20], typed[:20]))
    return [*found, (DAYS, "Days of your own")]


def _back(today: date, months: int) -> tuple[int, int]:
    place = today.year * 12 + today.month - 1 - months
    return place // 12, place % 12 + 1
