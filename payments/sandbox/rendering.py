"""Turns a session into the HTML of its payment page. Every value that came from outside is escaped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from string import Template

from markupsafe import Markup, escape

from kit.money import Money
from payments.sandbox.cards import CARDS
from payments.sandbox.charges import DEBIT_NAMES
from payments.sandbox.errors import Json
from payments.sandbox.sessions import debit_kind

FOLDER = Path(__file__).parent / "pages"


@dataclass(frozen=True)
class Entered:
    """What the page shows beside the session: earlier answers, problems by field, and one for all."""

    values: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    notice: str = ""


@cache
def _template(name: str) -> Template:
    return Template((FOLDER / name).read_text(encoding="utf-8"))


def document(merchant: str, title: str, name: str, layout: str = "narrow", **parts: object) -> str:
    """Fill the template ``name`` and put it into the frame that all pages share.

    ``layout`` names the classes of the page's main part.
    """
    filled = {key: escape(value) for key, value in parts.items()}
    content = _template(name).substitute(filled, merchant=escape(merchant))
    return _template("layout.html").substitute(
        title=escape(f"{title} · {merchant}"), merchant=escape(merchant), layout=layout, content=content
    )


def money(amount: int, currency: str) -> str:
    return str(Money(amount, currency.upper()))


def checkout(merchant: str, session: Json, lines: list[Json], rates: list[Json], entered: Entered) -> str:
    """Return the payment page of an open session. ``rates`` are the shipping rates of its options."""
    total = money(session["amount_total"], session["currency"])
    sections = [_contact(session, entered)]
    if session["shipping_address_collection"] or session["billing_address_collection"] == "required":
        sections.append(_address(session, entered))
    if len(rates) > 1:
        sections.append(_delivery(session, rates))
    if session["amount_total"]:
        sections.append(_methods(session, entered))
    cancel = Markup("")
    if session["cancel_url"]:
        cancel = Markup('<a href="{}">Cancel and go back</a>').format(session["cancel_url"])
    return document(
        merchant,
        f"Pay {total}",
        "checkout.html",
        "two",
        session=session["id"],
        total=total,
        amount=session["amount_total"],
        lines=Markup("\n").join(_line(line) for line in lines),
        sums=_sums(session, rates),
        summary=_summary(entered),
        sections=Markup("\n").join(sections),
        act=f"Pay {total}" if session["amount_total"] else "Place order",
        cancel=cancel,
    )


def _line(line: Json) -> Markup:
    each = money(line["price"]["unit_amount"], line["currency"])
    note = Markup("")
    if line["quantity"] != 1:
        note = Markup('<span class="note">{} × {}</span>').format(line["quantity"], each)
    return Markup('<tr><th scope="row">{}{}</th><td>{}</td></tr>').format(
        line["description"], note, money(line["amount_total"], line["currency"])
    )


def _sums(session: Json, rates: list[Json]) -> Markup:
    unit = session["currency"]
    rows = [("Subtotal", session["amount_subtotal"])]
    cost = session["shipping_cost"]
    if cost is not None:
        name = next(rate["display_name"] for rate in rates if rate["id"] == cost["shipping_rate"])
        rows.append((f"Delivery: {name}", cost["amount_total"]))
    tax = session["total_details"]["amount_tax"]
    if tax or session["automatic_tax"]["enabled"]:
        rows.append(("Tax", tax))
    rows.append(("Total", session["amount_total"]))
    row = Markup('<tr><th scope="row">{}</th><td>{}</td></tr>')
    return Markup("\n").join(row.format(name, money(amount, unit)) for name, amount in rows)


def _summary(entered: Entered) -> Markup:
    if not entered.problems and not entered.notice:
        return Markup("")
    item = Markup('<li><a href="#{}">{}</a></li>')
    problems = Markup("").join(item.format(name, text) for name, text in entered.problems.items())
    said = Markup("<p>{}</p>").format(entered.notice) if entered.notice else Markup("")
    listed = Markup("<ul>{}</ul>").format(problems) if problems else Markup("")
    return Markup('<div class="summary" role="alert"><h3>You have not paid yet</h3>{}{}</div>').format(
        said, listed
    )


def _field(
    entered: Entered, name: str, label: str, *, kind: str = "text", complete: str = "off", help_: str = ""
) -> Markup:
    problem = entered.problems.get(name)
    notes = [f"{name}-problem"] * bool(problem) + [f"{name}-help"] * bool(help_)
    described = Markup(' aria-describedby="{}"').format(" ".join(notes)) if notes else Markup("")
    row = Markup(
        '<div class="row"><label for="{0}">{1}</label>'
        '<input id="{0}" name="{0}" type="{2}" value="{3}" autocomplete="{4}"{5}{6}>{7}{8}</div>'
    )
    return row.format(
        name,
        label,
        kind,
        entered.values.get(name, ""),
        complete,
        Markup(' aria-invalid="true"') if problem else Markup(""),
        described,
        Markup('<p class="problem" id="{}-problem">{}</p>').format(name, problem) if problem else Markup(""),
        Markup('<p class="help" id="{}-help">{}</p>').format(name, help_) if help_ else Markup(""),
    )


def _contact(session: Json, entered: Entered) -> Markup:
    parts = [
        _field(entered, "email", "E-mail", kind="email", complete="email"),
        _field(entered, "name", "Name", complete="name"),
    ]
    if session["phone_number_collection"]["enabled"]:
        parts.append(_field(entered, "phone", "Phone", kind="tel", complete="tel"))
    return _group("You", Markup("").join(parts))


def _address(session: Json, entered: Entered) -> Markup:
    parts = [
        _field(entered, "line1", "Address", complete="address-line1"),
        _field(entered, "line2", "Address, second line (optional)", complete="address-line2"),
        Markup('<div class="pair">{}{}</div>').format(
            _field(entered, "postal_code", "Postcode", complete="postal-code"),
            _field(entered, "city", "City", complete="address-level2"),
        ),
        _field(entered, "state", "State or region (optional)", complete="address-level1"),
        _country(session, entered),
    ]
    title = "Delivery address" if session["shipping_address_collection"] else "Billing address"
    return _group(title, Markup("").join(parts))


def _country(session: Json, entered: Entered) -> Markup:
    allowed = (session["shipping_address_collection"] or {}).get("allowed_countries")
    if not allowed:
        return _field(entered, "country", "Country", complete="country", help_="Two letters, such as US.")
    chosen = entered.values.get("country", "")
    options = Markup("").join(
        Markup("<option{}>{}</option>").format(Markup(" selected") if code == chosen else "", code)
        for code in sorted(allowed)
    )
    return Markup(
        '<div class="row"><label for="country">Country</label>'
        '<select id="country" name="country" autocomplete="country">{}</select></div>'
    ).format(options)


def _delivery(session: Json, rates: list[Json]) -> Markup:
    chosen = session["shipping_cost"]["shipping_rate"]
    options = Markup("").join(
        _option(
            "shipping_rate",
            rate["id"],
            rate["display_name"],
            money(rate["fixed_amount"]["amount"], session["currency"]),
            checked=rate["id"] == chosen,
        )
        for rate in rates
    )
    again = Markup(
        '<button class="plain again" type="submit" formaction="/c/pay/{}/delivery">Update total</button>'
    ).format(session["id"])
    # The Enter key presses a form's first button, and it should pay rather than update.
    first = Markup('<button class="hidden" type="submit" tabindex="-1" aria-hidden="true">Pay</button>')
    return _group("Delivery", first + options + again)


def _methods(session: Json, entered: Entered) -> Markup:
    chosen = entered.values.get("method", CARDS[0].number)
    types = session["payment_method_types"]
    options = []
    if "card" in types:
        for card in CARDS:
            spaced = " ".join(card.number[start : start + 4] for start in range(0, 16, 4))
            options.append(_option("method", card.number, card.title, spaced, checked=chosen == card.number))
    kind = debit_kind(session["currency"])
    if kind in types:
        for value, title in (("debit", "Succeeds later"), ("debit_fails", "Fails later")):
            options.append(_option("method", value, title, DEBIT_NAMES[kind], checked=chosen == value))
    typed = Markup("")
    if "card" in types:
        typed = _field(
            entered,
            "number",
            "Or type a test card's number",
            complete="cc-number",
            help_="Leave this empty to use the choice above. Real cards are refused.",
        )
    return _group("Test payment methods", Markup("").join(options) + typed)


def _option(name: str, value: str, title: str, end: str, *, checked: bool) -> Markup:
    return Markup(
        '<label class="option"><input type="radio" name="{}" value="{}"{}>'
        '<span>{}</span><span class="end">{}</span></label>'
    ).format(name, value, Markup(" checked") if checked else "", title, end)


def _group(title: str, content: Markup) -> Markup:
    return Markup("<fieldset><legend>{}</legend>{}</fieldset>").format(title, content)
