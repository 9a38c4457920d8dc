"""Sessions from opening to payment, through Stripe's own library over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import stripe

from kit.clock import SetClock
from payments.sandbox import Sandbox
from tests.payments.openapi import validate_object
from tests.payments.sandbox.shop import MOMENT, Shop

Connect = Callable[[Sandbox], stripe.StripeClient]

ORDER = {
    "mode": "payment",
    "success_url": "https://shop.example/thanks?s={CHECKOUT_SESSION_ID}",
    "cancel_url": "https://shop.example/cart",
    "client_reference_id": "order-17",
    "customer_email": "shopper@example.com",
    "expires_at": int(MOMENT.timestamp()) + 31 * 60,
    "line_items": [
        {
            "quantity": 2,
            "price_data": {"currency": "usd", "unit_amount": 1_250, "product_data": {"name": "Mug"}},
        },
        {
            "quantity": 1,
            "price_data": {"currency": "usd", "unit_amount": 6_400, "product_data": {"name": "Throw"}},
        },
    ],
    "metadata": {"order": "17"},
    "payment_intent_data": {"transfer_group": "order-17", "metadata": {"order": "17"}},
    "shipping_options": [
        {
            "shipping_rate_data": {
                "display_name": "Parcel",
                "fixed_amount": {"amount": 500, "currency": "usd"},
            }
        }
    ],
}


def test_the_library_opens_pays_and_reads_a_session(sandbox: Sandbox, shop: Shop, connect: Connect) -> None:
    client = connect(sandbox)
    session = client.v1.checkout.sessions.create(ORDER)
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert session.amount_total == 2 * 1_250 + 6_400 + 500
    assert session.url == f"http://pay.example/c/pay/{session.id}"

    shop.pay(session)
    paid = client.v1.checkout.sessions.retrieve(
        session.id,
        {
            "expand": [
                "payment_intent.latest_charge.balance_transaction",
                "line_items.data.price.product",
                "shipping_cost.shipping_rate",
            ]
        },
    )
    validate_object(paid.to_dict(for_json=True))
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "paid", None)
    charge = paid.payment_intent.latest_charge
    assert (charge.amount, charge.transfer_group) == (9_400, "order-17")
    assert charge.balance_transaction.fee == 303  # 2.9 % of 94.00, and 30
    assert charge.balance_transaction.net == 9_400 - 303
    assert charge.balance_transaction.status == "pending"
    assert [line.price.product.name for line in paid.line_items.data] == ["Mug", "Throw"]
    assert paid.shipping_cost.shipping_rate.display_name == "Parcel"
    assert paid.metadata["order"] == "17"
    assert client.v1.payment_intents.retrieve(paid.payment_intent.id).metadata["order"] == "17"

    found = client.v1.checkout.sessions.list({"payment_intent": paid.payment_intent.id})
    assert [each.id for each in found.data] == [session.id]
    lines = client.v1.checkout.sessions.line_items.list(session.id, {"limit": 1})
    assert [line.description for line in lines.auto_paging_iter()] == ["Mug", "Throw"]


def test_paying_twice_has_one_effect(sandbox: Sandbox, shop: Shop) -> None:
    session = shop.open()
    assert shop.pay(session)["outcome"] == "paid"
    assert shop.pay(session)["outcome"] == "paid"
    assert len(shop.api("GET", "/v1/charges")[1]["data"]) == 1


def test_a_declined_card_leaves_the_session_open(shop: Shop) -> None:
    session = shop.open()
    declined = shop.pay(session, "4000000000009995")
    assert declined["outcome"] == "declined"
    _, now = shop.api("GET", f"/v1/checkout/sessions/{session['id']}?expand[]=payment_intent.latest_charge")
    assert now["status"] == "open"
    error = now["payment_intent"]["last_payment_error"]
    assert (error["code"], error["decline_code"]) == ("card_declined", "insufficient_funds")
    assert now["payment_intent"]["status"] == "requires_payment_method"
    assert now["payment_intent"]["latest_charge"]["status"] == "failed"

    assert shop.pay(session)["outcome"] == "paid"
    _, after = shop.api("GET", f"/v1/checkout/sessions/{session['id']}?expand[]=payment_intent")
    assert after["payment_intent"]["id"] == now["payment_intent"]["id"]
    assert after["payment_intent"]["last_payment_error"] is None


@pytest.mark.parametrize(("passes", "outcome"), [(True, "paid"), (False, "declined")])
def test_three_d_secure(shop: Shop, passes: bool, outcome: str) -> None:
    session = shop.open()
    assert shop.pay(session, "4000002500003155")["outcome"] == "challenge"
    assert shop.api("GET", "/v1/payment_intents")[1]["data"][0]["status"] == "requires_action"
    ended = shop.control(f"sessions/{session['id']}/authenticate", {"passed": passes})
    assert ended["outcome"] == outcome
    assert ended["session"]["payment_status"] == ("paid" if passes else "unpaid")


@pytest.mark.parametrize("fails", [False, True])
def test_a_bank_debit_settles_later(
    shop: Shop, sandbox: Sandbox, clock: SetClock, receiver: object, fails: bool
) -> None:
    session = shop.open(unit="eur")
    assert shop.pay(session, None, debit_fails=fails)["outcome"] == "processing"
    _, waiting = shop.api("GET", f"/v1/checkout/sessions/{session['id']}")
    assert (waiting["status"], waiting["payment_status"]) == ("complete", "unpaid")
    assert sandbox.sweep() == 0
    clock.advance(timedelta(minutes=2))
    assert sandbox.sweep() == 1
    _, ended = shop.api("GET", f"/v1/checkout/sessions/{session['id']}")
    assert ended["payment_status"] == ("unpaid" if fails else "paid")
    kind = "failed" if fails else "succeeded"
    _, events = shop.api("GET", f"/v1/events?type=checkout.session.async_payment_{kind}")
    assert len(events["data"]) == 1


def test_a_debit_is_finished_on_demand(shop: Shop) -> None:
    session = shop.open()
    shop.pay(session, None)
    settled = shop.control(f"sessions/{session['id']}/settle", {"succeeds": True})
    assert settled["payment_status"] == "paid"


def test_sessions_expire_by_themselves(shop: Shop, sandbox: Sandbox, clock: SetClock) -> None:
    read, swept = (shop.open(extra=f"&expires_at={int(MOMENT.timestamp()) + 1_860}") for _ in range(2))
    shop.pay(swept, "4000000000000002")
    clock.advance(timedelta(minutes=31))
    _, lazily = shop.api("GET", f"/v1/checkout/sessions/{read['id']}")
    assert (lazily["status"], lazily["url"]) == ("expired", None)
    assert sandbox.sweep() == 1
    _, intents = shop.api("GET", "/v1/payment_intents")
    assert intents["data"][0]["cancellation_reason"] == "expired"
    _, events = shop.api("GET", "/v1/events?type=checkout.session.expired")
    assert {event["data"]["object"]["id"] for event in events["data"]} == {read["id"], swept["id"]}
    assert shop.pay(read)["outcome"] == "expired"


def test_a_session_is_expired_on_request_once(sandbox: Sandbox, shop: Shop, connect: Connect) -> None:
    client = connect(sandbox)
    session = client.v1.checkout.sessions.create(ORDER)
    assert client.v1.checkout.sessions.expire(session.id).status == "expired"
    with pytest.raises(stripe.InvalidRequestError, match="status of expired"):
        client.v1.checkout.sessions.expire(session.id)
    paid = shop.open()
    shop.pay(paid)
    with pytest.raises(stripe.InvalidRequestError, match="status of complete"):
        client.v1.checkout.sessions.expire(paid["id"])


def test_nothing_to_pay_needs_no_payment(shop: Shop) -> None:
    session = shop.open(0)
    assert session["payment_status"] == "no_payment_required"
    assert shop.pay(session)["session"]["status"] == "complete"
    assert shop.api("GET", "/v1/payment_intents")[1]["data"] == []


@pytest.mark.parametrize(
    ("unit", "amount", "fee"), [("usd", 10_000, 320), ("jpy", 10_000, 320), ("kwd", 10_000, 590)]
)
def test_fees_fit_the_currency(shop: Shop, unit: str, amount: int, fee: int) -> None:
    transaction = shop.paid(amount, unit=unit)["balance_transaction"]
    assert (transaction["fee"], transaction["net"]) == (fee, amount - fee)
    assert [detail["amount"] for detail in transaction["fee_details"]] == [fee]


def test_history_is_made_by_setting_the_clock(shop: Shop) -> None:
    shop.control("clock", {"now": "2026-01-05T08:00:00+00:00"})
    charge = shop.paid()
    assert charge["created"] == 1_767_600_000
    assert shop.control("clock", {"now": None})["now"] == MOMENT.isoformat()
    _, transaction = shop.api("GET", f"/v1/balance_transactions/{charge['balance_transaction']['id']}")
    assert transaction["status"] == "available"
