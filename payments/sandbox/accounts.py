"""Connected accounts: Accounts v2 with the recipient configuration."""

from __future__ import annotations

from datetime import UTC, datetime

from payments.sandbox.errors import Json
from payments.sandbox.params import Reader, boolean, choice, currency, fields, many, mapping, text
from payments.sandbox.state import State

_INCLUDABLE = (
    "configuration.customer",
    "configuration.merchant",
    "configuration.recipient",
    "defaults",
    "future_requirements",
    "identity",
    "requirements",
)
_INCLUDE: Reader = many(choice(*_INCLUDABLE))
_REQUESTED = fields({"requested": boolean()}, required=("requested",))
_ADDRESS = fields(
    dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state", "town"), text(blank=True))
)

RETRIEVE = fields({"include": _INCLUDE})
CREATE = fields(
    {
        "configuration": fields(
            {
                "recipient": fields(
                    {
                        "capabilities": fields(
                            {
                                "stripe_balance": fields(
                                    {"stripe_transfers": _REQUESTED, "payouts": _REQUESTED}
                                )
                            }
                        )
                    }
                )
            }
        ),
        "contact_email": text(),
        "contact_phone": text(),
        "dashboard": choice("express", "full", "none"),
        "defaults": fields(
            {
                "currency": currency(),
                "locales": many(text(16)),
                "profile": fields(
                    dict.fromkeys(("business_url", "doing_business_as", "product_description"), text())
                ),
                "responsibilities": fields(
                    {
                        "fees_collector": choice(
                            "application", "application_custom", "application_express", "stripe"
                        ),
                        "losses_collector": choice("application", "stripe"),
                    },
                    required=("fees_collector", "losses_collector"),
                ),
            }
        ),
        "display_name": text(),
        "identity": fields(
            {
                "business_details": fields(
                    {"address": _ADDRESS, "phone": text(), "registered_name": text(), "url": text()}
                ),
                "country": text(2),
                "entity_type": choice("company", "government_entity", "individual", "non_profit"),
                "individual": fields(
                    {
                        "address": _ADDRESS,
                        "email": text(),
                        "given_name": text(),
                        "phone": text(),
                        "surname": text(),
                    }
                ),
            }
        ),
        "include": _INCLUDE,
        "metadata": mapping(),
    }
)


def stamp(seconds: int) -> str:
    """Return a second of Unix time as version 2 of the API writes moments."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def create_account(state: State, params: Json) -> Json:
    """Make a connected account. It may receive nothing until its owner has been onboarded."""
    now = state.now()
    recipient = params.get("configuration", {}).get("recipient")
    account: Json = {
        "id": state.new_id("acct"),
        "object": "v2.core.account",
        "applied_configurations": [] if recipient is None else ["recipient"],
        "closed": False,
        "configuration": {
            "customer": None,
            "merchant": None,
            "recipient": None if recipient is None else recipient_configuration(active=False),
        },
        "contact_email": params.get("contact_email"),
        "contact_phone": params.get("contact_phone"),
        "created": stamp(now),
        "dashboard": params.get("dashboard"),
        "defaults": _defaults(params.get("defaults", {})),
        "display_name": params.get("display_name"),
        "future_requirements": None,
        "identity": params.get("identity"),
        "livemode": False,
        "metadata": params.get("metadata", {}),
        "requirements": requirements(done=False),
    }
    state.store.insert(account, created=now)
    return _answer(account, params)


def recipient_configuration(*, active: bool) -> Json:
    """Return the part of an account that says whether it may receive money."""
    detail = {"code": "requirements_past_due", "resolution": "provide_info"}
    capability: Json = {"status": "active", "status_details": []}
    if not active:
        capability = {"status": "restricted", "status_details": [detail]}
    return {
        "applied": True,
        "capabilities": {"stripe_balance": {"payouts": capability, "stripe_transfers": capability}},
    }


def _defaults(given: Json) -> Json:
    duties = given.get("responsibilities", {})
    return {
        "currency": given.get("currency"),
        "locales": given.get("locales", []),
        "profile": given.get("profile"),
        "responsibilities": {
            "fees_collector": duties.get("fees_collector", "application"),
            "losses_collector": duties.get("losses_collector", "application"),
            "requirements_collector": "stripe",
        },
    }


def requirements(*, done: bool) -> Json:
    """Return what the account's owner still has to hand in: details and a bank account, or nothing."""
    deadline = {"status": "currently_due"}
    entry: Json = {
        "awaiting_action_from": "user",
        "description": "configuration.recipient.onboarding",
        "errors": [],
        "impact": {
            "restricts_capabilities": [
                {
                    "capability": "stripe_balance.stripe_transfers",
                    "configuration": "recipient",
                    "deadline": deadline,
                }
            ]
        },
        "minimum_deadline": deadline,
        "requested_reasons": [{"code": "routine_onboarding"}],
    }
    if done:
        return {"entries": [], "summary": None}
    return {"entries": [entry], "summary": {"minimum_deadline": deadline}}


def require(asked: Json, entry: str, deadline: int | None) -> Json:
    """Return what Stripe asks of an owner with one thing more: until a second of Unix time, or, without one,
    at once. An entry says how pressing it is; the moment is the summary's, of the most pressing of all."""
    due: Json = {"status": "currently_due" if deadline is None else "eventually_due"}
    [made] = requirements(done=False)["entries"]
    made.update(description=entry, minimum_deadline=due, requested_reasons=[{"code": "routine_verification"}])
    made["impact"]["restricts_capabilities"][0]["deadline"] = due
    soonest = due if deadline is None else {**due, "time": stamp(deadline)}
    before = [asked["summary"]["minimum_deadline"]] if asked["summary"] else []
    pressing = min([*before, soonest], key=lambda each: (each["status"], each.get("time", "")))
    return {"entries": [*asked["entries"], made], "summary": {"minimum_deadline": pressing}}


def _answer(account: Json, params: Json) -> Json:
    """Return the account with only those parts filled that the caller asked to include."""
    wanted = params.get("include", [])
    shown = dict(account)
    for name in ("defaults", "future_requirements", "identity", "requirements"):
        if name not in wanted:
            shown[name] = None
    parts = {name for name in account["configuration"] if f"configuration.{name}" in wanted}
    shown["configuration"] = {
        name: part for name, part in account["configuration"].items() if name in parts
    } or None
    return shown


def retrieve_account(state: State, identifier: str, params: Json) -> Json:
    return _answer(state.require("v2.core.account", identifier), params)


def may_receive(account: Json) -> bool:
    """Tell whether transfers to the account are possible."""
    recipient = account["configuration"]["recipient"]
    if recipient is None or account["closed"]:
        return False
    status: str = recipient["capabilities"]["stripe_balance"]["stripe_transfers"]["status"]
    return status == "active"


def snapshot(account: Json) -> Json:
    """Return the account as version 1 of the API shows it, and as ``account.updated`` carries it."""
    active = may_receive(account)
    due = [] if active else ["external_account", "tos_acceptance.date"]
    return {
        "id": account["id"],
        "object": "account",
        "business_type": None,
        "capabilities": {"transfers": "active" if active else "inactive"},
        "charges_enabled": False,
        "country": ((account["identity"] or {}).get("country") or "us").upper(),
        "created": int(datetime.fromisoformat(account["created"]).timestamp()),
        "default_currency": account["defaults"]["currency"] or "usd",
        "details_submitted": active,
        "email": account["contact_email"],
        "metadata": account["metadata"],
        "payouts_enabled": active,
        "requirements": {
            "alternatives": [],
            "current_deadline": None,
            "currently_due": due,
            "disabled_reason": None if active else "requirements.past_due",
            "errors": [],
            "eventually_due": due,
            "past_due": due,
            "pending_verification": [],
        },
        "type": "none",
    }


def retrieve_snapshot(state: State, identifier: str) -> Json:
    return snapshot(state.require("v2.core.account", identifier, param="account"))
