"""What is kept about somebody: seen, downloaded, deleted; from an account, or with a link that was mailed."""

from __future__ import annotations

import json
from uuid import UUID

from flask import Response as FlaskResponse
from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from app.edge import db, end_transaction, now, tenant
from app.keepers import KEEPERS
from app.store.account.shopper import (
    account_page,
    errors_of,
    host,
    let_out,
    me,
    needs_account,
)
from app.store.account.signing import ask_for_link
from app.store.bag_count import remember_count
from app.store.blueprint import store
from app.store.visit import cart_id, host_entry, spoken, visit
from kit.errors import Refusal
from orders.accounts.closing import remove_accounts
from orders.accounts.links import Link, LinkSpent, peek_link, spend_link
from orders.accounts.signing import confirm_password
from orders.accounts.whose import whose_account, whose_address
from orders.keepers import Whose
from payments.personal.erasing import Erased, erase_shopper, what_would_be_erased
from payments.personal.giving import as_text, give_all
from tenants.company import read_company

_KINDS = {"json": "application/json", "txt": "text/plain; charset=utf-8"}


@store.get("/account/data")
@needs_account
def my_data() -> Response:
    return _page(whose_account(me()))


@store.get("/account/data/my-data.<any(json, txt):kind>")
@needs_account
def my_data_file(kind: str) -> Response:
    return _file(whose_account(me()), kind)


@store.post("/account/data")
@needs_account
def delete_my_data() -> Response:
    """Delete the account, and with it all that is kept of its address once that is proven."""
    mine = me()
    end_transaction()
    try:
        confirm_password(tenant(), shopper=mine, password=request.form.get("now", ""), host=host(), now=now())
    except Refusal as refusal:
        return _page(whose_account(mine), errors=errors_of(refusal), status=422)
    if not mine.proven:
        # Whoever made it may not be who the address belongs to: nothing but the account is theirs to delete.
        remove_accounts(db(), partner_id=mine.partner_id, account_ids=[mine.account_id])
        return let_out(_done(Erased((), ()), account_only=True))
    return _erase(whose_account(mine))


@store.route("/account/data/ask", methods=["GET", "POST"])
def ask_data() -> Response:
    """Ask for a link to what is kept, without an account."""
    return ask_for_link("data", "ask_data.html", spoken("What is kept about you"))


@store.route("/account/data/link/<token>", methods=["GET", "POST"])
def data_by_link(token: str) -> Response:
    """What is kept of the address that the link was mailed to, and deleting it."""
    try:
        link = _peek(token)
        if request.method == "GET":
            return _page(_of(link), token=token)
        spend_link(db(), partner_id=host_entry().partner_id, link=link, now=now())
    except LinkSpent as spent:
        return account_page("spent.html", spoken("The link is over"), 410, sentence=errors_of(spent)[""])
    return _erase(_of(link))


@store.get("/account/data/link/<token>/my-data.<any(json, txt):kind>")
def data_file_by_link(token: str, kind: str) -> Response:
    try:
        return _file(_of(_peek(token)), kind)
    except LinkSpent:
        return redirect(url_for("store.data_by_link", token=token), 303)


def _peek(token: str) -> Link:
    entry = host_entry()
    return peek_link(
        db(),
        partner_id=entry.partner_id,
        store_id=entry.store_id,
        token=token[:100],
        purposes=("data",),
        now=now(),
    )


def _of(link: Link) -> Whose:
    return whose_address(db(), partner_id=host_entry().partner_id, store_id=link.store_id, email=link.email)


def _page(
    whose: Whose, *, token: str = "", errors: dict[str, str] | None = None, status: int = 200
) -> Response:
    proven = whose.order_id is None
    return account_page(
        "data.html",
        spoken("Your data"),
        status,
        email=whose.email,
        token=token,
        proven=proven,
        erased=what_would_be_erased(db(), whose=whose, now=now()) if proven else Erased((), ()),
        months=read_company(db()).keep_orders_months,
        errors=errors or {},
    )


def _file(whose: Whose, kind: str) -> Response:
    shop = visit().store
    given = give_all(
        db(), keepers=KEEPERS, whose=whose, store=shop.name, company=shop.company_name, now=now()
    )
    body = json.dumps(given, indent=2, ensure_ascii=False) + "\n" if kind == "json" else as_text(given)
    response = FlaskResponse(body, content_type=_KINDS[kind])
    response.headers["Content-Disposition"] = f'attachment; filename="my-data.{kind}"'
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _erase(whose: Whose) -> Response:
    bags: list[UUID] = [cart_id()]
    return let_out(_done(erase_shopper(db(), keepers=KEEPERS, whose=whose, carts=bags, now=now())))


def _done(erased: Erased, *, account_only: bool = False) -> Response:
    if not account_only:
        remember_count(0)
    return account_page(
        "erased.html",
        spoken("Deleted"),
        shopper=None,
        erased=erased,
        account_only=account_only,
        months=read_company(db()).keep_orders_months,
    )
