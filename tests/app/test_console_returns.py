"""Returns and partners' requests at the console: lists, decisions, receiving, and the refund that they fill in."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from sqlalchemy import text

from payments.refunds.asking import RefundAsked
from storage.database import transaction
from tests.app.faces import Visitor, field, words
from tests.payments.returns.test_requests import request as ask_for
from tests.payments.returns.test_requests import seen as request_of
from tests.payments.returns.test_returns import ask, line_ids, on_hand, receive, seen, sent, take_back
from tests.payments.test_refunds import accounts, give_back, lines, sound
from tests.world import GERMAN, Shop, World


@pytest.fixture(autouse=True)
def allowed(world: World) -> None:
    with transaction(world.services.console) as session:
        session.execute(text("UPDATE company SET partner_refund_requests = true, return_instructions = ''"))


def address(shop: Shop, return_id: UUID) -> str:
    return f"/returns/{shop.partner_id}/{return_id}"


def test_a_return_is_accepted_received_and_refunded(world: World) -> None:
    ada = world.ada
    order_id = sent(ada, ada.buy((world.mug, 2), (world.tote, 1)))
    mug, tote = line_ids(ada, order_id)
    stock = on_hand(ada, world.mug), on_hand(ada, world.tote)
    return_id = ask(ada, order_id, {mug: 2, tote: 1}, why="damaged")
    support = Visitor(world, "console", "support")
    place = address(ada, return_id)
    home = support.get("/")
    assert f'href="{place}"' in home.text
    assert f'href="{place}"' in support.get("/returns/?view=requested").text
    shown = words(support.get(place))
    assert "It arrived damaged or is faulty" in shown
    assert "The handle is loose" in shown
    assert support.post(f"{place}/accept").status_code == 303
    refused = support.post(f"{place}/receive", **{f"received-{mug}": "3", f"received-{tote}": "x"})
    assert refused.status_code == 422
    assert field(refused, f"received-{mug}") == "3"
    assert set(re.findall(r'name="([^"]+)"[^>]*aria-invalid="true"', refused.text)) == {f"received-{tote}"}
    refused = support.post(f"{place}/receive", **{f"received-{mug}": "3", f"received-{tote}": "0"})
    assert "0 to 2 can have arrived." in words(refused)
    given = {f"received-{mug}": "1", f"restock-{mug}": "1", f"received-{tote}": "1"}
    assert support.post(f"{place}/receive", **given).status_code == 303
    assert (on_hand(ada, world.mug), on_hand(ada, world.tote)) == (stock[0] + 1, stock[1])
    # A mug is sold at 21.60, a tote at 18.00.
    assert "USD 39.60" in words(support.get(place))
    form = f"/orders/{ada.partner_id}/{order_id}/refund"
    filled = support.get(f"{form}?return={return_id}")
    assert (field(filled, f"units-{mug}"), field(filled, f"units-{tote}")) == ("1", "1")
    assert "USD 39.60" in words(filled)
    assert "can be sold again went into stock" in words(filled)
    done = support.post(
        form,
        **{"asked": "1", "return": return_id, f"units-{mug}": "1", f"units-{tote}": "1", "funder": "company"},
    )
    assert done.status_code == 303
    assert seen(ada, return_id).state == "refunded"
    assert (on_hand(ada, world.mug), on_hand(ada, world.tote)) == (stock[0] + 1, stock[1])
    world.run_jobs()
    assert "given back" in words(support.get(place))
    again = support.post(form, **{"asked": "1", "return": return_id, f"units-{mug}": "1"})
    assert again.status_code == 422
    assert "settled this return already" in words(again)
    assert place in support.get(f"/orders/{ada.partner_id}/{order_id}").text
    sound(world)


def test_declining_needs_a_reason_and_a_withdrawal_cannot_be_declined(world: World) -> None:
    ben = world.ben
    order_id = sent(ben, ben.buy((world.mug, 2), contact=GERMAN))
    (mug,) = line_ids(ben, order_id)
    return_id = ask(ben, order_id, {mug: 1})
    staff = Visitor(world, "console", "finance")
    refused = staff.post(f"{address(ben, return_id)}/decline", reason=" ")
    assert refused.status_code == 422
    assert "Say why. The shopper reads it." in words(refused)
    assert staff.post(f"{address(ben, return_id)}/decline", reason="It was used").status_code == 303
    assert "Declined: It was used" in words(staff.get(address(ben, return_id)))
    for act in ("accept", "receive", "decline", "settle"):
        assert staff.post(f"{address(ben, return_id)}/{act}", reason="x").status_code == 422
    withdrawal = take_back(ben, order_id, {mug: 1})
    page = words(staff.get(address(ben, withdrawal)))
    assert "which needs nobody’s consent" in page
    assert "Or close it" in page
    receive(ben, withdrawal, {mug: 1})
    refused = staff.post(f"{address(ben, withdrawal)}/decline", reason="We do not want it")
    assert refused.status_code == 422
    assert "their money goes back" in words(refused)


def test_goods_that_were_paid_back_by_hand_close_their_return(world: World) -> None:
    ada = world.ada
    order_id = sent(ada, ada.buy((world.mug, 2)))
    (mug,) = line_ids(ada, order_id)
    return_id = ask(ada, order_id, {mug: 1})
    receive(ada, return_id, {mug: 1})
    staff = Visitor(world, "console", "owner")
    assert staff.post(f"{address(ada, return_id)}/settle").status_code == 422
    give_back(ada, order_id, RefundAsked({mug: 2}))
    assert "It was given back already" in words(staff.get(address(ada, return_id)))
    assert staff.post(f"{address(ada, return_id)}/settle").status_code == 303
    assert seen(ada, return_id).state == "refunded"
    sound(world)


def test_a_partners_request_fills_the_refund_in(world: World) -> None:
    ada = world.ada
    order_id = ada.buy((world.mug, 2))
    (mug,) = lines(ada, order_id)
    before = accounts(ada, order_id)
    request_id = ask_for(
        ada,
        order_id,
        RefundAsked({mug: 1}, delivery=100, goodwill=250, funder="partner", reason="Came <late>"),
    )
    staff = Visitor(world, "console", "finance")
    order = f"/orders/{ada.partner_id}/{order_id}"
    assert "Came <late>" in words(staff.get("/"))
    assert f"{order}/refund?request={request_id}" in staff.get(order).text.replace("&amp;", "&")
    filled = staff.get(f"{order}/refund?request={request_id}")
    sent_in = {name: field(filled, name) for name in (f"units-{mug}", "delivery", "goodwill", "reason")}
    assert sent_in == {f"units-{mug}": "1", "delivery": "1.00", "goodwill": "2.50", "reason": "Came <late>"}
    assert "USD 25.10" in words(filled)
    done = staff.post(
        f"{order}/refund", **{"asked": "1", "request": request_id, "funder": "partner", **sent_in}
    )
    assert done.status_code == 303
    assert request_of(ada, request_id).state == "given"
    world.run_jobs()
    after = accounts(ada, order_id)
    assert before["partner_payable"] - after["partner_payable"] == 960 + 250
    again = staff.post(f"{order}/refund", **{"asked": "1", "request": request_id, f"units-{mug}": "1"})
    assert again.status_code == 422
    assert "decided this request already" in words(again)
    sound(world)


def test_a_declined_request_is_read_by_the_partner(world: World) -> None:
    ada = world.ada
    order_id = ada.buy((world.mug, 1))
    owner = Visitor(world, "portal", "owner", ada)
    request_id = ask_for(ada, order_id, RefundAsked(goodwill=250, reason="Late"))
    staff = Visitor(world, "console", "support")
    place = f"/refund-requests/{ada.partner_id}/{request_id}/decline"
    refused = staff.post(place)
    assert refused.status_code == 422
    assert "Say why. The partner reads it." in words(refused)
    assert staff.post(place, **{"request-reason": "It came on time"}).status_code == 303
    assert staff.post(place, **{"request-reason": "No"}).status_code == 422
    world.run_jobs()
    (mail,) = [
        mail.get_content()
        for _, mail in world.services.mailer.messages()  # type: ignore[attr-defined]
        if mail["To"] == owner.email and "does not refund" in str(mail["Subject"])
    ]
    assert "It came on time" in mail


def test_a_return_of_another_order_or_partner_is_none_here(world: World) -> None:
    ada, ben = world.ada, world.ben
    order_id = sent(ada, ada.buy((world.mug, 1)))
    (mug,) = line_ids(ada, order_id)
    return_id = ask(ada, order_id, {mug: 1})
    other = ada.buy((world.mug, 1))
    theirs = ben.buy((world.mug, 1), contact=GERMAN)
    staff = Visitor(world, "console", "owner")
    assert staff.get(f"/returns/{ben.partner_id}/{return_id}").status_code == 404
    assert staff.get(f"/orders/{ada.partner_id}/{other}/refund?return={return_id}").status_code == 404
    assert staff.get(f"/orders/{ben.partner_id}/{theirs}/refund?return={return_id}").status_code == 404
    assert staff.get(f"/orders/{ada.partner_id}/{other}/refund?return=nonsense").status_code == 404


def test_the_settings_of_returns(world: World) -> None:
    owner = Visitor(world, "console", "owner")
    page = owner.get("/settings/")
    form = {
        name: field(page, name)
        for name in (
            "name", "support_email", "hold_days", "assumed_delivery_days", "returns_days",
            "keep_orders_months",
            "smallest_margin_percent", "margin_USD", "margin_EUR",
        )
    }  # fmt: skip
    form |= {"hold_from": "delivery", "lost_wholesale": "wholesale_revenue", "dispute_fee_by": "company"}
    refused = owner.post("/settings/", **form, return_instructions="x" * 2001)
    assert refused.status_code == 422
    assert "At most 2000 characters." in words(refused)
    assert owner.post("/settings/", **form, return_instructions="4 Quay Road\r\nPortland").status_code == 303
    page = owner.get("/settings/").text
    assert "4 Quay Road\nPortland</textarea>" in page
    assert not re.search(r'name="partner_refund_requests"[^>]*checked', page)
