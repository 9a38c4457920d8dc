"""Ten thousand webhooks that Stripe did not send, at the program's real address: none is taken."""

from __future__ import annotations

import hmac
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from sqlalchemy import text
from werkzeug.test import Client

from app.application import create_app
from payments.gateway.records import GatewayEvent
from payments.inbox import HEAD_START, drain
from storage.database import transaction
from tests.payments.test_inbox import paid_event
from tests.payments.test_settlement import facts
from tests.world import SECRET, World

_TRIED = 10_000
_ADDRESS = "/webhooks/stripe"
# What a header may carry in a byte, and what an int() of the language would take for a number.
_ODD = ("é", "\xff" * 40, "t=١٢٣,v1=é", "t=\u00b2,v1=a", "t=-1", "t=1e9,v1=00", "=", ",,,=,,", "v1", "t", " ")


def sign(payload: bytes, at: int, secret: str = SECRET) -> str:
    """The mark of a payload, as Stripe makes it."""
    return hmac.new(secret.encode(), f"{at}.".encode() + payload, sha256).hexdigest()


def header(payload: bytes, at: int, secret: str = SECRET) -> str:
    return f"t={at},v1={sign(payload, at, secret)}"


@dataclass(frozen=True)
class Post:
    """A request: what it is called, its body, and its header or None."""

    name: str
    payload: bytes
    signature: str | None


def altered(dice: random.Random, value: str, letters: str) -> str:
    """The value with one character changed to another."""
    at = dice.randrange(len(value))
    return value[:at] + dice.choice([one for one in letters if one != value[at]]) + value[at + 1 :]


def forged(dice: random.Random, payload: bytes, now: int, others: list[bytes]) -> Iterator[Post]:
    """One of each kind of forgery of a payload, with everything about it drawn anew."""
    good, mark = header(payload, now), sign(payload, now)
    at = dice.randrange(len(payload))
    bit = bytes([payload[at] ^ (1 << dice.randrange(7))])
    stale, ahead = now - dice.randint(305, 10**8), now + dice.randint(310, 10**8)
    hexes = "0123456789abcdef"
    yield Post("another secret", payload, header(payload, now, f"whsec_{dice.getrandbits(64):x}"))
    yield Post("no secret", payload, header(payload, now, ""))
    yield Post("stale", payload, header(payload, stale))
    yield Post("ahead", payload, header(payload, ahead))
    yield Post("another moment", payload, f"t={now - dice.randint(1, 250)},v1={mark}")
    yield Post("a byte altered", payload[:at] + bit + payload[at + 1 :], good)
    yield Post("a byte added", payload + dice.choice([b" ", b"\n", b"\0", b"}"]), good)
    yield Post("a byte less", payload[:-1], good)
    yield Post("the mark altered", payload, f"t={now},v1={altered(dice, mark, hexes)}")
    yield Post("the mark in capitals", payload, f"t={now},v1={mark.upper()}")
    yield Post("the mark cut", payload, f"t={now},v1={mark[: dice.randrange(64)]}")
    yield Post("an older scheme", payload, f"t={now},v0={mark}")
    yield Post("a scheme to come", payload, f"t={now},v2={mark}")
    yield Post("no moment", payload, f"v1={mark}")
    yield Post("no header", payload, None)
    yield Post("an empty header", payload, "")
    yield Post("another's header", payload, header(dice.choice(others), now))
    wrong = (f"v1={dice.getrandbits(256):064x}" for _ in range(dice.randint(2, 9)))
    yield Post("several marks, all wrong", payload, f"t={now},{','.join(wrong)}")
    yield Post("cut anywhere", payload, good[: dice.randrange(len(good))])
    yield Post("an empty body", b"", good)
    yield Post("odd letters", payload, dice.choice(_ODD))
    yield Post("odd letters for a mark", payload, f"t={now},v1=" + "\xe9" * dice.randrange(1, 80))
    yield Post("a huge number", payload, f"t={'9' * dice.randint(5_000, 9_000)},v1={mark}")
    yield Post("a huge header", payload, f"t={now}," + "v1=a," * 400)
    yield Post("no text", bytes(dice.randrange(128, 256) for _ in range(64)), good)


def poster(world: World) -> Callable[[Post], tuple[int, str]]:
    """Send to the program as it is served, on the platform's own host."""
    client = Client(create_app(world.services))
    base = f"http://{world.services.config.site_host}"

    def send(post: Post) -> tuple[int, str]:
        headers = {"Content-Type": "application/json"}
        if post.signature is not None:
            headers["Stripe-Signature"] = post.signature
        answer = client.post(_ADDRESS, base_url=base, data=post.payload, headers=headers)
        return answer.status_code, answer.get_data(as_text=True)

    return send


def kept(world: World) -> int:
    with transaction(world.services.console) as session:
        return int(session.execute(text("SELECT count(*) FROM stripe_events")).scalar_one())


def ours(world: World) -> tuple[list[UUID], list[GatewayEvent]]:
    """An order of each shop that is paid at Stripe, and the events that tell of them."""
    found = [paid_event(world, shop) for shop in (world.ada, world.ben)]
    return [order for order, _ in found], [event for _, event in found]


def test_ten_thousand_forged_signatures_are_refused_and_nothing_is_stored_of_them(world: World) -> None:
    (ada, ben), events = ours(world)
    payloads = [json.dumps(event.payload).encode() for event in events]
    send, before, dice = poster(world), kept(world), random.Random(4)
    tried: Counter[str] = Counter()
    answers: Counter[tuple[int, str]] = Counter()
    while tried.total() < _TRIED:
        payload = dice.choice(payloads)
        others = [each for each in payloads if each != payload]
        for post in forged(dice, payload, int(time.time()), others):
            answer = send(post)
            assert answer[0] == 400, (post.name, answer, post.signature)
            answers[answer] += 1
            tried[post.name] += 1
    assert min(tried.values()) >= _TRIED // len(tried)
    assert len(tried) == 25
    (said,) = answers
    assert said[1] == "The signature does not match, or is not of the last five minutes."
    assert kept(world) == before
    drain(world.services.face, gateway=world.services.gateway, now=world.now, patience=HEAD_START)
    assert facts(world.ada, ada) == ("awaiting", 0, 0, 0)
    assert facts(world.ben, ben) == ("awaiting", 0, 0, 0)


def test_what_is_too_large_is_refused_before_its_signature_is_read(world: World) -> None:
    payload = b'{"id": "evt_large", "more": "' + b"x" * (1 << 20) + b'"}'
    before = kept(world)
    assert poster(world)(Post("large", payload, header(payload, int(time.time()))))[0] == 413
    assert kept(world) == before


def test_a_signed_webhook_that_says_nothing_is_refused(world: World) -> None:
    send, before, now = poster(world), kept(world), int(time.time())
    for payload in (b"", b"null", b"[]", b"7", b'"evt"', b"{", b"{}", b'{"id": "evt_1", "type": "x"}',
                    b'{"id": "evt_1", "type": "x", "data": {"object": null}}'):  # fmt: skip
        assert send(Post("nothing", payload, header(payload, now)))[0] == 400, payload
    assert kept(world) == before


def test_a_webhook_sent_again_and_again_is_taken_once(world: World) -> None:
    (ada, ben), events = ours(world)
    payloads = [json.dumps(event.payload).encode() for event in events]
    send, before = poster(world), kept(world)
    for turn in range(200):
        for payload in payloads:
            # Stripe signs each attempt anew; a thief can only send what was signed before.
            at = int(time.time()) - (turn % 2) * 200
            # The library reads no further than a second sign of equality.
            signature = header(payload, at).replace(",", "=7," if turn % 7 == 0 else ",")
            assert send(Post("again", payload, signature)) == (200, "")
        if turn in (20, 120):
            drain(world.services.face, gateway=world.services.gateway, now=world.now, patience=HEAD_START)
    assert kept(world) == before + 2
    assert facts(world.ada, ada) == ("paid", 3, 1, 1)
    assert facts(world.ben, ben)[0] == "paid"
    assert facts(world.ben, ben)[2:] == (1, 1)
