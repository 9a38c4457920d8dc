"""One way to make a page: a Jinja environment that knows the shared layout and parts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.support import NullTranslations, Translations
from flask import Flask, Response, url_for
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from app.assets import static_url
from app.edge import Face, csrf_token
from app.store.picture_html import picture, picture_url
from app.ui import formats
from app.ui.icons import awning, icon
from app.ui.toasts import toasts
from kit.money import Money

_TEMPLATES = Path(__file__).parent / "templates"
_TRANSLATIONS = Path(__file__).parents[1] / "translations"


def environment(folder: Path, **more: Any) -> Environment:
    """Make a face's environment: its own templates in ``folder``, the shared ones under ``ui/``.

    ``more`` adds globals. A name that a template uses and nobody gave is an error.
    """
    made = Environment(
        loader=FileSystemLoader([folder, _TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    # The extension lets templates pass variables to a translated sentence, and escapes them.
    made.install_gettext_callables(_gettext, _ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.globals.update(
        url_for=url_for,
        static_url=static_url,
        csrf_field=csrf_field,
        csrf_token=csrf_token,
        toasts=toasts,
        icon=icon,
        awning=awning,
        picture=picture,
        picture_url=picture_url,
        money=formats.money,
        money_parts=formats.money_parts,
        plain_money=formats.plain_money,
        iso_money=formats.iso_money,
        currency_sign=formats.currency_sign,
        currency_name=formats.currency_name,
        country_name=formats.country_name,
        number=formats.number,
        percent=formats.percent,
        day=formats.day,
        clock_time=formats.clock_time,
        day_and_time=formats.day_and_time,
        when=formats.when,
        reader_locale=formats.reader_locale,
        Money=Money,
        **more,
    )
    return made


def prepare(app: Flask) -> None:
    """Let a face's application remember a sentence from one page to the next, in a cookie of its own."""
    face: Face = app.extensions["awning.face"]
    secure = face.services.config.secure_cookies
    app.config.update(
        SESSION_COOKIE_NAME=f"{'__Host-' if secure else ''}awning-said-{face.name}",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
    )


def answer(made: Environment, template: str, context: Mapping[str, Any], status: int = 200) -> Response:
    """Render a template as an answer."""
    html = made.get_template(template).render(context)
    return Response(html, status, content_type="text/html; charset=utf-8")


def csrf_field() -> Markup:
    """The hidden field that every form which changes something carries."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(csrf_token())


@lru_cache(maxsize=32)
def _catalogue(locale: str) -> NullTranslations:
    return Translations.load(_TRANSLATIONS, [locale])


def _gettext(message: str) -> str:
    return str(_catalogue(formats.reader_locale()).gettext(message))


def _ngettext(one: str, many: str, count: int) -> str:
    return str(_catalogue(formats.reader_locale()).ngettext(one, many, count))
