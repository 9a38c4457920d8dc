"""The control API under /_sandbox/: sets the clock, plays the shopper and the bank, makes faults happen.

It speaks JSON and answers only on loopback. It has no counterpart at Stripe.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from ipaddress import ip_address
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from payments.sandbox.debits import settle_debit
from payments.sandbox.disputes import decide_dispute, escalate, open_dispute
from payments.sandbox.errors import Json, StripeError, invalid
from payments.sandbox.faults import API_FAULTS, WEBHOOK_FAULTS, ApiFault, Faults, WebhookFault
from payments.sandbox.forms import decode_json
from payments.sandbox.onboarding import ask_more, close_account, onboard
from payments.sandbox.outcomes import Attempt
from payments.sandbox.params import Reader, boolean, choice, currency, fields, integer, many, text
from payments.sandbox.paying import Payment, answer_challenge, attempt
from payments.sandbox.payouts import pay_out
from payments.sandbox.refunds import fail_refund
from payments.sandbox.sessions import retrieve_session
from payments.sandbox.state import State
from payments.sandbox.sweep import sweep
from payments.sandbox.transfers import reverse_transfer


def _number(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise invalid(f"Invalid number: {value}", param=name)
    return float(value)


def _moment(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise invalid(f"Invalid moment: {value}", param=name)
    return value


@dataclass(frozen=True)
class Desk:
    """What the control API works on."""

    state: State
    faults: Faults


@dataclass(frozen=True)
class Control:
    """One control call. ``waits`` runs outside of a transaction, since it sends webhooks."""

    method: str
    path: str
    reader: Reader
    run: Callable[[Desk, dict[str, str], Json], Json]
    waits: bool = False


_ADDRESS = fields(
    dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"), text(blank=True))
)
_PAY = fields(
    {
        "card": text(),
        "debit_fails": boolean(),
        "email": text(),
        "name": text(),
        "phone": text(),
        "address": _ADDRESS,
        "shipping_rate": text(),
        "passes": boolean(),
    }
)


def _report(made: Attempt) -> Json:
    return {"outcome": made.outcome.value, "message": made.message, "session": made.session}


def _pay(desk: Desk, ids: dict[str, str], given: Json) -> Json:
    passes = given.pop("passes", None)
    made = attempt(desk.state, ids["id"], Payment(**given))
    if made.outcome.value == "challenge" and passes is not None:
        made = answer_challenge(desk.state, ids["id"], passed=passes)
    return _report(made)


def _settle(desk: Desk, ids: dict[str, str], given: Json) -> Json:
    intent = retrieve_session(desk.state, ids["id"])["payment_intent"]
    succeeds = given.get("succeeds")
    return settle_debit(desk.state, intent or "", fails=None if succeeds is None else not succeeds)


def _set_clock(desk: Desk, _: dict[str, str], given: Json) -> Json:
    if "offset" in given:
        desk.state.clock.shift(given["offset"])
    else:
        desk.state.clock.stand_at(given.get("now"))
    return _clock(desk, {}, {})


def _clock(desk: Desk, _: dict[str, str], __: Json) -> Json:
    return {"now": desk.state.clock.now().isoformat()}


def _webhook(desk: Desk, _: dict[str, str], given: Json) -> Json:
    secrets = given.get("secrets") or [each for each in [given.get("secret")] if each]
    if "url" in given and not secrets:
        raise invalid("An endpoint needs a secret.", param="secret")
    desk.state.deliveries.configure(given.get("url"), secrets, given.get("types", ["*"]))
    return {"url": given.get("url"), "types": given.get("types", ["*"])}


def _api_fault(desk: Desk, _: dict[str, str], given: Json) -> Json:
    desk.faults.expect_api(ApiFault(**given))
    return _waiting(desk, {}, {})


def _webhook_fault(desk: Desk, _: dict[str, str], given: Json) -> Json:
    if not given.get("count") and not given.get("probability"):
        raise invalid("A webhook fault needs a count or a probability.", param="count")
    desk.faults.expect_webhook(WebhookFault(**given))
    return _waiting(desk, {}, {})


def _seed(desk: Desk, _: dict[str, str], given: Json) -> Json:
    desk.faults.seed(given["seed"])
    return _waiting(desk, {}, {})


def _waiting(desk: Desk, _: dict[str, str], __: Json) -> Json:
    return dict(desk.faults.waiting())


def _heal(desk: Desk, _: dict[str, str], __: Json) -> Json:
    desk.faults.clear()
    return _waiting(desk, {}, {})


def _settings(desk: Desk, _: dict[str, str], given: Json) -> Json:
    desk.state.store.set_setting("debit_delay", given["debit_delay"])
    return given


def _drain(desk: Desk, _: dict[str, str], given: Json) -> Json:
    return asdict(desk.state.deliveries.drain(given.get("timeout", 10.0)))


_NOTHING = fields({})
CONTROLS = (
    Control("GET", "clock", _NOTHING, _clock),
    Control("POST", "clock", fields({"now": _moment, "offset": _number}), _set_clock),
    Control(
        "POST",
        "webhook",
        fields({"url": text(), "secret": text(), "secrets": many(text(), 5), "types": many(text())}),
        _webhook,
    ),
    Control("GET", "faults", _NOTHING, _waiting),
    Control("DELETE", "faults", _NOTHING, _heal),
    Control("POST", "faults/seed", fields({"seed": integer()}, required=("seed",)), _seed),
    Control(
        "POST",
        "faults/api",
        fields(
            {
                "kind": choice(*API_FAULTS),
                "path": text(),
                "method": text(),
                "count": integer(1),
                "seconds": _number,
            },
            required=("kind",),
        ),
        _api_fault,
    ),
    Control(
        "POST",
        "faults/webhook",
        fields(
            {
                "kind": choice(*WEBHOOK_FAULTS),
                "count": integer(1),
                "probability": _number,
                "types": text(),
                "seconds": _number,
            },
            required=("kind",),
        ),
        _webhook_fault,
    ),
    Control("POST", "settings", fields({"debit_delay": integer(0)}, required=("debit_delay",)), _settings),
    Control("POST", "sessions/<id>/pay", _PAY, _pay),
    Control(
        "POST",
        "sessions/<id>/authenticate",
        fields({"passed": boolean()}, required=("passed",)),
        lambda d, i, p: _report(answer_challenge(d.state, i["id"], passed=p["passed"])),
    ),
    Control("POST", "sessions/<id>/settle", fields({"succeeds": boolean()}), _settle),
    Control(
        "POST",
        "charges/<id>/dispute",
        fields({"reason": text(), "inquiry": boolean()}),
        lambda d, i, p: open_dispute(d.state, i["id"], **p),
    ),
    Control("POST", "disputes/<id>/escalate", _NOTHING, lambda d, i, _: escalate(d.state, i["id"])),
    Control(
        "POST", "disputes/<id>/win", _NOTHING, lambda d, i, _: decide_dispute(d.state, i["id"], won=True)
    ),
    Control(
        "POST", "disputes/<id>/lose", _NOTHING, lambda d, i, _: decide_dispute(d.state, i["id"], won=False)
    ),
    Control("POST", "refunds/<id>/fail", _NOTHING, lambda d, i, _: fail_refund(d.state, i["id"])),
    Control(
        "POST",
        "accounts/<id>/onboard",
        fields({"active": boolean()}),
        lambda d, i, p: onboard(d.state, i["id"], active=p.get("active", True)),
    ),
    Control(
        "POST",
        "accounts/<id>/require",
        fields({"entry": text(), "seconds": integer(0)}, required=("entry",)),
        lambda d, i, p: ask_more(d.state, i["id"], **p),
    ),
    Control("POST", "accounts/<id>/close", _NOTHING, lambda d, i, _: close_account(d.state, i["id"])),
    Control(
        "POST",
        "transfers/<id>/reverse",
        fields({"amount": integer(1)}),
        lambda d, i, p: reverse_transfer(d.state, i["id"], p),
    ),
    Control(
        "POST",
        "payouts",
        fields({"currency": currency(), "fails": boolean()}, required=("currency",)),
        lambda d, _, p: pay_out(d.state, p["currency"], fails=p.get("fails", False)),
    ),
    Control("POST", "sweep", _NOTHING, lambda d, _, __: {"changed": sweep(d.state)}),
    Control("GET", "deliveries", _NOTHING, lambda d, _, __: {"data": d.state.deliveries.pending()}),
    Control("POST", "drain", fields({"timeout": _number}), _drain, waits=True),
)
_MAP = Map(
    [Rule(f"/_sandbox/{each.path}", methods=[each.method], endpoint=each) for each in CONTROLS],
    strict_slashes=False,
)


class ControlApi:
    """Answers control calls."""

    def __init__(self, state: State, faults: Faults) -> None:
        self._desk = Desk(state, faults)

    def __call__(self, http: Request) -> Response:
        try:
            status, result = 200, self._answer(http)
        except StripeError as refusal:
            status, result = refusal.status, {"error": refusal.body}
        return Response(json.dumps(result, indent=2), status, mimetype="application/json")

    def _answer(self, http: Request) -> Json:
        if not ip_address(http.remote_addr or "::").is_loopback:
            raise StripeError(403, "The control API answers only on loopback.")
        if http.method == "POST" and http.mimetype != "application/json":
            # A web page in the same machine's browser can post forms here, but not JSON.
            raise StripeError(415, "Control calls are JSON.")
        try:
            found: tuple[Any, Any] = _MAP.bind("").match(http.path, method=http.method)
        except HTTPException as problem:
            raise StripeError(problem.code or 404, f"No such control: {http.method} {http.path}") from None
        control: Control = found[0]
        given = control.reader(decode_json(http.get_data()), "")
        if control.waits:
            return control.run(self._desk, found[1], given)
        with self._desk.state.store.transaction():
            return control.run(self._desk, found[1], given)
