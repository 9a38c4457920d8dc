"""A partner's request for a refund: it moves nothing, is asked once, and leads to one refund or a reason."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import text

from kit.errors import NotFound, Refusal
from payments.refunds.asking import RefundAsked, ask_refund
from payments.refunds.sending import send_refund
from payments.remainder import NotRefundable
from payments.returns.requests import (
    RequestView,
    decline_request,
    open_requests,
    read_request,
    request_refund,
    requests_of_order,
    settle_request,
)
from storage.database import transaction
from tests.payments.test_refunds import accounts, lines, sound
from tests.world import GERMAN, Shop, World

STAFF = "staff@example.com"


@pytest.fixture(autouse=True)
def allowed(world: World) -> None:
    allow(world, True)


def allow(world: World, whether: bool) -> None:
    with transaction(world.services.console) as session:
        session.execute(text("UPDATE company SET partner_refund_requests = :w"), {"w": whether})


def request(shop: Shop, order_id: UUID, asked: RefundAsked) -> UUID:
    with shop.transaction() as session:
        return request_refund(
            session, partner_id=shop.partner_id, order_id=order_id, asked=asked, actor="partner@example.com",
            now=shop.world.now,
        )  # fmt: skip


def seen(shop: Shop, request_id: UUID) -> RequestView:
    with shop.transaction() as session:
        return read_request(session, partner_id=shop.partner_id, request_id=request_id)


def give(shop: Shop, request_id: UUID) -> UUID:
    keys = {"partner_id": shop.partner_id}
    with transaction(shop.world.services.console) as session:
        found = read_request(session, **keys, request_id=request_id)
        refund_id = ask_refund(
            session, **keys, order_id=found.order_id, asked=found.asked, actor=STAFF, now=shop.world.now
        )
        settle_request(
            session, **keys, request_id=request_id, refund_id=refund_id, actor=STAFF, now=shop.world.now
        )
    send_refund(shop.tenant, gateway=shop.world.services.gateway, refund_id=refund_id, now=shop.world.now)
    return refund_id


def decline(shop: Shop, request_id: UUID, reason: str) -> None:
    with transaction(shop.world.services.console) as session:
        decline_request(
            session, partner_id=shop.partner_id, request_id=request_id, reason=reason, actor=STAFF,
            now=shop.world.now,
        )  # fmt: skip


def test_a_request_moves_nothing_until_the_company_gives_it(world: World) -> None:
    ada, ben = world.ada, world.ben
    order_id, other = ada.buy((world.mug, 2)), ben.buy((world.mug, 1), contact=GERMAN)
    before, theirs = accounts(ada, order_id), accounts(ben, other)
    (mug,) = lines(ada, order_id)
    request_id = request(
        ada, order_id, RefundAsked({mug: 1}, goodwill=300, funder="partner", reason=" Chipped ")
    )
    assert accounts(ada, order_id) == before
    found = seen(ada, request_id)
    assert (found.state, found.amount.minor, found.funder, found.reason) == (
        "asked",
        2460,
        "partner",
        "Chipped",
    )
    with transaction(world.services.console) as session:
        assert request_id in {each.request_id for each in open_requests(session)}
    with pytest.raises(NotRefundable, match="waits for the company"):
        request(ada, order_id, RefundAsked({mug: 1}, reason="x"))
    give(ada, request_id)
    after = accounts(ada, order_id)
    # A mug earns 9.60, and the goodwill is the partner's own.
    assert before["partner_payable"] - after["partner_payable"] == 960 + 300
    assert seen(ada, request_id).state == "given"
    with pytest.raises(Refusal, match="decided this request already"):
        decline(ada, request_id, "no")
    with pytest.raises(NotRefundable):
        give(ada, request_id)
    assert accounts(ben, other) == theirs
    sound(world)


def test_a_declined_request_says_why_and_can_be_asked_again(world: World) -> None:
    ada = world.ada
    order_id = ada.buy((world.mug, 2))
    before = accounts(ada, order_id)
    (mug,) = lines(ada, order_id)
    first = request(ada, order_id, RefundAsked({mug: 1}, reason="Late"))
    with pytest.raises(Refusal, match="Say why"):
        decline(ada, first, " ")
    decline(ada, first, "It was on time")
    assert (seen(ada, first).state, seen(ada, first).declined_for) == ("declined", "It was on time")
    request(ada, order_id, RefundAsked({mug: 1}, reason="Late, truly"))
    with ada.transaction() as session:
        found = requests_of_order(session, partner_id=ada.partner_id, order_id=order_id)
    assert [each.state for each in found] == ["declined", "asked"]
    assert accounts(ada, order_id) == before


def test_what_cannot_be_asked_for_is_refused_at_its_field(world: World) -> None:
    ada = world.ada
    order_id = ada.buy((world.mug, 2))
    (mug,) = lines(ada, order_id)
    for asked, field in (
        (RefundAsked({mug: 1}), "reason"),
        (RefundAsked({mug: 3}, reason="x"), f"units-{mug}"),
        (RefundAsked(reason="x"), "units"),
        (RefundAsked(delivery=10_000, reason="x"), "delivery"),
        (RefundAsked(goodwill=100_000, reason="x"), "goodwill"),
        (RefundAsked(goodwill=1, funder="shopper", reason="x"), "funder"),
    ):
        with pytest.raises(NotRefundable) as refused:
            request(ada, order_id, asked)
        assert refused.value.field == field
    allow(world, False)
    with pytest.raises(NotRefundable, match="gives refunds itself"):
        request(ada, order_id, RefundAsked({mug: 1}, reason="x"))


def test_another_partners_order_and_request_are_as_good_as_none(world: World) -> None:
    ada, ben = world.ada, world.ben
    order_id = ada.buy((world.mug, 2))
    (mug,) = lines(ada, order_id)
    with pytest.raises(NotFound):
        request(ben, order_id, RefundAsked({mug: 1}, reason="x"))
    request_id = request(ada, order_id, RefundAsked({mug: 1}, reason="x"))
    with pytest.raises(NotFound):
        seen(ben, request_id)
    with ben.transaction() as session:
        assert requests_of_order(session, partner_id=ben.partner_id, order_id=order_id) == []
