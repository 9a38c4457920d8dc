"""One Jinja environment for the pages of every store, whatever its theme."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from gettext import NullTranslations
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_currency, get_currency_symbol
from flask import g, has_request_context, request, url_for
from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound
from markupsafe import Markup, escape

from app.assets import asset_url, token_sheet_url
from app.languages import known_locale, language_of, translations
from app.store.icons import icon
from app.store.language import chosen_language, speeches
from app.store.options import option_groups
from app.store.picture_html import as_picture, picture, picture_url, preload
from app.store.said import said
from app.store.structured import breadcrumb_data, product_data
from app.store.theme_failures import theme_failed
from kit.money import Money
from tenants.storefront import Storefront
from themes.brand import brand_hash, drawable
from themes.registry import Registry, installed
from themes.tokens import Look, look

CSRF_PLACEHOLDER = "%%csrf%%"
BAG_PLACEHOLDER = "%%bag%%"


@dataclass(frozen=True, slots=True)
class _Page:
    """What the globals need to know about the page that is being rendered. ``brand`` is the hash under which
    the store's icons and card are found."""

    store: Storefront
    look: Look
    brand: str
    locale: str
    translations: NullTranslations


# Macros that are imported without context are compiled once and shared between stores, so what
# differs from store to store reaches them through this variable and not through their closure.
_page: ContextVar[_Page] = ContextVar("page")


class ThemeLoader(BaseLoader):
    """Loads ``theme@version/path``; a theme's missing template comes from its nearest ancestor."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        path = self._registry.resolve(template)
        if path is None:
            raise TemplateNotFound(template)
        changed = path.stat().st_mtime_ns
        return path.read_text(encoding="utf-8"), str(path), lambda: _unchanged(path, changed)


class ThemeEnvironment(Environment):
    """Names inside a template are relative to the theme that was asked for, not to where it was found."""

    def join_path(self, template: str, parent: str) -> str:
        if "@" in template.partition("/")[0]:
            return template
        return f"{parent.partition('/')[0]}/{template}"


class Renderer:
    """Renders store pages and mails. One for each process; it holds every compiled template.

    ``core_instead`` lets the core's templates show a page whose theme fails.
    """

    def __init__(self, registry: Registry | None = None, *, core_instead: bool = True) -> None:
        self._registry = registry or installed()
        self._core_instead = core_instead
        self.environment = ThemeEnvironment(
            loader=ThemeLoader(self._registry),
            autoescape=lambda name: name is None or not name.endswith(".txt"),
            undefined=StrictUndefined,
            auto_reload=False,
            cache_size=1000,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.environment.globals.update(
            _=_gettext,
            ngettext=_ngettext,
            url_for=address_of,
            money=money,
            day=day,
            moment=moment,
            country=country,
            picture=picture,
            picture_url=picture_url,
            as_picture=as_picture,
            preload=preload,
            icon=icon,
            swatch=swatch,
            option_groups=option_groups,
            product_data=product_data,
            breadcrumb_data=breadcrumb_data,
            asset=_asset,
            brand_url=brand_url,
            csrf_field=csrf_field,
            bag_count=bag_count,
            speeches=speeches,
            said=lambda sentence: said(sentence, _page.get().translations),
        )

    def render(self, storefront: Storefront, template: str, **context: Any) -> str:
        """Return a page of a store. ``template`` is a path in its theme, such as ``home.html``.

        A page whose theme fails is shown by the core's templates in the theme's colours, and the company is
        told why.
        Raises UnknownTheme, TemplateNotFound, and UndefinedError where the context lacks a name.
        """
        shown = look(storefront.theme, storefront.settings, self._registry)
        path = template if "/" in template else f"templates/{template}"
        context |= {
            "store": storefront,
            "look": shown,
            "settings": shown.settings,
            "text_direction": _direction(storefront.locale),
            "language": language_of(storefront.locale),
            "chosen_language": chosen_language(),
            "theme_css_url": token_sheet_url(shown),
        }
        core = shown.theme.chain[-1][0]
        page = _Page(
            storefront,
            shown,
            brand_hash(shown, name=storefront.name, tagline=storefront.tagline),
            known_locale(storefront.locale),
            translations(language_of(storefront.locale)),
        )
        token = _page.set(page)
        try:
            try:
                return self.environment.get_template(f"{shown.theme.name}/{path}").render(context)
            except Exception as error:
                if shown.theme.name == core or not self._core_instead:
                    raise
                # A theme's fault is its author's, and no shopper's: the core's templates take its place.
                theme_failed(shown.theme.name, path, error)
                return self.environment.get_template(f"{core}/{path}").render(context)
        finally:
            _page.reset(token)


@lru_cache(maxsize=1)
def renderer() -> Renderer:
    """Return the process's renderer."""
    return Renderer()


def render(storefront: Storefront, template: str, **context: Any) -> str:
    """Render with the process's renderer."""
    return renderer().render(storefront, template, **context)


def _gettext(text: str, **values: Any) -> str:
    """A text in the page's language. The translations were looked up once for the page, not for each."""
    translated = _page.get().translations.gettext(text)
    return translated % values if values else translated


def _ngettext(singular: str, plural: str, num: int, **values: Any) -> str:
    """The same for a text that depends on a number, which it may name as ``num``."""
    translated = _page.get().translations.ngettext(singular, plural, num)
    return translated % {"num": num, **values}


def address_of(endpoint: str, **values: Any) -> str:
    """Where one of a store's pages is; within a draft, under the draft's path."""
    if request.script_root:
        return url_for(endpoint, **values)
    return _address_of(endpoint, tuple(values.items()))


def money(amount: Money) -> str:
    """An amount in the store's locale, with its currency."""
    return _format_money(amount.minor, amount.currency, amount, _page.get().locale)


def day(value: date) -> str:
    """A date, or that of a moment, in the store's locale."""
    shown = value.date() if isinstance(value, datetime) else value
    return str(format_date(shown, format="long", locale=_page.get().locale))


def moment(value: datetime) -> str:
    """A date with its time of day, in the store's locale."""
    return f"{day(value)}, {format_time(value, format='short', locale=_page.get().locale)}"


def country(code: str) -> str:
    """A country's name in the store's language; the code itself where it has none."""
    return str(Locale.parse(_page.get().locale).territories.get(code, code))


def csrf_field() -> Markup:
    """The hidden field that every form which changes something carries.

    Its value is ``g.csrf_token`` where a view has set one; else a placeholder that the edge replaces,
    so that a page can be answered from memory.
    """
    token = g.get("csrf_token") if has_request_context() else None
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(token or CSRF_PLACEHOLDER)


def bag_count() -> str:
    """How many units are in the bag: ``g.bag_count``, or a placeholder that the edge replaces."""
    count = g.get("bag_count") if has_request_context() else None
    return BAG_PLACEHOLDER if count is None else str(count)


@lru_cache(maxsize=1024)
def swatch(colour: str, size: int = 14) -> Markup:
    """A dot of a colour as SVG, since the content security policy allows no style attributes."""
    half = size / 2
    return Markup(
        '<svg class="dot" width="{s}" height="{s}" viewBox="0 0 {s} {s}" aria-hidden="true">'
        '<circle cx="{h}" cy="{h}" r="{r}" fill="{c}" stroke="#000" stroke-opacity=".2"/></svg>'
    ).format(s=size, h=half, r=half - 0.5, c=escape(colour))


def brand_url(name: str) -> str:
    """The address of one of the pictures that stand for the store; empty for a card that cannot be drawn."""
    page = _page.get()
    if name == "card" and not drawable(page.store.name):
        return ""
    return f"/_brand/{page.brand}/{name}.png"


def _asset(path: str) -> str:
    return asset_url(_page.get().look.theme, path)


@lru_cache(maxsize=8192)
def _format_money(minor: int, currency: str, amount: Money, locale: str) -> str:
    text = str(format_currency(amount.decimal, currency, locale=locale))
    if _direction(locale) == "rtl":
        # Without marks of its own the sign of "US$" would wander off to the left of its letters.
        symbol = get_currency_symbol(currency, locale=locale)
        text = text.replace(symbol, f"\u2066{symbol}\u2069")
    return text


@lru_cache(maxsize=8192)
def _address_of(endpoint: str, values: tuple[tuple[str, Any], ...]) -> str:
    # The same on every host, as no address of a store's page names one.
    return url_for(endpoint, **dict(values))


@lru_cache(maxsize=64)
def _direction(name: str) -> str:
    return str(Locale.parse(known_locale(name)).text_direction)


def _unchanged(path: Path, changed: int) -> bool:
    try:
        return path.stat().st_mtime_ns == changed
    except OSError:
        return False
