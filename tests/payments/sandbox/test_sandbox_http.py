"""The manners of the API: keys, parameters, errors, idempotency, expansion, paging, faults."""

from __future__ import annotations

import threading
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
import stripe

from payments.sandbox import AnswerLost, Sandbox
from payments.sandbox.faults import ApiFault
from payments.sandbox.idempotency import Answers
from payments.sandbox.store import Store
from tests.payments.openapi import validate_error
from tests.payments.sandbox.shop import Shop

Connect = Callable[[Sandbox], stripe.StripeClient]


@pytest.mark.parametrize(
    ("form", "code", "param"),
    [
        ("mode=payment&bogus=1", "parameter_unknown", "bogus"),
        ("mode=payment", "parameter_missing", "line_items"),
        ("mode=subscription&line_items=&success_url=https://x.example", None, "mode"),
        ("mode=payment&success_url=ftp://x&line_items[0][quantity]=1", "url_invalid", "success_url"),
    ],
)
def test_wrong_parameters_are_named(shop: Shop, form: str, code: str | None, param: str | None) -> None:
    status, answer = shop.api("POST", "/v1/checkout/sessions", form)
    assert status == 400
    validate_error(answer)
    assert answer["error"].get("code") == code or code is None
    if param is not None:
        assert answer["error"]["param"] == param


def test_nested_parameters_are_named_in_full(shop: Shop) -> None:
    form = (
        "mode=payment&success_url=https://x.example&line_items[0][price_data][currency]=usd"
        "&line_items[0][price_data][unit_amount]=many&line_items[0][price_data][product_data][name]=x"
    )
    _, answer = shop.api("POST", "/v1/checkout/sessions", form)
    assert answer["error"]["param"] == "line_items[0][price_data][unit_amount]"
    assert answer["error"]["code"] == "parameter_invalid_integer"


@pytest.mark.parametrize("name", ["a]b[", "[a]", "a[b"])
def test_names_that_are_no_path_are_refused(shop: Shop, name: str) -> None:
    status, _ = shop.api("POST", "/v1/refunds", urlencode({name: "1"}))
    assert status == 400


@pytest.mark.parametrize("secret", ["", "sk_live_1", "sk_test_other"])
def test_a_wrong_key_is_refused(shop: Shop, secret: str) -> None:
    status, answer, _ = shop.raw("GET", "/v1/balance", secret=secret)
    assert status == 401
    validate_error(answer)


def test_the_library_sees_its_own_errors(sandbox: Sandbox, connect: Connect) -> None:
    client = connect(sandbox)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.checkout.sessions.retrieve("cs_test_none")
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")
    assert caught.value.request_id.startswith("req_")
    sandbox.faults.expect_api(ApiFault("rate_limit", "/v1/balance"))
    with pytest.raises(stripe.RateLimitError):
        client.v1.balance.retrieve()
    sandbox.faults.expect_api(ApiFault("error"))
    with pytest.raises(stripe.APIError):
        client.v1.balance.retrieve()
    sandbox.faults.expect_api(ApiFault("timeout", seconds=0.01))
    assert client.v1.balance.retrieve().livemode is False
    answer = client.v1.balance.retrieve()
    assert answer.last_response.headers["Stripe-Version"] == stripe.api_version


def test_the_same_key_gives_the_same_answer(shop: Shop) -> None:
    first = shop.open(key="cs:1:1")
    form = (
        "mode=payment&success_url=https://shop.example/thanks?s={CHECKOUT_SESSION_ID}"
        "&cancel_url=https://shop.example/cart&line_items[0][price_data][unit_amount]=2500"
        "&line_items[0][quantity]=1&line_items[0][price_data][currency]=usd"
        "&line_items[0][price_data][product_data][name]=Mug"
    )
    status, again, headers = shop.raw("POST", "/v1/checkout/sessions", form, key="cs:1:1")
    assert (status, again) == (200, first)
    assert headers["Idempotent-Replayed"] == "true"
    status, other = shop.api("POST", "/v1/checkout/sessions", form.replace("2500", "2600"), key="cs:1:1")
    assert (status, other["error"]["type"]) == (400, "idempotency_error")
    status, other = shop.api("POST", "/v1/refunds", "payment_intent=pi_1", key="cs:1:1")
    assert (status, other["error"]["type"]) == (400, "idempotency_error")


def test_refusals_after_execution_began_are_kept_and_earlier_ones_are_not(shop: Shop) -> None:
    charge = shop.paid(1_000)
    too_much = f"charge={charge['id']}&amount=1001"
    assert shop.api("POST", "/v1/refunds", too_much, key="refund:1")[0] == 400
    assert shop.raw("POST", "/v1/refunds", too_much, key="refund:1")[2]["Idempotent-Replayed"] == "true"
    assert shop.api("POST", "/v1/refunds", "bogus=1", key="refund:2")[0] == 400
    assert shop.api("POST", "/v1/refunds", f"charge={charge['id']}", key="refund:2")[0] == 200


def test_a_key_in_flight_is_told_apart() -> None:
    answers = Answers(Store(None))
    with answers.reserve("k"), pytest.raises(Exception, match="in-progress"), answers.reserve("k"):
        pass
    with answers.reserve("k"):
        pass


def test_one_key_from_many_threads_does_the_work_once(sandbox: Sandbox, shop: Shop, connect: Connect) -> None:
    client = connect(sandbox)
    charge = shop.paid(5_000)
    results: list[str] = []

    def refund() -> None:
        try:
            params: stripe.params.RefundCreateParams = {"charge": charge["id"], "amount": 100}
            results.append(client.v1.refunds.create(params, {"idempotency_key": "refund:9"}).id)
        except stripe.APIError as busy:
            results.append(str(busy.http_status))

    threads = [threading.Thread(target=refund) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(results) - {"409"}) == 1
    assert shop.api("GET", f"/v1/charges/{charge['id']}")[1]["amount_refunded"] == 100


def test_a_lost_answer_is_there_under_its_key(sandbox: Sandbox, shop: Shop, connect: Connect) -> None:
    client = connect(sandbox)
    charge = shop.paid(5_000)
    shop.control("faults/api", {"kind": "answer_lost", "path": "/v1/refunds", "method": "POST"})
    with pytest.raises(stripe.APIConnectionError):
        client.v1.refunds.create({"charge": charge["id"]}, {"idempotency_key": "refund:1"})
    refund = client.v1.refunds.create({"charge": charge["id"]}, {"idempotency_key": "refund:1"})
    assert refund.last_response.headers["Idempotent-Replayed"] == "true"
    assert refund.amount == 5_000
    shop.control("faults/api", {"kind": "answer_lost"})
    with pytest.raises(AnswerLost):
        shop.api("GET", "/v1/balance")


def test_lists_page_forwards_and_backwards(sandbox: Sandbox, shop: Shop, connect: Connect) -> None:
    client = connect(sandbox)
    made = [shop.open()["id"] for _ in range(7)]
    newest_first = made[::-1]
    pages = client.v1.checkout.sessions.list({"limit": 3})
    assert pages.has_more
    assert [each.id for each in pages.auto_paging_iter()] == newest_first
    before = client.v1.checkout.sessions.list({"limit": 2, "ending_before": newest_first[4]})
    assert [each.id for each in before.data] == newest_first[2:4]
    assert before.has_more
    types = ["payment_intent.created", "checkout.session.completed"]
    shop.paid()
    events = client.v1.events.list({"types": types})
    assert {event.type for event in events.data} == set(types)
    assert client.v1.events.list({"created": {"gt": 4_000_000_000}}).data == []


def test_expansion_has_limits(shop: Shop) -> None:
    charge = shop.paid()
    path = f"/v1/charges/{charge['id']}"
    _, full = shop.api("GET", f"{path}?expand[]=refunds&expand[]=payment_intent&expand[]=payment_method")
    assert full["refunds"]["data"] == []
    assert full["payment_method"]["card"]["last4"] == "4242"
    assert shop.api("GET", f"{path}?expand[]=amount")[0] == 400
    assert shop.api("GET", f"{path}?expand[]=nothing")[0] == 400
    assert shop.api("GET", f"{path}?expand[]=a.b.c.d.e")[0] == 400


def test_unknown_paths_and_control_from_afar_are_refused(shop: Shop, sandbox: Sandbox) -> None:
    from payments.sandbox import call

    assert shop.api("GET", "/v1/invoices")[0] == 404
    assert shop.api("POST", "/v1/balance")[0] == 405
    status, _, _ = call(sandbox, "GET", "/_sandbox/clock", remote_address="203.0.113.9")
    assert status == 403
    status, _, _ = call(sandbox, "POST", "/_sandbox/clock", {"Content-Type": "text/plain"}, "{}")
    assert status == 415
