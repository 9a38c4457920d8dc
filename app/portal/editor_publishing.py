"""The editor's last steps: publishing, going back to a look of before, and links that show the draft."""

from __future__ import annotations

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from app.draft_paths import LINK
from app.edge import db, services
from app.portal import editor_forms as forms
from app.portal.editor import Place, editor, place, shown
from app.portal.editor_changes import refuse, seen
from app.portal.here import by, here
from app.ui.toasts import say
from kit.errors import Refusal
from themes.draft_links import make_link, withdraw_link
from themes.drafts import read_draft
from themes.publishing import publish_draft, revert_look


@editor.post("/editor/publish")
def publish() -> Response:
    """Let shoppers see the draft that was seen."""
    at = place()
    before = read_draft(db(), **here().keys).published_look_id
    try:
        publish_draft(db(), **here().keys, seen=seen(), **by())
    except Refusal as refusal:
        return refuse(at, refusal, {})
    back = {"undo": url_for("editor.revert"), "what": str(before)} if before else {}
    say("The new look is published. Shoppers see it now.", **back)
    return redirect(at.url(), 303)


@editor.post("/editor/revert")
def revert() -> Response:
    """Let shoppers see a look of before again. A toast names it as ``what``."""
    at = place()
    try:
        look_id = forms.key("what" if request.form.get("what") else "look_id")
        revert_look(db(), **here().keys, look_id=look_id, **by())
    except Refusal as refusal:
        return refuse(at, refusal, {})
    say("The earlier look is published again. What you were working on is one step back, under Undo.")
    return redirect(at.url(), 303)


@editor.post("/editor/share")
def share() -> Response:
    """Make a link to the draft. Its address is shown once, because only its hash is kept."""
    at = Place(place().page, "", "share")
    try:
        token, _ = make_link(db(), **here().keys, **by())
    except Refusal as refusal:
        return refuse(at, refusal, {})
    hosts = here().store.hosts
    return shown(at, link=services().config.url(hosts[0], f"{LINK}/{token}/") if hosts else "")


@editor.post("/editor/withdraw")
def withdraw() -> Response:
    """Let a link open nothing from now on."""
    at = Place(place().page, "", "share")
    try:
        withdraw_link(db(), **here().keys, link_id=forms.key("link_id"), **by())
    except Refusal as refusal:
        return refuse(at, refusal, {})
    say("The link is withdrawn. It opens nothing any more.")
    return redirect(at.url(), 303)
