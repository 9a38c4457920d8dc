"""The newsletter in the store: asking for it, confirming by mail, leaving with one click."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlsplit
from uuid import UUID

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from app.edge import db, now, services, signed_elsewhere
from app.store.blueprint import store
from app.store.browse import closed_page, fill
from app.store.links import read_confirm_token, read_leave_token
from app.store.rendering import render
from app.store.visit import heard, host_entry, primary_url, spoken, visit
from kit.errors import NotFound, Refusal
from orders.newsletter.asking import LINK_LIFE, ask, confirm, leave
from orders.newsletter.reading import read_addressee
from tenants.attempts import attempt_key, count_attempt, exhausted

# Within a quarter of an hour, from one network address.
_MOST_FROM_ONE_PLACE = 20


def consent() -> str:
    """What somebody agrees to, in the words that stand under the field. They are kept with the consent."""
    return spoken(
        "News of %(store)s by e-mail. You confirm it first, and can leave with one click in each mail.",
        store=visit().store.name,
    )


@store.route("/newsletter", methods=["GET", "POST"])
def newsletter() -> Response:
    """The form on a page of its own, also where what was typed elsewhere needs another look.

    The answer is the same whether the address is known or not: it tells nobody who reads this store's news.
    """
    if (closed := closed_page()) is not None:
        return closed
    if request.method == "GET":
        return _page("form")
    typed = request.form.get("email", "")[:300]
    here = host_entry()
    place = attempt_key("newsletter", f"{here.store_id}:{request.remote_addr or ''}")
    try:
        if not exhausted(db(), {place: _MOST_FROM_ONE_PLACE}, now()):
            count_attempt(db(), (place,), now())
            ask(
                db(),
                partner_id=here.partner_id,
                store_id=here.store_id,
                email=typed,
                words=consent(),
                page=_page_of(),
                locale=visit().store.locale,
                now=now(),
            )
    except Refusal as refusal:
        return _page("form", 422, typed=typed, error=heard(refusal.message))
    return redirect(url_for("store.newsletter_asked"), 303)


@store.get("/newsletter/asked")
def newsletter_asked() -> Response:
    return _page("asked")


@store.route("/newsletter/confirm/<token>", methods=["GET", "POST"])
def confirm_newsletter(token: str) -> Response:
    """Confirm with a button: programs that look into mails follow links, and press no buttons."""
    named = read_confirm_token(services().config.secret, token)
    here = host_entry()
    if named is None or named[0] != here.partner_id:
        abort(404)
    _, subscriber_id, at = named
    if now() > at + LINK_LIFE:
        return _page("spent", 410)
    if request.method == "GET":
        return _page("confirm")
    confirmed = confirm(
        db(), partner_id=here.partner_id, store_id=here.store_id, subscriber_id=subscriber_id, now=now()
    )
    return _page("confirmed") if confirmed else _page("spent", 410)


@store.get("/newsletter/leave/<token>")
def leaving_newsletter(token: str) -> Response:
    _subscriber_of(token)
    return _page("leave")


@store.post("/newsletter/leave/<token>")
@signed_elsewhere
def leave_newsletter(token: str) -> Response:
    """Leave, from the page's button or from the mail program itself, which carries no token of a form."""
    here = host_entry()
    subscriber_id = _subscriber_of(token)
    leave(db(), partner_id=here.partner_id, store_id=here.store_id, subscriber_id=subscriber_id, now=now())
    return _page("left")


def _subscriber_of(token: str) -> UUID:
    """Whose link it is. 404 for one of another store; whoever is forgotten already has left."""
    named = read_leave_token(services().config.secret, token)
    if named is None or named[0] != host_entry().partner_id:
        abort(404)
    with suppress(NotFound):
        reader = read_addressee(db(), partner_id=named[0], subscriber_id=named[1])
        if reader.store_id != host_entry().store_id:
            abort(404)
    return named[1]


def _page_of() -> str:
    """The path of the page that the form stood on; this page's own where the browser does not say."""
    came_from = urlsplit(request.referrer or "")
    return came_from.path[:200] if came_from.netloc == request.host and came_from.path else request.path


def _page(step: str, status: int = 200, *, typed: str = "", error: str = "") -> Response:
    titles = {
        "form": spoken("News by e-mail"),
        "asked": spoken("Look into your mail"),
        "confirm": spoken("One more click"),
        "confirmed": spoken("You are in"),
        "leave": spoken("Leave the newsletter"),
        "left": spoken("You have left"),
        "spent": spoken("This link no longer works"),
    }
    html = render(
        visit().store,
        "newsletter.html",
        page_title=f"{titles[step]} – {visit().store.name}",
        canonical_url="",
        base_url=primary_url(""),
        step=step,
        heading=titles[step],
        typed=typed,
        error=error,
        here_url=request.path,
    )
    response = Response(fill(html), status, content_type="text/html; charset=utf-8")
    # The address may be a key, so it is not told to whoever is linked from here. A form says its page.
    if step != "form":
        response.headers["Referrer-Policy"] = "no-referrer"
    return response
