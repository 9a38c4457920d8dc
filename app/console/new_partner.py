"""Setting up a partner with its first store, and inviting its owner."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from babel import Locale
from flask import request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.console.forms import errors_of, gather, key, read_percent, text
from app.console.pages import page
from app.console.partners import partners, send_invitation
from app.edge import db, now, person, services, this_face
from app.onboarding import FirstLook, open_store
from kit.errors import Refusal, Refusals
from pricing.lists import price_lists
from storage.database import transaction
from tenants.access import invite
from tenants.company import read_company
from tenants.partners import NewStore, check_slug, create_partner
from themes.registry import installed

_FIELDS = (
    "name",
    "store_name",
    "slug",
    "currency",
    "country",
    "locale",
    "price_list_id",
    "markup",
    "look",
    "email",
    "owner_name",
    "support_email",
)
LOCALES = (
    "en_US",
    "en_GB",
    "en_CA",
    "en_AU",
    "de_DE",
    "de_AT",
    "de_CH",
    "fr_FR",
    "es_ES",
    "it_IT",
    "nl_NL",
    "pl_PL",
    "sv_SE",
    "da_DK",
    "pt_BR",
    "ja_JP",
    "ar_AE",
)


@dataclass(frozen=True, slots=True)
class LookChoice:
    """A preset of a theme that a store can open with."""

    id: str
    label: str
    theme: str


@partners.get("/new")
def new() -> Response:
    company = read_company(db())
    form = {"currency": company.currencies[0], "locale": "en_US", "country": "US", "markup": "80"}
    return _form(form, {})


@partners.post("/new")
def create() -> Response:
    form = {name: text(name) for name in _FIELDS} | {"tax_inclusive": text("tax_inclusive")}
    form["slug"] = form["slug"].lower()
    domain = services().config.stores_domain
    if text("act") == "check":
        try:
            check_slug(db(), slug=form["slug"], stores_domain=domain)
        except Refusal as refusal:
            return _form(form, {"slug": refusal.message}, 422)
        return _form(form, {}, slug_is_free=True)
    try:
        markup = _judge(form)
        with transaction(this_face().engine) as session:
            partner_id, token = _set_up(session, form, markup)
    except Refusal as refusal:
        renamed = {"value": "markup", "host": "slug"}
        errors = {renamed.get(name, name): said for name, said in errors_of(refusal).items()}
        return _form(form, errors, 422)
    link = send_invitation(
        email=form["email"], name=form["owner_name"], face="portal", token=token, partner_id=partner_id
    )
    return page(
        "partner_created.html",
        room="partners",
        here="partners.index",
        title=f"{form['name']} is set up",
        form=form,
        link=link,
        partner_url=url_for("partners.show", partner_id=partner_id),
        store_url=services().config.url(f"{form['slug']}.{domain}"),
    )


def _judge(form: dict[str, str]) -> int:
    """The markup in basis points. Raises Refusals with everything that is missing or malformed."""
    errors: dict[str, str] = {}
    company = read_company(db())
    needed = {
        "name": "Enter the partner's name.",
        "store_name": "Enter the store's name.",
        "slug": "Enter the store's address.",
        "email": "Enter the owner's e-mail address.",
    }
    errors |= {name: sentence for name, sentence in needed.items() if not form[name]}
    if form["currency"] not in company.currencies:
        errors["currency"] = f"Choose one of: {', '.join(company.currencies)}."
    if form["country"] not in Locale("en").territories or len(form["country"]) != 2:
        errors["country"] = "Choose a country."
    if form["locale"] not in LOCALES:
        errors["locale"] = "Choose a language."
    if form["look"] not in {look.id for look in looks()}:
        errors["look"] = "Choose a look."
    if not form["price_list_id"]:
        errors["price_list_id"] = "Choose a price list."
    markup = 0
    try:
        markup = read_percent(form["markup"], field="markup")
        if not 0 <= markup <= 100_000:
            raise Refusal("A markup is 0 to 1000 % of wholesale.", field="markup")
    except Refusal as refusal:
        gather(errors, refusal)
    if errors:
        raise Refusals(errors)
    return markup


def _set_up(session: Session, form: dict[str, str], markup: int) -> tuple[UUID, str]:
    actor, at = person().email, now()
    theme_name, _, preset_id = form["look"].partition("/")
    theme = installed().theme(theme_name)
    preset = theme.preset(preset_id)
    partner_id = create_partner(
        session, name=form["name"], price_list_id=key(form["price_list_id"]), actor=actor, now=at
    )
    open_store(
        session,
        partner_id=partner_id,
        store=NewStore(
            slug=form["slug"],
            name=form["store_name"],
            currency=form["currency"],
            country=form["country"],
            locale=form["locale"],
            tax_inclusive=bool(form["tax_inclusive"]),
            support_email=form["support_email"] or form["email"],
        ),
        look=FirstLook(theme.name, preset.settings, dict(preset.pages)),
        markup_bps=markup,
        rounding="none",
        stores_domain=services().config.stores_domain,
        actor=actor,
        now=at,
    )
    token = invite(
        session,
        email=form["email"],
        name=form["owner_name"] or form["name"],
        face="portal",
        role="owner",
        partner_id=partner_id,
        now=at,
    )
    return partner_id, token


def looks() -> list[LookChoice]:
    """Every preset of every installed theme that a store can open with."""
    return [
        LookChoice(f"{theme.name}/{preset.id}", preset.label, theme.label)
        for theme in installed().themes
        for preset in theme.presets
    ]


def _form(
    form: dict[str, str], errors: dict[str, str], status: int = 200, *, slug_is_free: bool = False
) -> Response:
    territories = Locale("en").territories
    countries = [(code, str(name)) for code, name in territories.items() if len(code) == 2 and code.isalpha()]
    lists = price_lists(db(), at=now())
    form.setdefault("price_list_id", str(lists[0].price_list_id) if lists else "")
    choices = looks()
    form.setdefault("look", choices[0].id if choices else "")
    return page(
        "partner_new.html",
        room="partners",
        here="partners.index",
        title="New partner",
        status=status,
        form=form,
        errors=errors,
        slug_is_free=slug_is_free,
        stores_domain=services().config.stores_domain,
        currencies=read_company(db()).currencies,
        countries=sorted(
            (pair for pair in countries if pair[0] not in ("EU", "EZ", "QO", "UN", "XA", "XB", "ZZ")),
            key=lambda pair: pair[1],
        ),
        locales=[(code, Locale.parse(code).get_display_name("en") or code) for code in LOCALES],
        lists=lists,
        looks=choices,
        posted=request.method == "POST",
    )
