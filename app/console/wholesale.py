"""Wholesale: price lists side by side, and one product's new prices, whose effect is shown before they are
saved."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from app.console.forms import errors_of, gather, key, page_number, query, read_money, text
from app.console.pages import page, said
from app.console.wholesale_terms import asked_currency, effect, floor_policy, read_begins
from app.console.wholesale_typed import stood, told
from app.edge import db, now, person
from catalog.products import read_product
from kit.errors import NotFound, Refusal
from kit.money import Money
from pricing.ceilings import ceiling_history
from pricing.impact import Impact, wholesale_impact
from pricing.lists import ListEntry, SheetRow, count_sheet, price_history, price_lists, sheet
from pricing.wholesale import NewWholesale, set_wholesale
from tenants.company import read_company

wholesale = Blueprint("wholesale", __name__, url_prefix="/wholesale")
_PAGE = 100
_MOST_ROWS = 200


@dataclass
class Draft:
    """New prices as they were typed. ``prices`` are those that could be read; ``seen`` names exactly
    what was asked for, so that only what was shown is saved."""

    prices: list[NewWholesale] = field(default_factory=list)
    begins: datetime | None = None
    reason: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def seen(self) -> str:
        said_of = f"{self.begins}|{sorted(map(str, self.prices))}"
        return sha256(said_of.encode()).hexdigest()[:16]


@wholesale.get("/")
def index() -> Response:
    company = read_company(db())
    currency = asked_currency(company)
    lists = price_lists(db(), at=now())
    search, number = query("q"), page_number()
    rows = sheet(
        db(),
        currency=currency,
        at=now(),
        lists=lists,
        search=search,
        limit=_PAGE + 1,
        offset=(number - 1) * _PAGE,
    )
    return page(
        "wholesale.html",
        room="wholesale",
        title="Wholesale",
        company=company,
        currency=currency,
        lists=lists,
        rows=rows[:_PAGE],
        floor=floor_policy(company, currency),
        stood=stood,
        told=told,
        total=count_sheet(db(), search=search),
        search=search,
        page_no=number,
        more=len(rows) > _PAGE,
    )


@wholesale.route("/<uuid:product_id>", methods=["GET", "POST"])
def product(product_id: UUID) -> Response:
    """One product's new price, the same for all its variants or for one of them."""
    shown = read_product(db(), product_id=product_id)
    company = read_company(db())
    currency = asked_currency(company)
    lists = price_lists(db(), at=now())
    rows = sheet(db(), currency=currency, at=now(), lists=lists, product_id=product_id, limit=_MOST_ROWS)
    variant = request.values.get("variant", "")
    chosen = [row for row in rows if not variant or row.variant_id == key(variant)]
    if not chosen and variant:
        raise NotFound("This variant has gone.")
    draft = _draft(currency, [(f"price:{entry.price_list_id}", chosen, entry) for entry in lists])
    answer = _save_if_seen(draft, url_for("wholesale.product", product_id=product_id, currency=currency))
    return answer or page(
        "wholesale_product.html",
        room="wholesale",
        title=f"{shown.title}, new wholesale price",
        status=422 if draft.errors else 200,
        product=shown,
        rows=rows,
        chosen=chosen,
        variant=variant,
        company=company,
        currency=currency,
        lists=lists,
        columns=[_column(chosen, place, entry, draft) for place, entry in enumerate(lists)],
        floor=floor_policy(company, currency),
        **_preview(draft),
    )


@wholesale.get("/history/<uuid:variant_id>")
def history(variant_id: UUID) -> Response:
    company = read_company(db())
    lists = price_lists(db(), at=now())
    rows = sheet(db(), currency=company.currencies[0], at=now(), lists=lists, variant_ids=[variant_id])
    if not rows:
        raise NotFound("There is no such variant.")
    return page(
        "wholesale_history.html",
        room="wholesale",
        here="wholesale.index",
        title=f"Price history of {rows[0].sku}",
        row=rows[0],
        prices=price_history(db(), variant_id=variant_id),
        ceilings=ceiling_history(db(), variant_id=variant_id),
    )


def _draft(currency: str, fields: list[tuple[str, list[SheetRow], ListEntry]]) -> Draft:
    """Read what was typed: each field is a price for some variants in one list; empty keeps what is."""
    draft = Draft()
    if request.method != "POST":
        return draft
    for name, rows, entry in fields:
        typed = text(name, 40)
        if not typed:
            continue
        try:
            amount = read_money(typed, currency, field=name)
            if amount.minor <= 0:
                raise Refusal("A wholesale price must be above zero.", field=name)
        except Refusal as refusal:
            gather(draft.errors, refusal)
            continue
        draft.prices += [NewWholesale(row.variant_id, entry.price_list_id, amount) for row in rows]
    draft.begins = read_begins(draft.errors)
    draft.reason = text("reason")
    if not draft.prices and not draft.errors:
        draft.errors[""] = "Type at least one new price."
    return draft


def _save_if_seen(draft: Draft, back_to: str) -> Response | None:
    """Save a draft whose effect was shown as it stands; None when there is something to show first."""
    if request.method != "POST" or draft.errors or text("act") != "save" or text("seen") != draft.seen:
        return None
    try:
        changed = set_wholesale(
            db(),
            prices=draft.prices,
            begins=draft.begins or now(),
            actor=person().email,
            now=now(),
            reason=draft.reason,
        )
    except Refusal as refusal:
        db().rollback()
        draft.errors |= errors_of(refusal)
        return None
    when = f"from {draft.begins:%d %B %Y, %H:%M} UTC" if draft.begins else "from now on"
    number = f"{len(changed)} variant{'' if len(changed) == 1 else 's'}"
    said(f"New wholesale prices for {number}, {when}." if changed else "These prices were in force already.")
    return redirect(back_to, 303)


def _preview(draft: Draft) -> dict[str, Any]:
    impact: Impact | None = None
    if draft.prices and not draft.errors:
        impact = wholesale_impact(db(), prices=draft.prices, begins=draft.begins or now(), now=now())
    return {
        "draft": draft,
        "errors": draft.errors,
        "form": {name: value for name, value in request.form.items() if name != "csrf_token"},
        # Somebody pressed save, but what was typed is not what had been shown.
        **effect(impact, saving=len(draft.prices), differs=text("act") == "save" and not draft.errors),
    }


@dataclass(frozen=True, slots=True)
class Column:
    """A price list on a product's page: its lowest and highest price now, and the new one."""

    entry: ListEntry
    low: Money | None
    high: Money | None
    new: Money | None
    own: bool

    @property
    def change(self) -> int | None:
        """The change in tenths of a percent, where one price becomes another."""
        if self.new is None or self.low is None or self.low != self.high:
            return None
        return round((self.new.minor - self.low.minor) * 1000 / self.low.minor)


def _column(chosen: list[SheetRow], place: int, entry: ListEntry, draft: Draft) -> Column:
    amounts = [amount for row in chosen if (amount := row.prices[place].amount) is not None]
    new = next((p.amount for p in draft.prices if p.price_list_id == entry.price_list_id), None)
    return Column(
        entry,
        min(amounts, default=None),
        max(amounts, default=None),
        new,
        any(row.prices[place].own for row in chosen),
    )
