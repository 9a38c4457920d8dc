"""The editor's changes: each a form that names what it does and the version of the draft that it saw."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from app.edge import db
from app.portal import editor_forms as forms
from app.portal.editor import Place, Refused, editor, place, shown, wants_part
from app.portal.editor_view import Answers, logo_colours
from app.portal.here import by, here
from app.ui.toasts import say
from kit.errors import NotFound, Refusal, Refusals
from themes import draft_changes as changes
from themes.content import Content, theme_of
from themes.contrast import readability
from themes.draft_changes import Change, Maker
from themes.drafts import DraftChanged, change_draft, read_draft, step_back, step_forward
from themes.publishing import published_look
from themes.tokens import look

_Pictures = dict[str, dict[str, Any]]


def seen() -> int:
    """The version of the draft that the form was made from."""
    given = request.form.get("version", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 12 else -1


@editor.post("/editor")
def change() -> Response:
    """Make one change, and come back to the same place."""
    at = place()
    pictures: _Pictures = {}
    try:
        pictures = forms.sent_pictures()
        made = change_draft(db(), **here().keys, seen=seen(), make=_maker(at, pictures), **by())
    except (Refusal, Refusals) as refusal:
        return refuse(at, refusal, pictures)
    if request.form.get("act") == "remove":
        say(f"{made.words}.", undo=url_for("editor.undo"), what=str(seen() + 1))
    if made.section_id and made.section_id != at.section:
        at = Place(at.page, made.section_id, "")
    return done(at)


@editor.post("/editor/fix")
def fix() -> Response:
    """Take the nearest colour that can be read in place of one that cannot."""
    at = place()
    try:
        make = partial(_fix, at=at, key=request.form.get("key", ""))
        change_draft(db(), **here().keys, seen=seen(), make=make, **by())
    except (Refusal, Refusals) as refusal:
        return refuse(at, refusal, {})
    return done(at)


@editor.post("/editor/undo")
def undo() -> Response:
    """Undo the newest change. A toast names the version that it saw as ``what``."""
    return _stepped(step_back)


@editor.post("/editor/redo")
def redo() -> Response:
    return _stepped(step_forward)


def _stepped(step: Callable[..., str]) -> Response:
    what = request.form.get("what", "")
    version = int(what) if what.isascii() and what.isdigit() and len(what) < 12 else seen()
    at = place()
    try:
        words = step(db(), **here().keys, seen=version, **by())
    except (Refusal, Refusals) as refusal:
        return refuse(at, refusal, {})
    if not wants_part():
        say(f"{'Undone' if step is step_back else 'Done again'}: {words}.")
    return done(at)


def done(at: Place) -> Response:
    """Come back: the editor itself for its script, and the address for everybody else."""
    if wants_part():
        # What stands in the form goes along, so that a field can say what was taken out of it.
        return shown(at, Refused(answers=Answers(forms.typed()), status=200))
    return redirect(at.url(), 303)


def refuse(at: Place, refusal: Refusal, pictures: _Pictures) -> Response:
    """Show the editor with what was refused, and why; nothing that was typed is lost."""
    if isinstance(refusal, DraftChanged):
        again = tuple(forms.carried(pictures)) if request.endpoint == "editor.change" else ()
        refused = Refused(refusal.message, Answers(), refusal, again, 409)
        return shown(at, refused, draft=refusal.draft)
    errors = refusal.errors if isinstance(refusal, Refusals) else {}
    sentence = "" if errors else refusal.message
    if not errors and refusal.field:
        errors = {refusal.field: refusal.message}
    status = 404 if isinstance(refusal, NotFound) else 422
    return shown(at, Refused(sentence, Answers(forms.typed(), errors), status=status))


def _maker(at: Place, pictures: _Pictures) -> Maker:
    """The change that the form asks for. Raises NotFound for one that there is not."""
    form = request.form
    act = form.get("act", "")
    section = form.get("section", at.section)[:40]
    of_section: dict[str, Maker] = {
        "up": partial(changes.shift_section, page=at.page, section_id=section, by=-1),
        "down": partial(changes.shift_section, page=at.page, section_id=section, by=1),
        "place": partial(changes.move_section, page=at.page, section_id=section, to=_number("to")),
        "hide": partial(changes.hide_section, page=at.page, section_id=section, hidden=True),
        "show": partial(changes.hide_section, page=at.page, section_id=section, hidden=False),
        "duplicate": partial(changes.duplicate_section, page=at.page, section_id=section),
        "remove": partial(changes.remove_section, page=at.page, section_id=section),
        "add": partial(changes.add_section, page=at.page, kind=form.get("kind", "")[:80], after=at.section),
        "set": partial(_set, at=at, pictures=pictures),
        "colours": _take_colours,
        "preset": partial(
            changes.take_preset, theme_name=form.get("theme", "")[:80], preset_id=form.get("preset", "")[:80]
        ),
        "forget": partial(changes.forget_setting, key=form.get("key", "")[:200]),
        "discard": _discard,
        "take": _take_version,
    }
    if act not in of_section:
        raise NotFound("The editor has no such change.")
    return of_section[act]


def _set(content: Content, at: Place, pictures: _Pictures) -> Change:
    if at.section:
        section = content.section(at.page, at.section)
        schema = theme_of(content).sections.get(section["type"])
        wanted = forms.given(schema, section["settings"], pictures) if schema else {}
        if schema is not None:
            forms.refuse_unknown_goods(db(), schema, wanted)
        return changes.set_section(content, at.page, at.section, wanted)
    schema = theme_of(content).schema
    wanted = forms.given(schema, content.settings, pictures)
    if isinstance(wanted.get("logo"), dict) and not wanted["logo"].get("alt"):
        wanted["logo"]["alt"] = here().store.name
    forms.refuse_unknown_goods(db(), schema, wanted)
    return changes.set_look(content, wanted)


def _fix(content: Content, at: Place, key: str) -> Change:
    """Take the nearest colour that can be read."""
    theme = theme_of(content)
    schema, values = theme.schema, content.settings
    if at.section:
        section = content.section(at.page, at.section)
        schema, values = theme.sections[section["type"]], section["settings"]
    setting = next((each for each in schema.settings if each.id == key), None)
    colour = schema.choose(dict(values)).values.get(key)
    judged = readability(look(theme.name, content.settings), setting, colour) if setting else None
    if judged is None:
        raise NotFound("There is no such colour.")
    if at.section:
        return changes.set_section(content, at.page, at.section, {key: judged.nearest})
    return changes.set_look(content, {key: judged.nearest})


def _take_colours(content: Content) -> Change:
    return changes.take_colours(content, list(logo_colours(content)))


def _discard(content: Content) -> Change:
    published = read_draft(db(), **here().keys).published
    return changes.become(published, mark="discard", words="Draft discarded")(content)


def _take_version(content: Content) -> Change:
    earlier = published_look(db(), **here().keys, look_id=forms.key("look_id"))
    return changes.become(earlier, mark="take", words="An earlier look taken up")(content)


def _number(name: str) -> int:
    given = request.form.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 6 else 0
