"""The whole life of money, heard at the line: every request and every answer is as Stripe publishes them.

Two shops live through all that money can do, over a gateway that notes which of its calls were made and a
transport that judges what goes over it. A call of the gateway that this life does not make fails the test,
so a new one cannot be forgotten.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from payments.checkout import apply
from payments.disputes.sending import ask_to_accept, ask_to_answer
from payments.gateway.client import StripeGateway
from payments.gateway.errors import GatewayUnavailable, SignatureInvalid
from payments.gateway.protocol import Gateway
from payments.gateway.transport import InProcess
from payments.reconciliation.comparing import reconcile
from payments.refunds.asking import RefundAsked
from payments.sandbox import call
from payments.settlement import Reference, end
from payments.sweep import sweep
from tests.conftest import database_of_its_own
from tests.payments.openapi import NotConforming, validate_error, validate_object, validate_request
from tests.payments.payout_world import account, approve, control, draft, earn, hear, line_of, send
from tests.payments.test_disputes import dispute
from tests.payments.test_refunds import give_back, lines, one, sound
from tests.world import GERMAN, PAID, SECRET, Installation, World

_ID = re.compile(r"/(?:[a-z]+_)+[0-9a-f]{32}(?=/|$)")
# All that is ever asked of Stripe.
ASKED = {
    "POST /v1/checkout/sessions",
    "GET /v1/checkout/sessions/{id}",
    "POST /v1/checkout/sessions/{id}/expire",
    "POST /v1/refunds",
    "GET /v1/refunds/{id}",
    "GET /v1/disputes/{id}",
    "POST /v1/disputes/{id}",
    "POST /v1/disputes/{id}/close",
    "POST /v1/transfers",
    "GET /v1/transfers",
    "GET /v1/transfers/{id}",
    "GET /v1/transfers/{id}/reversals",
    "POST /v2/core/accounts",
    "GET /v2/core/accounts/{id}",
    "POST /v2/core/account_links",
    "GET /v1/events",
    "GET /v1/balance_transactions",
}
# All that is acted upon when Stripe says it, or that Stripe says of what was done here.
HEARD = {
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "charge.dispute.closed",
    "transfer.created",
    "transfer.reversed",
    "account.updated",
}


@dataclass
class Line:
    """What goes over the line, judged as it passes. A call that is not as published fails where it is made,
    and is kept: a handler that is tried again later would hide it."""

    problems: list[str] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    refused: Counter[int] = field(default_factory=Counter)
    heard: Counter[str] = field(default_factory=Counter)

    def call(
        self, sandbox: Any, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(url)
        given: Any = parts.query if method == "GET" else body.decode()
        if parts.path.startswith("/v2/") and method == "POST":
            given = json.loads(body)
        self.asked[f"{method} {_ID.sub('/{id}', parts.path)}"] += 1
        self.judge(partial(validate_request, method, parts.path, given))
        status, answered, content = call(sandbox, method, url, headers, body)
        answer = json.loads(content)
        if status == 200:
            self.judge(partial(validate_object, answer))
            self.answered[answer["object"]] += 1
        else:
            self.judge(partial(validate_error, answer))
            self.refused[status] += 1
        return status, answered, content

    def hear(self, payload: bytes) -> None:
        event = json.loads(payload)
        self.judge(partial(validate_object, event))
        self.heard[event["type"]] += 1

    def judge(self, what: Callable[[], None]) -> None:
        try:
            what()
        except NotConforming as problem:
            self.problems.append(str(problem))
            raise


class Noted:
    """A gateway that notes which of another's calls are made."""

    def __init__(self, gateway: Gateway) -> None:
        self.calls: set[str] = set()
        self._gateway = gateway

    def __getattr__(self, name: str) -> Any:
        self.calls.add(name)
        return getattr(self._gateway, name)


def calls_of(kind: type) -> set[str]:
    return {name for name, value in vars(kind).items() if callable(value) and not name.startswith("_")}


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def listened(line: Line, tmp_path: Path) -> Iterator[World]:
    """Two shops of an installation of their own, whose line is listened to."""
    installation = Installation(database_of_its_own("published"), tmp_path)
    gateway = StripeGateway(
        api_key="sk_test_sandbox",
        webhook_secrets=[SECRET],
        api_base=installation.pay,
        transport=InProcess(partial(line.call, installation.sandbox)),
    )
    installation.services.gateway = Noted(gateway)

    def deliver(payload: bytes, headers: dict[str, str]) -> int:
        line.hear(payload)
        return installation.deliver(payload, headers)

    installation.sandbox.configure_webhook(deliver, SECRET)
    yield World(installation)
    installation.close()


def checkouts(world: World) -> None:
    """A checkout that is left, one by bank debit that comes and one that does not, and one paid too late."""
    ada, ben = world.ada, world.ben
    left = ada.start(ada.fill_cart((world.tote, 1))).order_id
    world.services.gateway.expire_session(ada.session_id(left))
    for succeeds in (True, False):
        order_id = ben.start(ben.fill_cart((world.tote, 1)), contact=GERMAN).order_id
        session = ben.session_id(order_id)
        control(world, f"sessions/{session}/pay", debit_fails=not succeeds)
        control(world, f"sessions/{session}/settle", succeeds=succeeds)
    hear(world)
    # The program gave the order up and its stock went to somebody else; the money comes all the same.
    late = ada.start(ada.fill_cart((world.scarce_mug, 3))).order_id
    assert ada.pay(late) == PAID
    with ada.transaction() as session:
        end(session, reference=Reference(ada.partner_id, late, 1), payment="expired", now=world.now)
    ben.buy((world.scarce_mug, 1), contact=GERMAN)
    snapshot = world.services.gateway.read_session(ada.session_id(late))
    assert apply(ada.tenant, gateway=world.services.gateway, snapshot=snapshot, now=world.now) == "refunded"
    hear(world)


def refunds(world: World) -> None:
    """A refund, one that the bank sends back, and one that is still pending when it is asked about."""
    ada = world.ada
    order_id = ada.buy((world.mug, 3))
    (mug,) = lines(ada, order_id)
    refund_id = give_back(ada, order_id, RefundAsked({mug: 1}))
    hear(world)
    statement = "SELECT stripe_id FROM refunds WHERE partner_id = :p AND refund_id = :r"
    control(world, f"refunds/{one(ada, statement, r=refund_id)}/fail")
    hear(world)
    give_back(ada, order_id, RefundAsked({mug: 2}))
    hear(world)


def disputes(world: World) -> None:
    """One answered and won, one answered and lost, one given up, an inquiry that ends and one that grows."""
    ada, ben = world.ada, world.ben
    for shop, how in ((ada, "win"), (ben, "lose")):
        order_id = shop.buy((world.mug, 1), **({"contact": GERMAN} if shop is ben else {}))
        opened = dispute(shop, order_id)
        keys = {"partner_id": shop.partner_id, "dispute_id": opened.dispute_id, "actor": "staff"}
        with shop.transaction() as session:
            ask_to_answer(session, **keys, answer="It arrived.", now=world.now)
        world.run_jobs()
        hear(world)
        decide_last(world, how)
    order_id = ada.buy((world.mug, 1))
    opened = dispute(ada, order_id, reason="duplicate")
    with ada.transaction() as session:
        ask_to_accept(
            session, partner_id=ada.partner_id, dispute_id=opened.dispute_id, actor="x", now=world.now
        )
    world.run_jobs()
    hear(world)
    for step in ("win", "escalate"):
        dispute(ben, ben.buy((world.tote, 1), contact=GERMAN), inquiry=True)
        decide_last(world, step)


def decide_last(world: World, how: str) -> None:
    """Let the bank decide the dispute that it opened last."""
    (found, *_) = world.installation.sandbox.state.select("dispute")
    control(world, f"disputes/{found['id']}/{how}")
    hear(world)


def payouts(world: World) -> None:
    """Accounts made, asked for more and closed; a run sent whose answer is lost; transfers that come back
    in more parts than one answer lists."""
    ada, ben = world.ada, world.ben
    gateway = world.services.gateway
    first, second = account(ada), account(ben)
    for kind in ("account_onboarding", "account_update"):
        assert gateway.account_link(
            first, kind=kind, return_to="https://portal.example/back", again_at="https://portal.example/on"
        ).startswith(world.installation.pay)
    earn(ada, 12), earn(ben, 12)
    hear(world)
    run_id = draft(world)
    approve(world, run_id)
    assert send(ben, run_id) == "paid"
    hear(world)
    control(world, "faults/api", kind="answer_lost", path="/v1/transfers", method="POST", count=3)
    with pytest.raises(GatewayUnavailable):
        send(ada, run_id)
    world.later(days=2)
    assert send(ada, run_id) == "paid"
    transfer = line_of(ada, run_id).stripe_id
    for _ in range(12):
        control(world, f"transfers/{transfer}/reverse", amount=5)
    hear(world)
    assert line_of(ada, run_id).reversed == 60
    control(world, f"accounts/{second}/require", entry="identity.individual.phone", seconds=86400)
    control(world, f"accounts/{first}/require", entry="identity.individual.id_numbers")
    hear(world)
    control(world, f"accounts/{second}/close")
    earn(ben, 2)
    assert send_new(world) == "failed"
    hear(world)


def send_new(world: World) -> str:
    """Send ben's line of a new run, approved before the program heard that the account is closed."""
    run_id = draft(world)
    approve(world, run_id)
    return send(world.ben, run_id)


def reads(world: World) -> None:
    """What is asked by night and by hand: what was missed, and whether Stripe's books are ours."""
    made = world.services
    world.later(hours=1)
    sweep(face=made.face, console=made.console, gateway=made.gateway, now=world.now)
    hear(world)
    sound(world)
    found = reconcile(made.console, made.gateway, since=world.began, until=world.now)
    assert found.differences == []


def test_every_request_answer_and_event_of_moneys_whole_life_is_as_published(
    listened: World, line: Line
) -> None:
    world = listened
    checkouts(world)
    refunds(world)
    disputes(world)
    payouts(world)
    reads(world)
    assert line.problems == []
    noted = world.services.gateway
    assert isinstance(noted, Noted)
    never = calls_of(Gateway) - noted.calls
    assert not never, f"this life makes no use of {', '.join(sorted(never))}: let it, so that it is judged"
    assert set(line.asked) == ASKED
    assert set(line.heard) >= HEARD
    # Objects that only the sandbox keeps so far are Stripe's too: they are shown to whoever asks.
    for (body,) in world.installation.sandbox.store.execute("SELECT body FROM objects"):
        kept = json.loads(body)
        if kept["object"] == "v2.core.account_link":
            # The token of its address, by which the sandbox finds it again. It is shown to nobody.
            kept.pop("id")
        validate_object(kept)
    assert set(line.answered) >= {
        "checkout.session", "refund", "dispute", "transfer", "list", "v2.core.account",
        "v2.core.account_link",
    }  # fmt: skip
    # The closed account.
    assert set(line.refused) == {404}


def test_every_public_call_of_the_gateway_is_one_of_its_protocol() -> None:
    assert calls_of(StripeGateway) == calls_of(Gateway)


def test_a_call_that_was_not_made_and_one_that_is_not_published_are_noticed(
    listened: World, line: Line
) -> None:
    noted = listened.services.gateway
    assert isinstance(noted, Noted)
    assert "movements" in calls_of(Gateway) - noted.calls
    with pytest.raises(NotConforming, match="invented"):
        noted.open_session({"mode": "payment", "invented": 1}, key="one")
    with pytest.raises(SignatureInvalid):
        noted.verify(b"{}", "")
    assert noted.calls == {"open_session", "verify"}
