"""Partners: the list, and one partner's page with its stores, people, terms and money."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from app.console.access import may
from app.console.forms import errors_of, key, page_number, query, text
from app.console.pages import page, said
from app.edge import db, now, person, services, this_face
from app.mail.people import invitation
from kit.errors import NotFound, Refusal
from orders.cases.reading import desk_cases
from orders.desk import DeskFilter, desk_orders
from payments.ledger.balances import balances
from payments.reports import Sales, sales_by_partner
from payments.statements.reading import statements_of
from pricing.lists import price_lists
from storage import audit
from storage.database import transaction
from tenants.access import invite
from tenants.directory import GRANTS, list_partners, people_of, read_partner
from tenants.models import PORTAL_ROLES
from tenants.partners import add_hostname, set_store_state
from tenants.terms import set_grants, set_member_role, set_partner_state, set_price_list

partners = Blueprint("partners", __name__, url_prefix="/partners")
_PAGE = 50
_PERIOD = timedelta(days=30)
ROLE_WORDS = {
    "owner": "Owner: everything, also people and payouts",
    "manager": "Manager: prices, look, products",
    "support": "Support: orders and customers",
    "analyst": "Analyst: reads only",
}


def _sales() -> dict[UUID, list[Sales]]:
    found: dict[UUID, list[Sales]] = {}
    for item in sales_by_partner(db(), since=now() - _PERIOD, until=now()):
        found.setdefault(item.partner_id, []).append(item.sales)
    return found


@partners.get("/")
def index() -> Response:
    search, number = query("q"), page_number()
    found = list_partners(db(), search=search, limit=_PAGE + 1, offset=(number - 1) * _PAGE)
    return page(
        "partners.html",
        room="partners",
        title="Partners",
        partners=found[:_PAGE],
        sales=_sales(),
        search=search,
        page_no=number,
        more=len(found) > _PAGE,
    )


@partners.get("/<uuid:partner_id>")
def show(partner_id: UUID) -> Response:
    return partner_page(partner_id)


@partners.post("/<uuid:partner_id>/state")
def state(partner_id: UUID) -> Response:
    wanted = text("state")
    try:
        set_partner_state(
            db(), partner_id=partner_id, state=wanted, actor=person().email, now=now(), reason=text("reason")
        )
    except Refusal as refusal:
        return partner_page(partner_id, errors=errors_of(refusal), status=422)
    said("Paused. None of its stores sells now." if wanted == "paused" else "The partner sells again.")
    return _back(partner_id)


@partners.post("/<uuid:partner_id>/terms")
def terms(partner_id: UUID) -> Response:
    """The price list, and what the partner may see of its customers."""
    who = {"actor": person().email, "now": now()}
    own = text("grants") == "own"
    try:
        set_price_list(
            db(),
            partner_id=partner_id,
            price_list_id=key(text("price_list_id")),
            reason=text("reason"),
            **who,  # type: ignore[arg-type]
        )
        set_grants(
            db(),
            partner_id=partner_id,
            fields=request.form.getlist("customer_fields") if own else None,
            reason=text("reason"),
            **who,  # type: ignore[arg-type]
        )
    except Refusal as refusal:
        return partner_page(partner_id, errors=errors_of(refusal), status=422)
    said("Terms saved. They hold from now on.")
    return _back(partner_id, "terms")


@partners.post("/<uuid:partner_id>/stores/<uuid:store_id>/state")
def store_state(partner_id: UUID, store_id: UUID) -> Response:
    wanted = text("state")
    _own_store(partner_id, store_id)
    try:
        set_store_state(
            db(), partner_id=partner_id, store_id=store_id, state=wanted, actor=person().email, now=now()
        )
    except Refusal as refusal:
        return partner_page(partner_id, errors=errors_of(refusal), status=422)
    said(f"The store is {wanted} now.")
    return _back(partner_id, "stores")


@partners.post("/<uuid:partner_id>/stores/<uuid:store_id>/hosts")
def host(partner_id: UUID, store_id: UUID) -> Response:
    typed = text("host")
    _own_store(partner_id, store_id)
    try:
        _not_of_the_platform(typed)
        add_hostname(
            db(), partner_id=partner_id, store_id=store_id, host=typed, actor=person().email, now=now()
        )
    except Refusal as refusal:
        errors = {f"host:{store_id}": refusal.message}
        return partner_page(partner_id, errors=errors, form={f"host:{store_id}": typed}, status=422)
    said(f"The store answers on {typed.lower()} as soon as its DNS record points here.")
    return _back(partner_id, "stores")


def _own_store(partner_id: UUID, store_id: UUID) -> None:
    """Raise NotFound for a store that is not this partner's."""
    if all(store.store_id != store_id for store in read_partner(db(), partner_id=partner_id).stores):
        raise NotFound("There is no such store.")


def _not_of_the_platform(host: str) -> None:
    """Raise Refusal for an address of the platform's own, or of a store to come."""
    config = services().config
    wanted = host.lower().rstrip(".")
    if any(f".{wanted}".endswith(f".{own}") for own in (config.platform_domain, config.stores_domain)):
        raise Refusal("This address belongs to the platform. A domain of the partner's own goes here.")


@partners.post("/<uuid:partner_id>/people")
def add_person(partner_id: UUID) -> Response:
    """Invite somebody. The mail leaves after the transaction that made the invitation."""
    form = {"email": text("email"), "person_name": text("person_name"), "role": text("role")}
    at = now()
    try:
        if form["role"] not in PORTAL_ROLES:
            raise Refusal("Choose what this person may do.", field="role")
        with transaction(this_face().engine) as session:
            token = invite(
                session,
                email=form["email"],
                name=form["person_name"],
                face="portal",
                role=form["role"],
                partner_id=partner_id,
                now=at,
            )
            audit.record(
                session,
                actor=person().email,
                action="partner.invited",
                subject=f"partner:{partner_id}",
                partner_id=partner_id,
                now=at,
                after={"email": form["email"].lower(), "role": form["role"]},
            )
    except Refusal as refusal:
        return partner_page(partner_id, errors=errors_of(refusal), form=form, status=422)
    link = send_invitation(
        email=form["email"], name=form["person_name"], face="portal", token=token, partner_id=partner_id
    )
    return partner_page(partner_id, invited=(form["email"], link))


@partners.post("/<uuid:partner_id>/people/<uuid:person_id>")
def change_person(partner_id: UUID, person_id: UUID) -> Response:
    role = text("role")
    try:
        set_member_role(
            db(), partner_id=partner_id, person_id=person_id, role=role, actor=person().email, now=now()
        )
    except Refusal as refusal:
        errors = {f"role:{person_id}": refusal.message}
        return partner_page(partner_id, errors=errors, status=422)
    said("Role saved." if role else "Access taken away.")
    return _back(partner_id, "people")


def send_invitation(*, email: str, name: str, face: str, token: str, partner_id: UUID | None = None) -> str:
    """Send an invitation and return its link, so that staff can hand it over too."""
    return invitation(
        services(),
        email=email.strip().lower(),
        name=name or email,
        face=face,
        token=token,
        now=now(),
        partner_id=partner_id,
    )


def _back(partner_id: UUID, anchor: str | None = None) -> Response:
    return redirect(url_for("partners.show", partner_id=partner_id, _anchor=anchor), 303)


def partner_page(
    partner_id: UUID,
    *,
    errors: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
    invited: tuple[str, str] | None = None,
    status: int = 200,
) -> Response:
    """The page of one partner, with what was refused, or with the link of an invitation."""
    if errors:
        db().rollback()
    partner = read_partner(db(), partner_id=partner_id)
    config = services().config
    return page(
        "partner.html",
        room="partners",
        here="partners.index",
        title=partner.name,
        status=status,
        partner=partner,
        people=people_of(db(), partner_id=partner_id),
        balances=balances(db(), partner_id=partner_id, now=now()),
        sales=_sales().get(partner_id, []),
        statements=statements_of(db(), partner_id=partner_id, limit=4),
        newest=desk_orders(db(), wanted=DeskFilter(partner_id=partner_id), limit=8),
        lists=price_lists(db(), at=now()),
        grants=GRANTS,
        roles=ROLE_WORDS,
        addresses={hostname: config.url(hostname) for store in partner.stores for hostname in store.hosts},
        sees_orders=may(person().role, "orders"),
        cases=desk_cases(db(), partner_id=partner_id, limit=5) if may(person().role, "cases") else [],
        invited=invited,
        form=form or {},
        errors=errors or {},
    )
