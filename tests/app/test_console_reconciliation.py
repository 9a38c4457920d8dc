"""The console's page of what Stripe has and we have not."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from payments.refunds.asking import RefundAsked
from tests.app.faces import Visitor, words
from tests.payments.test_reconciliation import refund_by_hand
from tests.payments.test_refunds import give_back
from tests.payments.test_settlement import control
from tests.world import GERMAN, World

PAGE = "/money/reconciliation/"


def test_nothing_is_asked_before_a_period_is_chosen(world: World) -> None:
    control(world, "faults/api", kind="error", path="/v1/balance_transactions", count=9)
    shown = Visitor(world, "console", "finance").get(PAGE)
    assert shown.status_code == 200
    assert "Choose a period" in words(shown)


def test_what_agrees_is_said_and_what_differs_leads_to_its_order(world: World) -> None:
    # Days of other tests lie behind.
    world.later(days=2)
    order_id = world.ada.buy((world.mug, 2))
    other = world.ben.buy((world.mug, 1), contact=GERMAN)
    give_back(world.ben, other, RefundAsked(goodwill=200))
    person = Visitor(world, "console", "finance")
    shown = person.get(f"{PAGE}?days=1")
    assert "Nothing differs in 3 movements at Stripe." in words(shown)
    refund_id = refund_by_hand(world.ada, order_id, 333)
    world.later(hours=3)
    shown = person.get(f"{PAGE}?days=1")
    assert "1 difference in 4 movements at Stripe." in words(shown)
    assert "Refund made outside Awning" in words(shown)
    assert refund_id in words(shown)
    assert f'href="/orders/{world.ada.partner_id}/{order_id}"' in shown.text
    assert f"/{other}" not in shown.text
    # The ledger was only read.
    with world.ada.transaction() as session:
        refunds = session.execute(
            text("SELECT count(*) FROM refunds WHERE partner_id = :p"), {"p": world.ada.partner_id}
        ).scalar_one()
    assert refunds == 0


@pytest.mark.parametrize("days", ["2", "all", "-1", "9999999999", "7; DROP TABLE orders"])
def test_another_period_is_refused(world: World, days: str) -> None:
    shown = Visitor(world, "console", "owner").get(PAGE, query_string={"days": days})
    assert shown.status_code == 422
    assert "Choose one of the periods." in words(shown)


def test_stripe_that_does_not_answer_is_said_in_the_page(world: World) -> None:
    control(world, "faults/api", kind="error", path="/v1/balance_transactions", count=9)
    shown = Visitor(world, "console", "owner").get(f"{PAGE}?days=7")
    assert shown.status_code == 503
    assert "Stripe did not answer. Nothing was compared" in words(shown)
    assert 'name="days"' in shown.text
    world.installation.sandbox.faults.clear()
