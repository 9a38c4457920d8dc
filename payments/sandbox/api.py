"""Stripe's HTTP API: which path does what, and how every request is checked and answered."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request as HttpRequest
from werkzeug.wrappers import Response

from payments.sandbox import (
    accounts,
    balance,
    charges,
    disputes,
    events,
    onboarding,
    payouts,
    refunds,
    sessions,
    transfers,
)
from payments.sandbox.errors import AnswerLost, Json, StripeError
from payments.sandbox.expansion import Included, expand
from payments.sandbox.faults import ApiFault, Faults
from payments.sandbox.forms import decode_form, decode_json
from payments.sandbox.idempotency import Answer, Answers
from payments.sandbox.params import Reader, listing, request
from payments.sandbox.state import API_VERSION, Request, State

KEY_PREFIX = "sk_test_sandbox"


@dataclass(frozen=True)
class Endpoint:
    """One method on one path: the parameters it understands, and the work that it does."""

    method: str
    path: str
    reader: Reader
    run: Callable[[State, dict[str, str], Json], Json]


def _retrieve(kind: str, param: str) -> Callable[[State, dict[str, str], Json], Json]:
    return lambda state, ids, _: state.require(kind, ids["id"], param=param)


_ONE = request()
ENDPOINTS = (
    Endpoint("POST", "/v1/checkout/sessions", sessions.CREATE, lambda s, _, p: sessions.create_session(s, p)),
    Endpoint("GET", "/v1/checkout/sessions", sessions.LIST, lambda s, _, p: sessions.list_sessions(s, p)),
    Endpoint(
        "GET", "/v1/checkout/sessions/<id>", _ONE, lambda s, i, _: sessions.retrieve_session(s, i["id"])
    ),
    Endpoint(
        "POST",
        "/v1/checkout/sessions/<id>",
        sessions.UPDATE,
        lambda s, i, p: sessions.update_session(s, i["id"], p),
    ),
    Endpoint(
        "POST", "/v1/checkout/sessions/<id>/expire", _ONE, lambda s, i, _: sessions.expire_session(s, i["id"])
    ),
    Endpoint(
        "GET",
        "/v1/checkout/sessions/<id>/line_items",
        listing(),
        lambda s, i, p: sessions.list_lines(s, i["id"], p),
    ),
    Endpoint("GET", "/v1/payment_intents", charges.LIST_INTENTS, lambda s, _, p: charges.list_intents(s, p)),
    Endpoint("GET", "/v1/payment_intents/<id>", _ONE, _retrieve("payment_intent", "intent")),
    Endpoint(
        "POST",
        "/v1/payment_intents/<id>",
        charges.UPDATE_INTENT,
        lambda s, i, p: charges.update_intent(s, i["id"], p),
    ),
    Endpoint("GET", "/v1/charges", charges.LIST_CHARGES, lambda s, _, p: charges.list_charges(s, p)),
    Endpoint("GET", "/v1/charges/<id>", _ONE, _retrieve("charge", "charge")),
    Endpoint(
        "GET", "/v1/balance_transactions", balance.LIST, lambda s, _, p: balance.list_transactions(s, p)
    ),
    Endpoint("GET", "/v1/balance_transactions/<id>", _ONE, _retrieve("balance_transaction", "id")),
    Endpoint("GET", "/v1/balance", _ONE, lambda s, _, __: balance.retrieve_balance(s)),
    Endpoint("POST", "/v1/refunds", refunds.CREATE, lambda s, _, p: refunds.create_refund(s, p)),
    Endpoint("GET", "/v1/refunds", refunds.LIST, lambda s, _, p: refunds.list_refunds(s, p)),
    Endpoint("GET", "/v1/refunds/<id>", _ONE, _retrieve("refund", "refund")),
    Endpoint("GET", "/v1/disputes", disputes.LIST, lambda s, _, p: disputes.list_disputes(s, p)),
    Endpoint("GET", "/v1/disputes/<id>", _ONE, _retrieve("dispute", "dispute")),
    Endpoint(
        "POST",
        "/v1/disputes/<id>",
        disputes.UPDATE,
        lambda s, i, p: disputes.update_dispute(s, i["id"], p),
    ),
    Endpoint(
        "POST", "/v1/disputes/<id>/close", disputes.CLOSE, lambda s, i, _: disputes.close_dispute(s, i["id"])
    ),
    Endpoint("POST", "/v1/transfers", transfers.CREATE, lambda s, _, p: transfers.create_transfer(s, p)),
    Endpoint("GET", "/v1/transfers", transfers.LIST, lambda s, _, p: transfers.list_transfers(s, p)),
    Endpoint("GET", "/v1/transfers/<id>", _ONE, _retrieve("transfer", "transfer")),
    Endpoint(
        "POST",
        "/v1/transfers/<id>/reversals",
        transfers.REVERSE,
        lambda s, i, p: transfers.reverse_transfer(s, i["id"], p),
    ),
    Endpoint(
        "GET",
        "/v1/transfers/<id>/reversals",
        listing(),
        lambda s, i, p: transfers.list_reversals(s, i["id"], p),
    ),
    Endpoint("GET", "/v1/payouts", payouts.LIST, lambda s, _, p: payouts.list_payouts(s, p)),
    Endpoint("GET", "/v1/payouts/<id>", _ONE, _retrieve("payout", "payout")),
    Endpoint("GET", "/v1/events", events.LIST, lambda s, _, p: events.list_events(s, p)),
    Endpoint("GET", "/v1/events/<id>", _ONE, _retrieve("event", "id")),
    Endpoint("GET", "/v1/accounts/<id>", _ONE, lambda s, i, _: accounts.retrieve_snapshot(s, i["id"])),
    Endpoint("POST", "/v2/core/accounts", accounts.CREATE, lambda s, _, p: accounts.create_account(s, p)),
    Endpoint(
        "GET",
        "/v2/core/accounts/<id>",
        accounts.RETRIEVE,
        lambda s, i, p: accounts.retrieve_account(s, i["id"], p),
    ),
    Endpoint(
        "POST", "/v2/core/account_links", onboarding.CREATE_LINK, lambda s, _, p: onboarding.create_link(s, p)
    ),
)
_INCLUDED: Included = {
    ("checkout.session", "line_items"): sessions.session_lines,
    ("charge", "refunds"): charges.charge_refunds,
}
_MAP = Map(
    [Rule(each.path, methods=[each.method], endpoint=each) for each in ENDPOINTS], strict_slashes=False
)


class Api:
    """Answers the requests of Stripe's library."""

    def __init__(self, state: State, faults: Faults) -> None:
        self._state = state
        self._faults = faults
        self._answers = Answers(state.store)

    def __call__(self, http: HttpRequest) -> Response:
        """Answer one request. Raises AnswerLost where a fault asked for that."""
        request_id = self._state.new_id("req")
        fault = self._faults.for_call(http.method, http.path)
        try:
            answer, replayed = self._execute(http, request_id, fault)
        except StripeError as refusal:
            answer, replayed = Answer(refusal.status, _error(refusal, request_id), request_id), False
        if fault is not None and fault.kind == "answer_lost":
            raise AnswerLost(f"The answer to {http.method} {http.path} is lost, as was asked.")
        response = Response(answer.body, answer.status, mimetype="application/json")
        response.headers["Request-Id"] = request_id
        response.headers["Stripe-Version"] = http.headers.get("Stripe-Version", API_VERSION)
        if "Idempotency-Key" in http.headers:
            response.headers["Idempotency-Key"] = http.headers["Idempotency-Key"]
        if replayed:
            response.headers["Idempotent-Replayed"] = "true"
            response.headers["Original-Request"] = answer.request_id
        return response

    def _execute(self, http: HttpRequest, request_id: str, fault: ApiFault | None) -> tuple[Answer, bool]:
        _authenticate(http)
        endpoint, ids = _route(http)
        _fail_first(fault)
        raw = _decode(http)
        params: Json = endpoint.reader(raw, "")
        key = http.headers.get("Idempotency-Key")
        if key is None or http.method != "POST":
            with self._state.store.transaction():
                return self._work(endpoint, ids, params, Request(request_id)), False
        print_ = self._answers.fingerprint(http.method, http.path, raw)
        with self._answers.reserve(key), self._state.store.transaction():
            kept = self._answers.kept(key, print_)
            if kept is not None:
                return kept, True
            answer = self._work(endpoint, ids, params, Request(request_id, key))
            self._answers.keep(key, print_, answer)
            return answer, False

    def _work(self, endpoint: Endpoint, ids: dict[str, str], params: Json, made: Request) -> Answer:
        """Do the endpoint's work, or nothing of it, and return the answer, also when it is a refusal."""
        try:
            with self._state.store.attempt(), self._state.requested_by(made):
                result = endpoint.run(self._state, ids, params)
                expand(self._state, result, params.get("expand", []), _INCLUDED)
        except StripeError as refusal:
            return Answer(refusal.status, _error(refusal, made.id or ""), made.id or "")
        return Answer(200, json.dumps(result, indent=2), made.id or "")


def _error(refusal: StripeError, request_id: str) -> str:
    log = f"https://dashboard.stripe.com/test/logs/{request_id}"
    return json.dumps({"error": {**refusal.body, "request_log_url": log}}, indent=2)


def _authenticate(http: HttpRequest) -> None:
    scheme, _, credential = http.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            credential = base64.b64decode(credential, validate=True).decode().partition(":")[0]
        except ValueError:
            credential = ""
    if not credential:
        raise StripeError(
            401,
            "You did not provide an API key. You need to provide your API key in the Authorization header, "
            "using Bearer auth.",
        )
    if not credential.startswith(KEY_PREFIX):
        raise StripeError(
            401, f"Invalid API Key provided: the sandbox takes keys that begin with {KEY_PREFIX}."
        )


def _route(http: HttpRequest) -> tuple[Endpoint, dict[str, str]]:
    try:
        found: tuple[Any, Any] = _MAP.bind("").match(http.path, method=http.method)
    except MethodNotAllowed:
        raise StripeError(405, f"{http.method} is not served at {http.path}.") from None
    except HTTPException:
        raise StripeError(
            404,
            f"Unrecognized request URL ({http.method}: {http.path}). The sandbox serves the part of Stripe's "
            "API that Awning uses.",
        ) from None
    return found


def _fail_first(fault: ApiFault | None) -> None:
    """Let a fault happen that comes before any work."""
    if fault is None:
        return
    if fault.kind == "rate_limit":
        raise StripeError(429, "Too many requests. Retry after a short delay.", code="rate_limit")
    if fault.kind == "error":
        raise StripeError(500, "An unknown error occurred.", kind="api_error")
    if fault.kind == "timeout":
        time.sleep(fault.seconds)


def _decode(http: HttpRequest) -> Json:
    if http.method in ("GET", "HEAD"):
        return decode_form(http.query_string.decode())
    body = http.get_data(cache=False)
    if http.path.startswith("/v2/"):
        return decode_json(body)
    return decode_form(body.decode("utf-8", "replace"))
