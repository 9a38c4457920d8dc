"""The store's look: logo, colours and what else its theme lets a partner choose."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from app.edge import db, services
from app.pictures import keep_picture, keep_sizes
from app.portal.here import by, here, page
from app.ui.toasts import say
from kit.errors import Refusal
from storage import audit
from tenants.storefront import Storefront, read_storefront
from themes.colour import palette_from_picture
from themes.looks import publish_look
from themes.registry import Theme, installed
from themes.tokens import look as work_out

look = Blueprint("look", __name__)
_COLOURS = ("brand", "brand_2", "brand_3")


@look.get("/look")
def index() -> Response:
    shown = _storefront()
    theme = installed().theme(shown.theme)
    return _page(theme, theme.schema.choose(shown.settings).values, {})


@look.post("/look")
def change() -> Response:
    """Publish what was chosen; or only take the colours from the logo and show them in the form."""
    errors: dict[str, str] = {}
    uploaded = request.files.get("logo_file")
    logo = _kept_logo()
    from_logo: list[str] = []
    if uploaded is not None and uploaded.filename:
        try:
            # Checked and stored before the request's transaction begins, so that nothing waits for it.
            data = uploaded.read(16 << 20)
            accepted = keep_picture(services().objects, data)
            sizes = keep_sizes(services().objects, accepted)
            logo = {
                "key": accepted.key,
                "width": accepted.width,
                "height": accepted.height,
                "alt": "",
                "sizes": sizes,
            }
            from_logo = palette_from_picture(accepted.data)
        except Refusal as refusal:
            errors["logo"] = refusal.message
    elif request.form.get("act") == "colours" and logo is not None:
        from_logo = palette_from_picture(services().objects.get(f"pictures/{logo['key']}.webp"))
    shown = _storefront()
    theme = installed().theme(shown.theme)
    given = _given(theme)
    if "logo" in given or logo is not None:
        given["logo"] = None if request.form.get("no_logo") else logo
    if logo is not None and given.get("logo") is not None:
        given["logo"] = {**logo, "alt": shown.name}
    if request.form.get("act") == "colours":
        if not from_logo and "logo" not in errors:
            errors["logo"] = "Choose a logo first; its colours are taken from it."
        for name, colour in zip(_COLOURS, from_logo, strict=False):
            given[name] = colour
        return _page(theme, {**theme.schema.choose({}).values, **given}, errors, 422 if errors else 200)
    chosen = theme.schema.choose(given)
    errors = {**chosen.problems, **errors}
    if errors:
        return _page(theme, {**chosen.values, **given}, errors, 422)
    _publish(shown, theme, chosen.values)
    say("The new look is published. Shoppers see it now.")
    return redirect(url_for("look.index"), 303)


def _storefront() -> Storefront:
    return read_storefront(db(), **here().keys)


def _publish(shown: Storefront, theme: Theme, values: dict[str, Any]) -> None:
    kept = {key: value for key, value in values.items() if value is not None}
    look_id = publish_look(
        db(),
        **here().keys,
        theme=theme.name,
        settings=kept,
        pages=shown.pages,
        **by(),
    )
    audit.record(
        db(),
        **by(),
        action="look.published",
        subject=f"store:{shown.store_id}",
        partner_id=shown.partner_id,
        after={"look_id": str(look_id), "theme": theme.name},
    )


def _kept_logo() -> dict[str, Any] | None:
    """The logo that the form carried along; the theme's schema judges it like anything else."""
    try:
        found = json.loads(request.form.get("logo", "null")[:2000])
    except ValueError:
        return None
    return found if isinstance(found, dict) and isinstance(found.get("key"), str) else None


def _given(theme: Theme) -> dict[str, Any]:
    """What was chosen for each setting of the theme, as its schema takes it."""
    given: dict[str, Any] = {}
    for setting in theme.schema.settings:
        if setting.type == "image":
            continue
        text = request.form.get(setting.id, "").strip()[:1000]
        if setting.type == "bool":
            given[setting.id] = bool(text)
        elif setting.type == "range":
            given[setting.id] = int(text) if text.lstrip("-").isdecimal() and len(text) < 9 else text
        else:
            given[setting.id] = text or None
    return given


def _page(theme: Theme, values: dict[str, Any], errors: dict[str, str], status: int = 200) -> Response:
    adjusted = () if errors else work_out(theme.name, values).adjustments
    return page(
        "portal/look.html",
        status=status,
        groups=theme.schema.groups,
        values=values,
        errors=errors,
        adjusted=adjusted,
        logo_json=json.dumps(values.get("logo")),
    )
