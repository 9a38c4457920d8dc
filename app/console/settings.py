"""The company's settings: itself, tax, delivery, its people, and the log of every change."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from app.console.access import ROLE_WORDS
from app.console.forms import (
    check_countries,
    errors_of,
    gather,
    optional_key,
    page_number,
    query,
    read_money,
    read_percent,
    read_whole,
    text,
)
from app.console.pages import page, said
from app.console.partners import send_invitation
from app.edge import db, now, person, this_face
from kit.errors import Refusal, Refusals
from kit.money import decimals
from pricing.tables import (
    DeliveryRow,
    TaxRow,
    delivery_rows,
    remove_delivery,
    remove_tax,
    save_delivery,
    save_tax,
    tax_rows,
)
from storage.database import transaction
from tenants.audit_reading import changes, kinds
from tenants.company import LONGEST_INSTRUCTIONS, change_settings, read_company
from tenants.staff import invite_staff, list_staff, set_staff_role

settings = Blueprint("settings", __name__, url_prefix="/settings")
_PAGE = 50


@settings.get("/")
def index() -> Response:
    return _company_page({}, {})


@settings.post("/")
def save() -> Response:
    company = read_company(db())
    errors: dict[str, str] = {}
    numbers: dict[str, int] = {}
    margins = dict(company.smallest_margin_minor)
    for name in ("hold_days", "assumed_delivery_days", "returns_days", "keep_orders_months"):
        try:
            numbers[name] = read_whole(text(name), field=name)
        except Refusal as refusal:
            gather(errors, refusal)
    try:
        typed = text("smallest_margin_percent") or "0"
        numbers["smallest_margin_bps"] = read_percent(typed, field="smallest_margin_percent")
    except Refusal as refusal:
        gather(errors, refusal)
    for currency in company.currencies:
        field = f"margin_{currency}"
        try:
            margins[currency] = read_money(text(field), currency, field=field).minor
        except Refusal as refusal:
            gather(errors, refusal)
    wanted = replace(
        company,
        name=text("name"),
        support_email=text("support_email").lower(),
        hold_from=text("hold_from"),
        smallest_margin_minor=margins,
        hold_days=numbers.get("hold_days", 0),
        assumed_delivery_days=numbers.get("assumed_delivery_days", 0),
        returns_days=numbers.get("returns_days", 0),
        keep_orders_months=numbers.get("keep_orders_months", 0),
        smallest_margin_bps=numbers.get("smallest_margin_bps", 0),
        lost_wholesale=text("lost_wholesale"),
        dispute_fee_by=text("dispute_fee_by"),
        return_instructions=text("return_instructions", LONGEST_INSTRUCTIONS + 1).replace("\r\n", "\n"),
        partner_refund_requests=bool(text("partner_refund_requests")),
    )
    try:
        changed = change_settings(db(), wanted=wanted, actor=person().email, now=now(), reason=text("reason"))
    except Refusal as refusal:
        gather(errors, refusal)
    if errors:
        return _company_page(dict(request.form), errors, 422)
    said("Settings saved." if changed else "Nothing changed.")
    return redirect(url_for("settings.index"), 303)


def _company_page(form: dict[str, str], errors: dict[str, str], status: int = 200) -> Response:
    if errors:
        db().rollback()
    company = read_company(db())
    if not form:
        form = {
            "name": company.name,
            "support_email": company.support_email,
            "hold_from": company.hold_from,
            "hold_days": str(company.hold_days),
            "assumed_delivery_days": str(company.assumed_delivery_days),
            "returns_days": str(company.returns_days),
            "keep_orders_months": str(company.keep_orders_months),
            "lost_wholesale": company.lost_wholesale,
            "dispute_fee_by": company.dispute_fee_by,
            "return_instructions": company.return_instructions,
            "partner_refund_requests": "1" if company.partner_refund_requests else "",
            "smallest_margin_percent": f"{company.smallest_margin_bps / 100:g}",
        }
        for currency in company.currencies:
            minor = company.smallest_margin_minor.get(currency, 1)
            places = decimals(currency)
            form[f"margin_{currency}"] = f"{minor / 10**places:.{places}f}"
    return page(
        "settings.html",
        room="settings",
        title="Settings",
        status=status,
        company=company,
        form=form,
        errors=errors,
        tab="company",
    )


@settings.get("/tax")
def tax() -> Response:
    return _tax_page({}, {})


@settings.post("/tax")
def change_tax() -> Response:
    who = {"actor": person().email, "now": now()}
    form = {name: text(name, 60) for name in ("country", "region", "name", "rate", "on_delivery", "row")}
    country, region = form["country"].upper(), form["region"].upper()
    try:
        if text("act") == "remove":
            remove_tax(db(), country=country, region=region, **who)  # type: ignore[arg-type]
        else:
            check_countries([country], field="country")
            row = TaxRow(
                country,
                region,
                form["name"],
                read_percent(form["rate"], field="rate"),
                bool(form["on_delivery"]),
            )
            save_tax(db(), row=row, new=form["row"] == "new", **who)  # type: ignore[arg-type]
    except Refusal as refusal:
        return _tax_page(form, errors_of(refusal), 422)
    said("Tax table saved. It holds for orders placed from now on.")
    return redirect(url_for("settings.tax"), 303)


def _tax_page(form: dict[str, str], errors: dict[str, str], status: int = 200) -> Response:
    if errors:
        db().rollback()
    return page(
        "settings_tax.html",
        room="settings",
        here="settings.index",
        title="Tax",
        status=status,
        rows=tax_rows(db()),
        form=form,
        errors=errors,
        tab="tax",
    )


@settings.get("/delivery")
def delivery() -> Response:
    return _delivery_page({}, {})


@settings.post("/delivery")
def change_delivery() -> Response:
    who = {"actor": person().email, "now": now()}
    names = ("rate_id", "name", "countries", "currency", "amount", "free_from", "days_from", "days_to")
    form = {name: text(name, 900) for name in names}
    rate_id = optional_key(form["rate_id"])
    try:
        if text("act") == "remove" and rate_id is not None:
            remove_delivery(db(), rate_id=rate_id, **who)  # type: ignore[arg-type]
        else:
            save_delivery(db(), rate_id=rate_id, row=_delivery_row(form), **who)  # type: ignore[arg-type]
    except Refusal as refusal:
        return _delivery_page(form, errors_of(refusal), 422)
    said("Delivery saved. Checkouts offer it from now on.")
    return redirect(url_for("settings.delivery"), 303)


def _delivery_row(form: dict[str, str]) -> DeliveryRow:
    errors: dict[str, str] = {}
    currency = form["currency"]
    countries = tuple(form["countries"].upper().replace(",", " ").split())
    check_countries(countries, field="countries")
    if currency not in read_company(db()).currencies:
        raise Refusal("Choose a currency.", field="currency")
    numbers: dict[str, int] = {}
    for name in ("amount", "free_from"):
        if name == "free_from" and not form[name]:
            continue
        try:
            numbers[name] = read_money(form[name], currency, field=name).minor
        except Refusal as refusal:
            gather(errors, refusal)
    for name in ("days_from", "days_to"):
        try:
            numbers[name] = read_whole(form[name], field="days")
        except Refusal as refusal:
            gather(errors, refusal)
    if errors:
        raise Refusals(errors)
    return DeliveryRow(
        name=form["name"],
        countries=countries,
        currency=currency,
        amount=numbers["amount"],
        free_from=numbers.get("free_from"),
        days_from=numbers["days_from"],
        days_to=numbers["days_to"],
    )


def _delivery_page(form: dict[str, str], errors: dict[str, str], status: int = 200) -> Response:
    if errors:
        db().rollback()
    return page(
        "settings_delivery.html",
        room="settings",
        here="settings.index",
        title="Delivery",
        status=status,
        rows=delivery_rows(db()),
        currencies=read_company(db()).currencies,
        form=form,
        errors=errors,
        tab="delivery",
    )


@settings.get("/staff")
def staff() -> Response:
    return _staff_page({}, {})


@settings.post("/staff")
def add_staff() -> Response:
    form = {"email": text("email"), "person_name": text("person_name"), "role": text("role")}
    try:
        with transaction(this_face().engine) as session:
            token = invite_staff(
                session,
                email=form["email"],
                name=form["person_name"],
                role=form["role"],
                actor=person().email,
                now=now(),
            )
    except Refusal as refusal:
        return _staff_page(form, errors_of(refusal), 422)
    link = send_invitation(email=form["email"], name=form["person_name"], face="console", token=token)
    return _staff_page({}, {}, invited=(form["email"], link))


@settings.post("/staff/<uuid:person_id>")
def change_staff(person_id: UUID) -> Response:
    role = text("role")
    try:
        set_staff_role(db(), person_id=person_id, role=role, actor=person().email, now=now())
    except Refusal as refusal:
        return _staff_page({}, {f"role:{person_id}": refusal.message}, 422)
    said("Role saved." if role else "Access taken away, and signed out everywhere.")
    return redirect(url_for("settings.staff"), 303)


def _staff_page(
    form: dict[str, str],
    errors: dict[str, str],
    status: int = 200,
    *,
    invited: tuple[str, str] | None = None,
) -> Response:
    if errors:
        db().rollback()
    return page(
        "settings_staff.html",
        room="settings",
        here="settings.index",
        title="Staff",
        status=status,
        people=list_staff(db()),
        roles=ROLE_WORDS,
        invited=invited,
        form=form,
        errors=errors,
        tab="staff",
    )


@settings.get("/audit")
def audit() -> Response:
    kind, subject, actor, number = query("kind"), query("subject"), query("actor"), page_number()
    found = changes(
        db(), kind=kind, subject=subject, actor=actor, limit=_PAGE + 1, offset=(number - 1) * _PAGE
    )
    return page(
        "settings_audit.html",
        room="settings",
        here="settings.index",
        title="Audit log",
        entries=found[:_PAGE],
        kinds=kinds(db()),
        kind=kind,
        subject=subject,
        actor=actor,
        page_no=number,
        more=len(found) > _PAGE,
        tab="audit",
    )
