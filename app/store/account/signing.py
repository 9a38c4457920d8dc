"""Signing in and out, making an account, and the links that are mailed for it."""

from __future__ import annotations

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from app.edge import db, end_transaction, now, tenant
from app.signing_in import local_path
from app.store.account.shopper import (
    account_page,
    browser,
    errors_of,
    host,
    let_in,
    let_out,
    me,
    needs_account,
    session_cookie,
    shopper,
    typed,
)
from app.store.blueprint import store
from app.store.orders import order_of
from app.store.visit import host_entry, spoken, visit
from kit.errors import Refusal
from orders.accounts import changing, making, signing
from orders.accounts.links import Link, LinkSpent, ask_link, peek_link
from tenants.passwords import SHORTEST


@store.route("/account/sign-in", methods=["GET", "POST"])
def sign_in() -> Response:
    asked = request.form.get("next", "") or request.args.get("next", "")
    to = local_path(asked) if asked else url_for("store.account")
    if request.method == "GET":
        if shopper() is not None:
            return redirect(to, 303)
        return _sign_in_page(to)
    try:
        cookie = signing.sign_in(
            tenant(),
            store_id=host_entry().store_id,
            email=request.form.get("email", "")[:300],
            password=request.form.get("password", ""),
            host=host(),
            now=now(),
        )
    except Refusal as refusal:
        return _sign_in_page(to, errors_of(refusal), 422)
    return let_in(cookie, to)


def _sign_in_page(to: str, errors: dict[str, str] | None = None, status: int = 200) -> Response:
    return account_page(
        "sign_in.html", spoken("Sign in"), status, next=to, form=typed("email"), errors=errors or {}
    )


@store.post("/account/sign-out")
def sign_out() -> Response:
    token = session_cookie()
    if token:
        signing.sign_out(db(), partner_id=host_entry().partner_id, token=token)
    return let_out(redirect(url_for("store.home"), 303))


@store.route("/account/new", methods=["GET", "POST"])
def new_account() -> Response:
    if request.method == "GET":
        if shopper() is not None:
            return redirect(url_for("store.account"), 303)
        return _new_page({})
    entry = host_entry()
    try:
        email = making.ask_account(
            db(),
            partner_id=entry.partner_id,
            store_id=entry.store_id,
            email=request.form.get("email", "")[:300],
            password=request.form.get("password", ""),
            browser=browser(),
            host=host(),
            locale=visit().store.locale,
            now=now(),
        )
    except Refusal as refusal:
        return _new_page(errors_of(refusal), 422)
    return sent_page(email, spoken("Make an account"))


def _new_page(errors: dict[str, str], status: int = 200) -> Response:
    return account_page(
        "new.html", spoken("Make an account"), status, form=typed("email"), errors=errors, shortest=SHORTEST
    )


def sent_page(email: str, title: str) -> Response:
    """Say that a mail is on its way, in the same words whether or not anything is known of the address."""
    return account_page("sent.html", title, email=email)


@store.post("/order/<token>/account")
def account_from_order(token: str) -> Response:
    """Make an account from the page of an order, with one field."""
    order = order_of(token)
    try:
        cookie = making.make_from_order(
            db(),
            partner_id=order.partner_id,
            store_id=order.store_id,
            order_id=order.order_id,
            password=request.form.get("password", ""),
            browser=browser(),
            locale=visit().store.locale,
            now=now(),
        )
    except Refusal as refusal:
        return account_page(
            "from_order.html",
            spoken("Make an account"),
            422,
            errors=errors_of(refusal),
            token=token,
            email=order.email,
            shortest=SHORTEST,
        )
    return let_in(cookie, url_for("store.account"))


@store.post("/account/prove")
@needs_account
def prove_again() -> Response:
    """Mail the link once more that proves the address of an account."""
    mine = me()
    if not mine.proven:
        ask_link(
            db(),
            partner_id=mine.partner_id,
            store_id=mine.store_id,
            purpose="prove",
            email=mine.email,
            account_id=mine.account_id,
            browser=browser(),
            locale=visit().store.locale,
            now=now(),
        )
    return sent_page(mine.email, spoken("Confirm your address"))


@store.route("/account/confirm/<token>", methods=["GET", "POST"])
def confirm(token: str) -> Response:
    """Use a link that finishes an account or proves an address. Looking at it uses nothing: programs that
    check mails look at every link in them."""
    try:
        link = _peek(token, "register", "prove", "email")
        needs_password = link.browser != browser()
        if request.method == "GET":
            return _confirm_page(token, link, needs_password, {})
        if needs_password:
            end_transaction()
            making.judge_password(tenant(), link=link, password=request.form.get("password", ""))
        cookie = _use(link)
    except LinkSpent as spent:
        return _spent(spent)
    except making.HasAccount as known:
        # What was given up stays given up: the address has just proven itself.
        end_transaction()
        return let_out(_sign_in_page(url_for("store.account"), errors_of(known)))
    except Refusal as refusal:
        return _confirm_page(token, link, True, errors_of(refusal), 422)
    return let_in(cookie, url_for("store.account"))


def _use(link: Link) -> str:
    keys = {"partner_id": host_entry().partner_id}
    use = {
        "register": making.finish_account,
        "prove": making.prove_address,
        "email": changing.change_email,
    }[link.purpose]
    return use(db(), **keys, link=link, now=now())


def _confirm_page(
    token: str, link: Link, needs_password: bool, errors: dict[str, str], status: int = 200
) -> Response:
    return account_page(
        "confirm.html",
        spoken("Confirm your address"),
        status,
        token=token,
        purpose=link.purpose,
        email=link.email,
        needs_password=needs_password,
        errors=errors,
    )


@store.route("/account/forgotten", methods=["GET", "POST"])
def forgotten() -> Response:
    return ask_for_link("reset", "forgotten.html", spoken("Choose a new password"))


def ask_for_link(purpose: str, template: str, title: str) -> Response:
    """Ask for an address, and let a link of this purpose be mailed to it; the answer is the same for any."""
    if request.method == "GET":
        return account_page(template, title, form={"email": request.args.get("email", "")[:254]})
    entry = host_entry()
    try:
        email = making.clean_email(request.form.get("email", "")[:300])
        ask_link(
            db(),
            partner_id=entry.partner_id,
            store_id=entry.store_id,
            purpose=purpose,
            email=email,
            host=host(),
            locale=visit().store.locale,
            now=now(),
        )
    except Refusal as refusal:
        return account_page(template, title, 422, form=typed("email"), errors=errors_of(refusal))
    return sent_page(email, title)


@store.route("/account/reset/<token>", methods=["GET", "POST"])
def reset(token: str) -> Response:
    """Set a new password with the link that was mailed."""
    try:
        link = _peek(token, "reset")
        if request.method == "GET":
            return _reset_page(token, link, {})
        cookie = changing.set_forgotten(
            db(),
            partner_id=host_entry().partner_id,
            link=link,
            password=request.form.get("password", ""),
            now=now(),
        )
    except LinkSpent as spent:
        return _spent(spent)
    except Refusal as refusal:
        return _reset_page(token, link, errors_of(refusal), 422)
    return let_in(cookie, url_for("store.account"))


def _reset_page(token: str, link: Link, errors: dict[str, str], status: int = 200) -> Response:
    return account_page(
        "reset.html",
        spoken("Choose a new password"),
        status,
        token=token,
        email=link.email,
        errors=errors,
        shortest=SHORTEST,
    )


def _peek(token: str, *purposes: str) -> Link:
    entry = host_entry()
    return peek_link(
        db(),
        partner_id=entry.partner_id,
        store_id=entry.store_id,
        token=token[:100],
        purposes=purposes,
        now=now(),
    )


def _spent(spent: LinkSpent) -> Response:
    return account_page("spent.html", spoken("The link is over"), 410, sentence=errors_of(spent)[""])
