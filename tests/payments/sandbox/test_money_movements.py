"""What becomes of money that was taken: refunds, disputes, transfers, payouts, the balance."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import stripe

from kit.clock import SetClock
from payments.sandbox import Sandbox
from tests.payments.sandbox.shop import Shop

Connect = Callable[[Sandbox], stripe.StripeClient]
AT_ONCE = "4000000000000077"


def test_refunds_in_part_and_then_the_rest(sandbox: Sandbox, shop: Shop, connect: Connect) -> None:
    client = connect(sandbox)
    charge = shop.paid(1_000)
    part = client.v1.refunds.create({"payment_intent": charge["payment_intent"], "amount": 300})
    assert (part.status, part.charge, part.amount) == ("succeeded", charge["id"], 300)
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded") as caught:
        client.v1.refunds.create({"charge": charge["id"], "amount": 701})
    assert caught.value.param == "amount"
    rest = client.v1.refunds.create({"charge": charge["id"], "expand": ["balance_transaction"]})
    assert (rest.amount, rest.balance_transaction.net, rest.balance_transaction.fee) == (700, -700, 0)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.refunds.create({"charge": charge["id"]})
    assert caught.value.code == "charge_already_refunded"
    after = client.v1.charges.retrieve(charge["id"], {"expand": ["refunds"]})
    assert (after.refunded, after.amount_refunded, len(after.refunds.data)) == (True, 1_000, 2)
    assert len(client.v1.refunds.list({"payment_intent": charge["payment_intent"]}).data) == 2
    with pytest.raises(stripe.InvalidRequestError, match="payment_intent or charge"):
        client.v1.refunds.create({"amount": 1})


def test_a_refund_fails_after_all(shop: Shop, sandbox: Sandbox, clock: SetClock) -> None:
    charge = shop.paid(1_000, "4000000000007726")
    _, refund = shop.api("POST", "/v1/refunds", f"charge={charge['id']}")
    assert refund["status"] == "succeeded"
    clock.advance(timedelta(minutes=2))
    sandbox.sweep()
    _, failed = shop.api("GET", f"/v1/refunds/{refund['id']}")
    assert (failed["status"], failed["failure_reason"]) == ("failed", "expired_or_canceled_card")
    assert shop.api("GET", f"/v1/charges/{charge['id']}")[1]["amount_refunded"] == 0
    _, returned = shop.api("GET", f"/v1/balance_transactions/{failed['failure_balance_transaction']}")
    assert returned["net"] == 1_000


@pytest.mark.parametrize(("verdict", "movements"), [("lose", 1), ("win", 2)])
def test_a_dispute_is_decided(shop: Shop, verdict: str, movements: int) -> None:
    charge = shop.paid(2_000)
    dispute = shop.control(f"charges/{charge['id']}/dispute", {"reason": "product_not_received"})
    assert dispute["balance_transactions"][0]["net"] == -2_000 - 1_500
    assert shop.api("POST", "/v1/refunds", f"charge={charge['id']}")[1]["error"]["code"] == "charge_disputed"
    decided = shop.control(f"disputes/{dispute['id']}/{verdict}")
    assert decided["status"] == ("won" if verdict == "win" else "lost")
    assert len(decided["balance_transactions"]) == movements
    assert shop.api("POST", f"/v1/disputes/{dispute['id']}/close")[0] == 400
    _, listed = shop.api("GET", f"/v1/disputes?charge={charge['id']}")
    assert [each["id"] for each in listed["data"]] == [dispute["id"]]


def test_a_disputed_card_is_disputed_by_itself_and_can_be_conceded(
    sandbox: Sandbox, shop: Shop, connect: Connect
) -> None:
    client = connect(sandbox)
    charge = shop.paid(2_000, "4000000000000259")
    dispute = client.v1.disputes.list({"charge": charge["id"]}).data[0]
    assert client.v1.disputes.retrieve(dispute.id).status == "needs_response"
    assert client.v1.disputes.close(dispute.id).status == "lost"


def test_transfers_need_an_account_and_money(sandbox: Sandbox, shop: Shop, connect: Connect) -> None:
    client = connect(sandbox)
    params: stripe.params.TransferCreateParams = {
        "amount": 400,
        "currency": "usd",
        "destination": "acct_none",
        "transfer_group": "order-1",
    }
    with pytest.raises(stripe.InvalidRequestError, match="No such destination"):
        client.v1.transfers.create(params)
    params["destination"] = shop.connected()
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.transfers.create(params)
    assert caught.value.code == "balance_insufficient"

    shop.paid(1_000, AT_ONCE)
    transfer = client.v1.transfers.create({**params, "expand": ["balance_transaction"]})
    assert (transfer.balance_transaction.net, transfer.reversed) == (-400, False)
    half = client.v1.transfers.reversals.create(transfer.id, {"amount": 150})
    assert half.transfer == transfer.id
    with pytest.raises(stripe.InvalidRequestError, match="greater than the unreversed"):
        client.v1.transfers.reversals.create(transfer.id, {"amount": 251})
    client.v1.transfers.reversals.create(transfer.id)
    after = client.v1.transfers.retrieve(transfer.id)
    assert (after.reversed, after.amount_reversed, len(after.reversals.data)) == (True, 400, 2)
    assert len(client.v1.transfers.reversals.list(transfer.id).data) == 2
    assert len(client.v1.transfers.list({"transfer_group": "order-1"}).data) == 1


def test_a_transfer_out_of_a_charge_waits_for_its_money(shop: Shop) -> None:
    charge = shop.paid(1_000)
    form = f"amount=600&currency=usd&destination={shop.connected()}&source_transaction={charge['id']}"
    _, transfer = shop.api("POST", "/v1/transfers", f"{form}&expand[]=balance_transaction")
    assert transfer["balance_transaction"]["available_on"] == charge["balance_transaction"]["available_on"]
    status, refused = shop.api("POST", "/v1/transfers", form)
    assert (status, refused["error"]["param"]) == (400, "amount")


def test_an_account_is_onboarded_on_its_hosted_page(sandbox: Sandbox, shop: Shop, connect: Connect) -> None:
    client = connect(sandbox)
    account = client.v2.core.accounts.create(
        {
            "contact_email": "partner@example.com",
            "display_name": "Partner & Co",
            "dashboard": "express",
            "identity": {"country": "us"},
            "configuration": {
                "recipient": {"capabilities": {"stripe_balance": {"stripe_transfers": {"requested": True}}}}
            },
            "include": ["configuration.recipient", "requirements"],
        }
    )
    transfers = account.configuration.recipient.capabilities.stripe_balance.stripe_transfers
    assert (transfers.status, len(account.requirements.entries)) == ("restricted", 1)
    refused = f"amount=1&currency=usd&destination={account.id}"
    answer = shop.api("POST", "/v1/transfers", refused)[1]["error"]
    assert answer["code"] == "insufficient_capabilities_for_transfer"
    link = client.v2.core.account_links.create(
        {
            "account": account.id,
            "use_case": {
                "type": "account_onboarding",
                "account_onboarding": {
                    "refresh_url": "https://portal.example/again",
                    "return_url": "https://portal.example/payouts",
                },
            },
        }
    )
    path = link.url.removeprefix("http://pay.example")
    assert "Partner &amp; Co" in shop.page(path)[2]
    status, headers, _ = shop.page(path, "outcome=complete")
    assert (status, headers["Location"]) == (303, "https://portal.example/payouts")
    after = client.v2.core.accounts.retrieve(account.id, {"include": ["configuration.recipient"]})
    assert after.configuration.recipient.capabilities.stripe_balance.stripe_transfers.status == "active"
    assert after.requirements is None
    assert client.v1.accounts.retrieve(account.id).payouts_enabled is True


def test_the_balance_is_the_sum_of_its_transactions(shop: Shop, clock: SetClock) -> None:
    charge = shop.paid(1_000)
    shop.api("POST", "/v1/refunds", f"charge={charge['id']}&amount=200")
    shop.paid(5_000, unit="eur")
    _, balance = shop.api("GET", "/v1/balance")
    pending = {part["currency"]: part["amount"] for part in balance["pending"]}
    assert pending == {"eur": 5_000 - 175, "usd": 1_000 - 59}
    assert {part["currency"]: part["amount"] for part in balance["available"]}["usd"] == -200
    clock.advance(timedelta(days=3))
    _, balance = shop.api("GET", "/v1/balance")
    assert {part["currency"]: part["amount"] for part in balance["available"]}["usd"] == 741
    _, listed = shop.api("GET", "/v1/balance_transactions?type=charge&limit=1")
    assert listed["has_more"]
    _, listed = shop.api("GET", f"/v1/balance_transactions?source={charge['id']}")
    assert [each["type"] for each in listed["data"]] == ["charge"]


@pytest.mark.parametrize("fails", [False, True])
def test_a_payout_names_what_it_consists_of(shop: Shop, fails: bool) -> None:
    charge = shop.paid(1_000, AT_ONCE)
    payout = shop.control("payouts", {"currency": "usd", "fails": fails})
    assert payout["status"] == ("failed" if fails else "paid")
    _, listed = shop.api("GET", f"/v1/balance_transactions?payout={payout['id']}")
    assert {each["type"] for each in listed["data"]} == {"charge", "payout"}
    assert sum(each["net"] for each in listed["data"]) == 0
    assert charge["balance_transaction"]["id"] in {each["id"] for each in listed["data"]}
    assert shop.api("GET", "/v1/balance_transactions?payout=po_none")[0] == 404
