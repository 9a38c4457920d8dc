"""Onboarding: the hosted step in which a connected account's owner becomes able to receive money."""

from __future__ import annotations

from payments.sandbox.accounts import recipient_configuration, require, requirements, snapshot, stamp
from payments.sandbox.errors import Json, invalid, missing
from payments.sandbox.params import choice, fields, many, text
from payments.sandbox.state import State

LINK_LIFETIME = 600  # seconds for which an onboarding link may be opened

_FLOW = fields(
    {
        "collection_options": fields(
            {
                "fields": choice("currently_due", "eventually_due"),
                "future_requirements": choice("include", "omit"),
            }
        ),
        # The library's newest version left this out; installations on the version before still send it.
        "configurations": many(choice("customer", "merchant", "recipient")),
        "refresh_url": text(),
        "return_url": text(),
    },
    required=("refresh_url",),
)
CREATE_LINK = fields(
    {
        "account": text(),
        "use_case": fields(
            {
                "account_onboarding": _FLOW,
                "account_update": _FLOW,
                "type": choice("account_onboarding", "account_update"),
            },
            required=("type",),
        ),
    },
    required=("account", "use_case"),
)


def onboard(state: State, identifier: str, *, active: bool = True) -> Json:
    """Finish an account's onboarding, or (not ``active``) let Stripe restrict it again."""
    account = _open_account(state, identifier)
    account["configuration"]["recipient"] = recipient_configuration(active=active)
    account["applied_configurations"] = ["recipient"]
    account["requirements"] = requirements(done=active)
    state.store.update(account)
    state.emit("account.updated", snapshot(account), {"payouts_enabled": not active})
    return account


def ask_more(state: State, identifier: str, *, entry: str, seconds: int | None = None) -> Json:
    """Let Stripe ask an account's owner for something: within ``seconds``, or, without them, before it may
    receive anything more."""
    account = _open_account(state, identifier)
    until = None if seconds is None else state.now() + seconds
    account["requirements"] = require(account["requirements"], entry, until)
    if seconds is None:
        account["configuration"]["recipient"] = recipient_configuration(active=False)
    state.store.update(account)
    state.emit("account.updated", snapshot(account), {"requirements": {}})
    return account


def close_account(state: State, identifier: str) -> Json:
    """Close an account for good, as its owner or Stripe does. Nothing can be sent to it any more."""
    account = _open_account(state, identifier)
    account["closed"] = True
    account["configuration"]["recipient"] = recipient_configuration(active=False)
    state.store.update(account)
    state.emit("account.updated", snapshot(account), {"payouts_enabled": True})
    return account


def _open_account(state: State, identifier: str) -> Json:
    account = state.require("v2.core.account", identifier)
    if account["closed"]:
        raise invalid(f"The account {identifier} is closed.")
    return account


def create_link(state: State, params: Json) -> Json:
    """Make a link to the hosted onboarding page. It works for ten minutes."""
    account = _open_account(state, params["account"])
    now = state.now()
    use_case = params["use_case"]
    token = state.new_id("link")
    link: Json = {
        "object": "v2.core.account_link",
        "account": account["id"],
        "created": stamp(now),
        "expires_at": stamp(now + LINK_LIFETIME),
        "livemode": False,
        "url": f"{state.base_url}/onboarding/{token}",
        "use_case": use_case,
    }
    flow = use_case.get(use_case["type"], {})
    kept = {"refresh_url": flow.get("refresh_url"), "return_url": flow.get("return_url")}
    state.store.insert({**link, "id": token}, {**kept, "expires_at": now + LINK_LIFETIME}, created=now)
    return link


def open_link(state: State, token: str) -> tuple[Json, Json]:
    """Return a link's account and where its page leads. Raises StripeError (404) for no such link.

    The second part has ``return_url``, ``refresh_url`` and whether it is ``expired``.
    """
    link = state.find(token)
    if link is None or link["object"] != "v2.core.account_link":
        raise missing("account_link", token)
    ways = state.store.private(token)
    return state.require("v2.core.account", link["account"]), {
        **ways,
        "expired": ways["expires_at"] <= state.now(),
    }
