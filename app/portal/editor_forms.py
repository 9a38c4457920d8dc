"""What a form of the editor says: settings as the theme's schema takes them, and pictures on their way in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import request
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.edge import db, services
from app.pictures import keep_picture
from app.portal.editor_view import mark_of
from kit.errors import NotFound, Refusal, Refusals
from storage.jobs import Job, enqueue
from themes.pictures import available_widths, full_name
from themes.settings import Schema, Setting
from themes.writing import to_html

_LONGEST = 40_000
_NAMED = {
    "product": text("SELECT 1 FROM products p WHERE p.handle = :handle AND p.state = 'active'"),
    "collection": text("SELECT 1 FROM collections o WHERE o.handle = :handle"),
}


def sent_pictures() -> dict[str, dict[str, Any]]:
    """Check and store the pictures that came along, by the setting that each is for.

    This happens before the request's transaction begins, so that nothing waits for it. Raises Refusals
    with the sentence of each that was not accepted.
    """
    kept: dict[str, dict[str, Any]] = {}
    errors: dict[str, str] = {}
    for name, file in request.files.items():
        if not name.startswith("f-") or not file.filename:
            continue
        try:
            accepted = keep_picture(services().objects, file.read(16 << 20))
        except Refusal as refusal:
            errors[name[2:]] = refusal.message
            continue
        kept[name[2:]] = {
            "key": accepted.key, "width": accepted.width, "height": accepted.height,
            "sizes": list(available_widths(accepted.width)),
        }  # fmt: skip
    if errors:
        raise Refusals(errors)
    return kept


def given(
    schema: Schema, before: Mapping[str, Any], pictures: Mapping[str, dict[str, Any]]
) -> dict[str, Any]:
    """What the form says of each setting that it names with ``has``, and that somebody has touched."""
    named = _touched(pictures)
    return {
        setting.id: _given(setting, before.get(setting.id), pictures.get(setting.id))
        for setting in schema.settings
        if setting.id in named
    }


def _touched(pictures: Mapping[str, dict[str, Any]]) -> set[str]:
    form, found = request.form, set()
    for name in form.getlist("has"):
        was = form.get(f"was-{name}")
        said = form.get(f"alt-{name}" if f"alt-{name}" in form else f"f-{name}", "")
        sent = name in pictures or f"x-{name}" in form or f"k-{name}" in form
        if sent or was is None or mark_of(said) != was:
            found.add(name)
    return found


def typed() -> dict[str, str]:
    """What stood in the form's fields, for showing it again beside what was wrong with it."""
    return {name[2:]: value for name, value in request.form.items() if name.startswith("f-")}


def carried(pictures: Mapping[str, dict[str, Any]]) -> list[tuple[str, str]]:
    """The form's fields for sending them once more; a picture goes along as what was kept of it."""
    left_out = {"csrf_token", "version"} | {f"k-{name}" for name in pictures}
    untouched = set(request.form.getlist("has")) - _touched(pictures)
    fields = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in left_out
        and not name.startswith("was-")
        and (value if name == "has" else name.partition("-")[2]) not in untouched
    ]
    return fields + [(f"k-{name}", json.dumps(picture)) for name, picture in pictures.items()]


def refuse_unknown_goods(session: Session, schema: Schema, wanted: Mapping[str, Any]) -> None:
    """Raises Refusals for a product or a collection that there is not, by the field that names it."""
    errors = {}
    for setting in schema.settings:
        handle = wanted.get(setting.id)
        if setting.type not in _NAMED or not isinstance(handle, str) or handle == "all":
            continue
        if session.execute(_NAMED[setting.type], {"handle": handle}).first() is None:
            errors[setting.id] = f"There is no {setting.type} “{handle[:40]}”. Choose one from the list."
    if errors:
        raise Refusals(errors)


def key(name: str) -> UUID:
    """A key that the form names. Raises NotFound for what is none."""
    try:
        return UUID(request.form.get(name, ""))
    except ValueError:
        raise NotFound("There is nothing under this key.") from None


def _given(setting: Setting, before: Any, picture: dict[str, Any] | None) -> Any:
    said = request.form.get(f"f-{setting.id}", "")[:_LONGEST].replace("\r\n", "\n").strip()
    if setting.type == "image":
        return _picture(setting, before, picture)
    if setting.type == "bool":
        return bool(said)
    if setting.type == "range":
        return int(said) if said.lstrip("-").isdecimal() and len(said) < 9 else said or None
    if setting.type == "richtext":
        return to_html(said) or None
    if setting.type == "color" and said and not said.startswith("#"):
        said = f"#{said}"
    return said or None


def _picture(setting: Setting, before: Any, picture: dict[str, Any] | None) -> Any:
    if request.form.get(f"x-{setting.id}"):
        return None
    fresh = picture or _carried_picture(setting)
    if fresh:
        # Pages name the sizes at once, and get the whole picture for one until the worker has made it.
        enqueue(db(), Job("brand.sizes", {"key": fresh["key"]}))
    found = fresh or (before if isinstance(before, dict) else None)
    alt = request.form.get(f"alt-{setting.id}", (found or {}).get("alt", ""))[:300].strip()
    return {**found, "alt": alt} if found else None


def _carried_picture(setting: Setting) -> dict[str, Any] | None:
    try:
        found = json.loads(request.form.get(f"k-{setting.id}", "null")[:2000])
    except ValueError:
        return None
    if not isinstance(found, dict) or setting.judge(found)[1]:
        return None
    return found if services().objects.exists(full_name(found["key"])) else None
