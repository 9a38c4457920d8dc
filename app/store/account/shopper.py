"""Who is signed in to a store, found by a cookie of its own; and how account pages are answered."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from urllib.parse import quote

from flask import g, redirect, request, url_for
from werkzeug.wrappers import Response

from app.edge import db, now, set_cookie, this_face, visitor_token
from app.store.browse import fill
from app.store.rendering import render
from app.store.visit import heard, host_entry, primary_url, visit
from kit.errors import Refusal, Refusals
from kit.ids import token_hash
from orders.accounts.signing import SESSION_LIFE, Shopper, who


def session_cookie() -> str:
    """The cookie of the browser's session; empty where it has none, or one that cannot be ours."""
    given = request.cookies.get(this_face().session_cookie, "")
    return given if 40 <= len(given) <= 60 and given.isascii() else ""


def shopper() -> Shopper | None:
    """Who is signed in to this store. Without a cookie nothing is asked of the database."""
    if "shopper" not in g:
        token, entry = session_cookie(), host_entry()
        g.shopper = None
        if token:
            g.shopper = who(
                db(), partner_id=entry.partner_id, store_id=entry.store_id, token=token, now=now()
            )
    return cast("Shopper | None", g.shopper)


def needs_account(view: Callable[..., Response]) -> Callable[..., Response]:
    """Let a view be reached by who is signed in; the others sign in first, and come back to it."""

    @wraps(view)
    def guarded(*args: Any, **values: Any) -> Response:
        if shopper() is None:
            back = request.full_path.rstrip("?") if request.method == "GET" else url_for("store.account")
            return redirect(f"{url_for('store.sign_in')}?next={quote(back, safe='/')}", 303)
        return view(*args, **values)

    return guarded


def me() -> Shopper:
    """Who is signed in, in a view that needs it."""
    found = shopper()
    if found is None:
        raise RuntimeError("a view that needs an account let somebody in without one")
    return found


def browser() -> bytes:
    """What a link remembers of the browser that asked for it."""
    return token_hash(visitor_token())


def host() -> str:
    """The network address that asks."""
    return request.remote_addr or ""


def let_in(cookie: str, to: str) -> Response:
    """Answer somebody who has signed in."""
    response = redirect(to, 303)
    set_cookie(response, this_face().session_cookie, cookie, days=SESSION_LIFE.days)
    return response


def let_out(response: Response) -> Response:
    """Take the cookie of the session back."""
    response.delete_cookie(this_face().session_cookie, path="/")
    return response


def account_page(template: str, title: str, status: int = 200, **context: Any) -> Response:
    """Answer with a page of the core's that is somebody's own. Its address may be a key, so it is told to
    nobody who is linked from it."""
    here = visit()
    html = render(
        here.store,
        f"templates/account/{template}",
        page_title=f"{title} – {here.store.name}",
        canonical_url="",
        base_url=primary_url(""),
        **{"errors": {}, "form": {}, "shopper": shopper(), **context},
    )
    response = Response(fill(html), status, content_type="text/html; charset=utf-8")
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def errors_of(refusal: Refusal) -> dict[str, str]:
    """What was refused, by field, in the language of the page."""
    found = refusal.errors if isinstance(refusal, Refusals) else {refusal.field: refusal.message}
    return {field: heard(sentence) for field, sentence in found.items()}


def typed(*names: str) -> dict[str, str]:
    """What stands in the fields of a form; never a password."""
    return {name: request.form.get(name, "").strip()[:300] for name in names}
