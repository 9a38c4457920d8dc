"""Disputes and holds in the console, what partners see of them, and the terms of a price list."""

from __future__ import annotations

import re

from sqlalchemy import text

from payments.holds import place_hold
from storage.database import transaction
from tests.app.faces import Visitor, words
from tests.payments.test_balances import owed
from tests.payments.test_disputes import decide, dispute, disputed
from tests.world import GERMAN, World


def test_a_dispute_stands_in_the_work_queue_until_it_is_answered(world: World) -> None:
    ada = world.ada
    order_id = ada.buy((world.mug, 1))
    opened = dispute(ada, order_id, reason="product_not_received")
    finance = Visitor(world, "console", "finance")
    number = str(opened.order_number)
    queue = words(finance.get("/"))
    assert "Disputes to answer" in queue
    assert "The shopper says that nothing arrived" in queue
    page = f"/disputes/{ada.partner_id}/{opened.dispute_id}"
    assert page in finance.get("/disputes/?view=open").text
    shown = finance.get(page)
    for told in (
        "maya@example.com",
        "12 Harbour Street",
        "Ada earns less USD 9.60",
        "You take less USD 12.00",
    ):
        assert told in words(shown), told
    refused = finance.post(f"{page}/answer", answer=" ")
    assert refused.status_code == 422
    assert "Tell the bank what happened" in words(refused)
    sent = finance.post(f"{page}/answer", answer="Handed over on 4 March.")
    assert sent.status_code == 303
    world.run_jobs()
    assert "The bank decides, which takes weeks." in words(finance.get(page))
    assert number not in re.findall(r"/disputes/[^\"]+\">(\d+)", finance.get("/").text)
    # What is answered cannot be given up any more.
    assert finance.post(f"{page}/accept").status_code == 422
    assert decide(ada, order_id, "win").state == "won"
    assert "Stripe gave the money back, and kept its fee of USD 15.00." in words(finance.get(page))


def test_a_dispute_is_given_up_by_a_button_and_named_by_its_own_partner_alone(world: World) -> None:
    ada, ben = world.ada, world.ben
    order_id = ben.buy((world.mug, 1), contact=GERMAN)
    opened = dispute(ben, order_id)
    support = Visitor(world, "console", "support")
    assert support.get(f"/disputes/{ada.partner_id}/{opened.dispute_id}").status_code == 404
    assert support.post(f"/disputes/{ada.partner_id}/{opened.dispute_id}/accept").status_code == 404
    assert support.post(f"/disputes/{ben.partner_id}/{opened.dispute_id}/accept").status_code == 303
    world.run_jobs()
    assert disputed(ben, order_id).state == "lost"
    order = words(support.get(f"/orders/{ben.partner_id}/{order_id}"))
    for told in ("Lost", "Dispute lost", "Moved by a dispute"):
        assert told in order
    assert "Give money back" not in order
    assert "The shopper’s bank has asked" in words(support.get(f"/orders/{ben.partner_id}/{order_id}/refund"))


def test_a_partner_reads_why_its_margin_is_held_and_what_was_lost(world: World) -> None:
    ada, ben = world.ada, world.ben
    order_id, theirs = ada.buy((world.mug, 2)), ben.buy((world.mug, 1), contact=GERMAN)
    dispute(ada, order_id)
    partner = Visitor(world, "portal", "owner", ada)
    earnings = words(partner.get("/earnings?figure=held"))
    assert "somebody else paid" in earnings
    assert "$19.20" in earnings
    order = words(partner.get(f"/orders/{order_id}"))
    assert "Your margin of this order is held." in order
    assert "The shopper's bank wants USD 48.10 back" in order
    decide(ada, order_id, "lose")
    order = words(partner.get(f"/orders/{order_id}"))
    assert "is held" not in order
    assert "Dispute lost −$19.20" in order
    assert "You keep $0.00" in order
    assert "Dispute lost: Mug, Oat" in words(partner.get("/earnings"))
    other = words(Visitor(world, "portal", "owner", ben).get("/earnings?figure=held"))
    assert "somebody else paid" not in other
    assert words(Visitor(world, "portal", "owner", ben).get(f"/orders/{theirs}"))


def test_staff_hold_a_margin_and_release_it_each_with_a_reason(world: World) -> None:
    ada = world.ada
    order_id = ada.buy((world.mug, 1))
    finance = Visitor(world, "console", "finance")
    page = f"/orders/{ada.partner_id}/{order_id}"
    refused = finance.post(f"{page}/hold", reason="")
    assert (refused.status_code, owed(ada).held.minor) == (422, 0)
    assert "Say why" in words(refused)
    assert finance.post(f"{page}/hold", reason="Two people with one card").status_code == 303
    assert owed(ada).held.minor == 960
    shown = finance.get(page)
    assert "Two people with one card" in words(shown)
    release = re.search(r'action="(/orders/[^"]+/release)"', shown.text)
    assert release
    assert finance.post(release[1], reason="").status_code == 422
    assert finance.post(release[1], reason="Both are family").status_code == 303
    assert owed(ada).held.minor == 0
    assert "Both are family" in words(finance.get(page))
    # Whoever only reads orders finds no way to hold anything.
    assert "Hold the margin" not in words(Visitor(world, "console", "viewer").get(page))


def test_what_the_program_found_waits_in_the_work_queue(world: World) -> None:
    ada = world.ada
    order_id = ada.buy((world.mug, 1))
    reason = f"Stripe sees a raised risk of fraud, {world.number}."
    with transaction(world.services.console) as session:
        place_hold(
            session, partner_id=ada.partner_id, order_id=order_id, kind="risk", reason=reason, actor="awning",
            now=world.now,
        )  # fmt: skip
    finance = Visitor(world, "console", "finance")
    release = re.search(
        r'action="(/orders/[^"]+/release)"', finance.get(f"/orders/{ada.partner_id}/{order_id}").text
    )
    with transaction(world.services.console) as session:
        # Of other tests more may wait than the page shows.
        session.execute(
            text("UPDATE holds SET released_at = now(), released_by = 'x', released_for = 'x'"
                 " WHERE released_at IS NULL AND order_id <> :o AND kind IN ('risk', 'own_purchase')"),
            {"o": order_id},
        )  # fmt: skip
    assert reason in words(finance.get("/"))
    assert release
    finance.post(release[1], reason="Known to us")
    assert reason not in words(finance.get("/"))


def test_a_price_lists_terms_are_changed_and_count_for_orders_from_then_on(world: World) -> None:
    catalogue = Visitor(world, "console", "catalogue")
    catalogue.post("/wholesale/lists", name=f"Silver {world.number}")
    found = re.search(
        rf'href="(/wholesale/lists/[0-9a-f-]+)">Silver {world.number}<',
        catalogue.get("/wholesale/lists").text,
    )
    assert found
    asked = {"name": f"Silver {world.number}", "hold_from": "payment", "hold_days": "7", "fee_share": "50"}
    for field, value, told in (
        ("name", "", "1 to 60 characters"), ("hold_days", "", "both"), ("hold_days", "-1", "whole number"),
        ("hold_days", "400", "0 to 365"), ("fee_share", "101", "0 to 100"), ("fee_share", "half", "percentage"),
        ("hold_from", "order", "from payment or from delivery"), ("name", "Ceiling", "another column"),
    ):  # fmt: skip
        refused = catalogue.post(found[1], **(asked | {field: value}))
        assert refused.status_code == 422, (field, value)
        assert told in words(refused)
    assert catalogue.post(found[1], **asked, customer_fields=["name", "email"]).status_code == 303
    with transaction(world.services.console) as session:
        row = session.execute(
            text(
                "SELECT hold_from, hold_days, fee_share_bps, customer_fields FROM price_lists WHERE name = :n"
            ),
            {"n": asked["name"]},
        ).one()
        session.execute(
            text("UPDATE partners SET price_list_id = :l WHERE partner_id = :p"),
            {"l": found[1].rpartition("/")[2], "p": world.ada.partner_id},
        )
    assert tuple(row) == ("payment", 7, 5000, ["name", "email"])
    world.ada.buy((world.mug, 1))
    partner = words(Visitor(world, "portal", "owner", world.ada).get("/earnings"))
    assert "Your part of Stripe’s fee" in partner
    assert Visitor(world, "console", "finance").get(found[1]).status_code == 403
