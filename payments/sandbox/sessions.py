"""Checkout Sessions: opened by Awning, paid on the hosted page, or expired."""

from __future__ import annotations

from collections.abc import Sequence

from kit.money import decimals
from payments.sandbox.errors import Json, StripeError, invalid
from payments.sandbox.lines import (
    LINE_ITEM,
    SHIPPING_OPTION,
    choose_delivery,
    make_line,
    make_option,
    one_currency,
)
from payments.sandbox.listing import page, whole
from payments.sandbox.params import (
    address,
    boolean,
    choice,
    currency,
    fields,
    integer,
    listing,
    many,
    mapping,
    request,
    text,
    web_address,
)
from payments.sandbox.state import State

SHORTEST, LONGEST = 30 * 60, 24 * 3600  # seconds that a session may stay open
_SMALLEST = {0: 50, 2: 50, 3: 500}  # minor units; Stripe charges nothing below
_ENABLED = fields({"enabled": boolean()}, required=("enabled",))
_MESSAGE = fields({"message": text(1200)}, required=("message",))

_TEXTS = ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")

CREATE = request(
    {
        "adaptive_pricing": _ENABLED,
        "allow_promotion_codes": boolean(),
        "automatic_tax": _ENABLED,
        "billing_address_collection": choice("auto", "required"),
        "cancel_url": web_address(),
        "client_reference_id": text(200),
        "currency": currency(),
        "custom_text": fields(dict.fromkeys(_TEXTS, _MESSAGE)),
        "customer_creation": choice("always", "if_required"),
        "customer_email": text(800),
        "expires_at": integer(0),
        "line_items": many(LINE_ITEM),
        "locale": text(16),
        "metadata": mapping(),
        "mode": choice("payment"),
        "payment_intent_data": fields(
            {
                "capture_method": choice("automatic", "automatic_async"),
                "description": text(1000),
                "metadata": mapping(),
                "receipt_email": text(800),
                "shipping": fields(
                    {
                        "address": address(),
                        "name": text(),
                        "carrier": text(),
                        "phone": text(),
                        "tracking_number": text(),
                    },
                    required=("address", "name"),
                ),
                "statement_descriptor": text(22),
                "statement_descriptor_suffix": text(22),
                "transfer_group": text(),
            }
        ),
        "payment_method_types": many(choice("card", "us_bank_account", "sepa_debit")),
        "phone_number_collection": _ENABLED,
        "shipping_address_collection": fields(
            {"allowed_countries": many(text(2), 250)}, required=("allowed_countries",)
        ),
        "shipping_options": many(SHIPPING_OPTION, 5),
        "submit_type": choice("auto", "book", "donate", "pay"),
        "success_url": web_address(),
        "tax_id_collection": _ENABLED,
        "ui_mode": choice("hosted_page"),
    },
    required=("line_items", "mode", "success_url"),
)
UPDATE = request({"metadata": mapping()})
LIST = listing({"payment_intent": text(), "status": choice("complete", "expired", "open")})


def create_session(state: State, params: Json) -> Json:
    """Open a session and return it. Raises StripeError for what Stripe would refuse."""
    now = state.now()
    expires_at = params.get("expires_at", now + LONGEST)
    # Half a minute of grace covers clocks that differ, as Stripe's own check does.
    if not now + SHORTEST - 30 <= expires_at <= now + LONGEST + 30:
        raise invalid(
            "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session "
            "creation.",
            param="expires_at",
        )
    if not params["line_items"]:
        raise invalid("A Checkout Session in payment mode needs line items.", param="line_items")
    unit = one_currency(params)
    lines = [make_line(state, line) for line in params["line_items"]]
    subtotal = sum(line["amount_total"] for line in lines)
    identifier = state.new_id("cs_test")
    session: Json = {
        "id": identifier,
        "object": "checkout.session",
        "adaptive_pricing": params.get("adaptive_pricing", {"enabled": False}),
        "after_expiration": None,
        "allow_promotion_codes": params.get("allow_promotion_codes"),
        "amount_subtotal": subtotal,
        "amount_total": subtotal,
        "automatic_tax": _automatic_tax(params),
        "billing_address_collection": params.get("billing_address_collection"),
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "created": now,
        "currency": unit,
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": {name: params.get("custom_text", {}).get(name) for name in _TEXTS},
        "customer": None,
        "customer_account": None,
        "customer_creation": params.get("customer_creation", "if_required"),
        "customer_details": _customer(params.get("customer_email")),
        "customer_email": params.get("customer_email"),
        "discounts": [],
        "expires_at": expires_at,
        "invoice": None,
        "invoice_creation": None,
        "livemode": False,
        "locale": params.get("locale"),
        "metadata": params.get("metadata", {}),
        "mode": "payment",
        "origin_context": None,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "if_required",
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": params.get("payment_method_types", ["card", debit_kind(unit)]),
        "payment_status": "unpaid" if subtotal else "no_payment_required",
        "permissions": None,
        "phone_number_collection": params.get("phone_number_collection", {"enabled": False}),
        "recovered_from": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": params.get("shipping_address_collection"),
        "shipping_cost": None,
        "shipping_options": [make_option(state, option) for option in params.get("shipping_options", [])],
        "status": "open",
        "submit_type": params.get("submit_type"),
        "subscription": None,
        "success_url": params["success_url"],
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": f"{state.base_url}/c/pay/{identifier}",
        "wallet_options": None,
    }
    if session["shipping_options"]:
        choose_delivery(session, session["shipping_options"][0]["shipping_rate"])
        session["payment_status"] = "unpaid" if session["amount_total"] else "no_payment_required"
    smallest = _SMALLEST[decimals(unit.upper())]
    if 0 < session["amount_total"] < smallest:
        raise StripeError(
            400,
            f"The Checkout Session's total amount due must add up to at least {smallest} {unit} minor units.",
            code="amount_too_small",
        )
    state.store.insert(session, {"lines": lines, "intent": params.get("payment_intent_data", {})})
    return session


def debit_kind(unit: str) -> str:
    """Return the bank debit that people pay with in this currency."""
    return "us_bank_account" if unit == "usd" else "sepa_debit"


def _automatic_tax(params: Json) -> Json:
    enabled = params.get("automatic_tax", {}).get("enabled", False)
    return {
        "enabled": enabled,
        "liability": {"type": "self"} if enabled else None,
        "provider": "stripe" if enabled else None,
        "status": "requires_location_inputs" if enabled else None,
    }


def _customer(email: str | None) -> Json | None:
    if email is None:
        return None
    return {
        "address": None,
        "business_name": None,
        "email": email,
        "individual_name": None,
        "name": None,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": None,
    }


def retrieve_session(state: State, identifier: str) -> Json:
    """Return the session, expired by now if its time has come. Raises StripeError (404)."""
    session = state.require("checkout.session", identifier)
    if session["status"] == "open" and session["expires_at"] <= state.now():
        _expire(state, session)
    return session


def list_sessions(state: State, params: Json) -> Json:
    """Return a page of sessions, filtered by payment intent or status."""
    expire_due(state)
    filters: dict[str, str | Sequence[str]] = {
        name: params[name] for name in ("payment_intent", "status") if name in params
    }
    return page(state, "checkout.session", params, "/v1/checkout/sessions", filters)


def update_session(state: State, identifier: str, params: Json) -> Json:
    """Merge metadata into the session, as Stripe does: an empty value removes its key."""
    session = retrieve_session(state, identifier)
    merged = {**session["metadata"], **params.get("metadata", {})}
    session["metadata"] = {key: value for key, value in merged.items() if value}
    state.store.update(session)
    return session


def expire_session(state: State, identifier: str) -> Json:
    """Close an open session for good. Raises StripeError when it is not open any more."""
    session = retrieve_session(state, identifier)
    if session["status"] != "open":
        raise invalid(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a '
            f"status of {session['status']}."
        )
    _expire(state, session)
    return session


def expire_due(state: State) -> int:
    """Expire every open session whose time has come; returns how many there were."""
    due = state.store.due("checkout.session", "open", "body.expires_at", state.now())
    for identifier in due:
        _expire(state, state.require("checkout.session", identifier))
    return len(due)


def _expire(state: State, session: Json) -> None:
    session["status"] = "expired"
    session["url"] = None
    state.store.update(session)
    if session["payment_intent"] is not None:
        intent = state.require("payment_intent", session["payment_intent"])
        intent.update(
            status="canceled",
            canceled_at=state.now(),
            cancellation_reason="expired",
            next_action=None,
        )
        state.store.update(intent)
        state.emit("payment_intent.canceled", intent)
    state.emit("checkout.session.expired", session)


def session_lines(state: State, session: Json) -> Json:
    """Return the session's line items as the list that it includes on demand."""
    lines: list[Json] = state.store.private(session["id"])["lines"]
    return whole(lines, f"/v1/checkout/sessions/{session['id']}/line_items")


def list_lines(state: State, identifier: str, params: Json) -> Json:
    """Return a page of the session's line items, in the order in which they were given."""
    result = session_lines(state, retrieve_session(state, identifier))
    lines: list[Json] = result["data"]
    places = {line["id"]: place for place, line in enumerate(lines)}
    start = places.get(params.get("starting_after", ""), -1) + 1
    limit = params.get("limit", 10)
    return {**result, "data": lines[start : start + limit], "has_more": len(lines) > start + limit}
