"""What webhooks cost: their acknowledgement at fifty a second, and settling ten thousand of them."""

from __future__ import annotations

import hmac
import json
import random
import socket
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from threading import local
from typing import Any

from app.services import gateway, sandbox_secret
from bench.history import History, Order, ledger_hash, settle
from bench.installation import Installation
from bench.measuring import Figure
from bench.shopper import Browser, Shopper
from payments.gateway.records import GatewayEvent
from payments.inbox import receive
from payments.refunds.sending import RefundReference
from payments.sweep import sweep

_RATE, _SECONDS = 50, 20
_WAITING, _SETTLED, _FOUND, _DISPUTED, _LEFT = 1_750, 240, 360, 220, 100


def webhook_figures(bench: Installation) -> Iterator[Figure]:
    """The figures of webhooks."""
    yield from _acknowledged(bench)
    yield from _settled(bench)


def _acknowledged(bench: Installation) -> Iterator[Figure]:
    payloads = _told(bench)
    numbers = count()
    _send(bench, payloads, numbers, _RATE * 2)
    latencies = sorted(_send(bench, payloads, numbers, _RATE * _SECONDS))
    p99 = latencies[int(len(latencies) * 0.99)]
    yield Figure(f"webhook acknowledged at {_RATE} a second, p99", p99 * 1000, "ms", 50)
    yield Figure("the same, median", statistics.median(latencies) * 1000, "ms", None)


def _told(bench: Installation) -> list[dict[str, object]]:
    """Events of real purchases and refunds: half of them are known already, and half make the worker ask."""
    stripe, began = gateway(bench.config), datetime.now(UTC)
    for number in range(12):
        shopper = Shopper(Browser(bench.port), bench.stores[0], "DE", bench.pay_port)
        shopper.buy([f"thing-{number}"])
        shopper.browser.close()
    paid = [event for event in stripe.events_since(began) if event.type == "checkout.session.completed"]
    for event in paid[:6]:
        intent = stripe.read_session(event.object_id).payment_intent_id or ""
        stripe.refund_in_full(intent, key=f"bench:{event.event_id}")
    kinds = ("checkout.session.completed", "refund.created")
    return [event.payload for event in stripe.events_since(began) if event.type in kinds]


def _send(
    bench: Installation, payloads: list[dict[str, object]], numbers: Iterator[int], times: int
) -> list[float]:
    """Send on a schedule that waits for nobody; returns how long after its moment each was answered."""
    secret, host = sandbox_secret(bench.config).encode(), f"{bench.config.site_host}:{bench.port}"
    kept = local()

    def request() -> bytes:
        number = next(numbers)
        body = json.dumps(
            {**payloads[number % len(payloads)], "id": f"evt_bench_{number}"}, indent=2
        ).encode()
        at = int(time.time())
        mark = hmac.new(secret, f"{at}.".encode() + body, sha256).hexdigest()
        head = f"POST /webhooks/stripe HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        return (
            f"{head}Stripe-Signature: t={at},v1={mark}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        )

    def send(due: float, raw: bytes) -> float:
        if not hasattr(kept, "stream"):
            sock = socket.create_connection(("127.0.0.1", bench.port), timeout=20)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            kept.stream = sock.makefile("rwb")
        kept.stream.write(raw)
        kept.stream.flush()
        status, length = kept.stream.readline(), 0
        while (line := kept.stream.readline()) != b"\r\n":
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        kept.stream.read(length)
        if b" 200 " not in status:
            raise RuntimeError(f"a webhook was answered {status.decode()}")
        return time.perf_counter() - due

    # The thread that keeps the time signs while it waits, so that nobody's signing delays anybody.
    with ThreadPoolExecutor(16) as pool:
        begun, sent = time.perf_counter() + 0.1, []
        for number in range(times):
            raw, due = request(), begun + number / _RATE
            time.sleep(max(0.0, due - time.perf_counter()))
            sent.append(pool.submit(send, due, raw))
        return [each.result() for each in sent]


def _live(
    first: Installation,
    history: History,
    waiting: list[Order],
    asked: list[tuple[Order, RefundReference]],
    lines: list[Any],
) -> list[GatewayEvent]:
    """Let it all happen at Stripe, and ``first`` hear of it step by step; returns the events."""
    heard: set[str] = set()

    def hear() -> list[GatewayEvent]:
        events = history.events()
        for event in events:
            if event.event_id not in heard:
                receive(first.face, event=event, now=datetime.now(UTC))
                heard.add(event.event_id)
        if settle(first, history, now=datetime.now(UTC)):
            raise RuntimeError("events that came in order were put off")
        return events

    for order in waiting[_LEFT:]:
        history.pay(order)
    for order in waiting[:_LEFT]:
        history.gateway.expire_session(order.session_id)
    hear()
    paid = iter(waiting[_LEFT:])
    given = []
    for order, reference in asked:
        intent, _ = history.charge(order)
        amount = history.amount(reference)
        given.append(
            history.gateway.refund(
                intent, amount=amount, metadata=reference.metadata, key=f"refund:{reference.refund_id}"
            ).refund_id
        )
    # Somebody gives all or a part back in Stripe's dashboard.
    for number, order in zip(range(_FOUND), paid, strict=False):
        intent, _ = history.charge(order)
        if number % 2:
            history.gateway.refund_in_full(intent, key=f"all:{order.order_id}")
        else:
            history.gateway.refund(intent, amount=150, metadata={}, key=f"part:{order.order_id}")
    disputed = [
        history.control(f"charges/{history.charge(order)[1]}/dispute", inquiry=number % 5 == 0)["id"]
        for number, order in zip(range(_DISPUTED), paid, strict=False)
    ]
    transfers = [history.transfer(line) for line in lines]
    hear()
    for refund_id in given[::4]:
        history.control(f"refunds/{refund_id}/fail")
    for number, dispute_id in enumerate(disputed):
        history.control(f"disputes/{dispute_id}/{'win' if number % 5 == 0 or number % 2 else 'lose'}")
    for transfer_id in transfers[::2]:
        history.control(f"transfers/{transfer_id}/reverse", amount=100)
    return hear()


def _settled(bench: Installation) -> Iterator[Figure]:
    first = bench.beside("heard_in_order")
    history = History(first)
    waiting = [history.place(number) for number in range(_WAITING)]
    settled = [history.place(number) for number in range(_SETTLED)]
    for order in settled:
        history.settle(order)
    asked = [(order, history.ask_refund(order)) for order in settled]
    lines = history.approve_payouts()
    for engine in (first.console, first.face):
        engine.dispose()
    second = bench.beside("heard_anyhow", like="heard_in_order")
    begun = time.perf_counter()
    events = _live(first, history, waiting, asked, lines)
    yield Figure("events of a shop's history, each once", len(events), "events", None)
    in_order, entries = ledger_hash(first)
    yield Figure("its ledger", entries, "entries", None)
    yield Figure("its making, heard as it happens", time.perf_counter() - begun, "s", None)

    dice = random.Random(10)
    dropped = {event.event_id for event in dice.sample(events, len(events) // 10)}
    sent = [event for event in events if event.event_id not in dropped] * 3
    dice.shuffle(sent)
    now = datetime.now(UTC)
    begun = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda event: receive(second.face, event=event, now=now), sent))
    stored = time.perf_counter()
    left = settle(second, history, now=now)
    drained = time.perf_counter()
    missed, _ = sweep(face=second.face, console=second.console, gateway=history.gateway, now=now)
    # What came before its payment waits for minutes by now.
    if settle(second, history, now=now + timedelta(hours=1)):
        raise RuntimeError("events are never handled")
    done = time.perf_counter()
    anyhow, _ = ledger_hash(second)
    if missed != len(dropped):
        raise RuntimeError(f"the sweep found {missed} of {len(dropped)} events that were dropped")
    yield Figure("webhooks sent, shuffled and tripled", len(sent), "events", None)
    yield Figure("the same, stored", len(sent) / (stored - begun), "1/s", None)
    distinct = len(events) - len(dropped) - left
    yield Figure("events settled a second", distinct / (drained - stored), "1/s", 100, at_least=True)
    yield Figure("the dropped tenth, swept and settled", done - drained, "s", None)
    yield Figure("the same ledger as in order", float(anyhow == in_order), "of 1", 1, at_least=True)
    history.sandbox.close()
