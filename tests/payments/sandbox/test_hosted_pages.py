"""The payment page as a browser meets it."""

from __future__ import annotations

import threading
from datetime import timedelta
from urllib.parse import urlencode

import html5lib
import pytest

from kit.clock import SetClock
from payments.sandbox import Sandbox
from tests.payments.sandbox.shop import Shop

PERSON = {"email": "shopper@example.com", "name": "A Shopper", "total": "2500"}
DELIVERED = (
    "&shipping_address_collection[allowed_countries][0]=US&shipping_address_collection[allowed_countries][1]=DE"
    "&shipping_options[0][shipping_rate_data][display_name]=Parcel"
    "&shipping_options[0][shipping_rate_data][fixed_amount][amount]=500"
    "&shipping_options[0][shipping_rate_data][fixed_amount][currency]=usd"
    "&shipping_options[1][shipping_rate_data][display_name]=Courier"
    "&shipping_options[1][shipping_rate_data][fixed_amount][amount]=1500"
    "&shipping_options[1][shipping_rate_data][fixed_amount][currency]=usd"
)


def form(**values: str) -> str:
    return urlencode({**PERSON, **values})


def valid(html: str) -> str:
    html5lib.HTMLParser(strict=True).parse(html)
    return html


def test_the_page_shows_what_is_paid_for(shop: Shop) -> None:
    session = shop.open(extra=DELIVERED)
    status, headers, html = shop.page(f"/c/pay/{session['id']}")
    valid(html)
    assert status == 200
    for text in (
        "Northwind &amp; Sons",
        "Mug",
        "USD 25.00",
        "Delivery: Parcel",
        "USD 30.00",
        "no money moves",
    ):
        assert text in html
    assert 'href="https://shop.example/cart"' in html
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert shop.page("/assets/page.css")[1]["Content-Type"].startswith("text/css")


def test_everything_from_outside_is_escaped(shop: Shop) -> None:
    status, session = shop.api(
        "POST",
        "/v1/checkout/sessions",
        "mode=payment&success_url=https://x.example&line_items[0][price_data][currency]=usd"
        "&line_items[0][price_data][unit_amount]=900"
        "&line_items[0][price_data][product_data][name]=%3Cscript%3E$total",
    )
    assert status == 200
    _, _, html = shop.page(f"/c/pay/{session['id']}", form(name='"><b>', email="", method="4242424242424242"))
    valid(html)
    assert "&lt;script&gt;$total" in html
    assert "<b>" not in html


def test_paying_leads_back_to_the_shop_once(shop: Shop) -> None:
    session = shop.open()
    path = f"/c/pay/{session['id']}"
    for _ in range(2):
        status, headers, _ = shop.page(path, form(method="4242424242424242"))
        assert (status, headers["Location"]) == (303, f"https://shop.example/thanks?s={session['id']}")
    assert shop.page(path)[0] == 303
    assert len(shop.api("GET", "/v1/charges")[1]["data"]) == 1
    _, paid = shop.api("GET", f"/v1/checkout/sessions/{session['id']}")
    assert paid["customer_details"]["email"] == "shopper@example.com"


def test_a_declined_card_stays_on_the_page_with_the_reason(shop: Shop) -> None:
    session = shop.open()
    path = f"/c/pay/{session['id']}"
    status, _, html = shop.page(path, form(number="4000 0000 0000 0002"))
    assert status == 402
    assert "Your card was declined." in valid(html)
    assert 'value="A Shopper"' in html
    assert "Your card was declined." in shop.page(path)[2]
    assert shop.page(path, form(method="5555555555554444"))[0] == 303


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"email": "nobody"}, "Enter an e-mail address"),
        ({"name": ""}, "Enter your name."),
        ({"number": "4111 1111 1111 1111"}, "Use one of the test cards"),
    ],
)
def test_what_is_missing_is_said_at_its_field(shop: Shop, values: dict[str, str], problem: str) -> None:
    session = shop.open()
    status, _, html = shop.page(f"/c/pay/{session['id']}", form(**{"method": "4242424242424242", **values}))
    name = next(iter(values))
    assert status == 422
    assert problem in valid(html)
    assert f'href="#{name}"' in html
    assert f'id="{name}-problem"' in html
    assert shop.api("GET", "/v1/charges")[1]["data"] == []


def test_the_authentication_step(shop: Shop) -> None:
    session = shop.open()
    path = f"/c/pay/{session['id']}"
    status, headers, _ = shop.page(path, form(method="4000002500003155"))
    assert (status, headers["Location"]) == (303, f"{path}/authenticate")
    status, _, html = shop.page(f"{path}/authenticate")
    assert "Confirm that it is you" in valid(html)
    status, headers, _ = shop.page(f"{path}/authenticate", "outcome=fail")
    assert (status, headers["Location"]) == (303, path)
    assert "unable to authenticate" in shop.page(path)[2]
    assert shop.page(f"{path}/authenticate")[0] == 303

    shop.page(path, form(method="4000002500003155"))
    status, headers, _ = shop.page(f"{path}/authenticate", "outcome=complete")
    assert headers["Location"].startswith("https://shop.example/thanks")
    _, charges = shop.api("GET", "/v1/charges")
    secure = charges["data"][0]["payment_method_details"]["card"]["three_d_secure"]
    assert secure["result"] == "authenticated"


def test_a_bank_debit_leads_back_before_it_settles(shop: Shop) -> None:
    session = shop.open()
    assert shop.page(f"/c/pay/{session['id']}", form(method="debit"))[0] == 303
    assert shop.api("GET", f"/v1/checkout/sessions/{session['id']}")[1]["payment_status"] == "unpaid"


def test_delivery_changes_the_total_before_it_is_paid(shop: Shop) -> None:
    session = shop.open(extra=DELIVERED)
    path = f"/c/pay/{session['id']}"
    _, full = shop.api("GET", f"/v1/checkout/sessions/{session['id']}")
    courier = full["shipping_options"][1]["shipping_rate"]
    place = {"line1": "1 Road", "postal_code": "12345", "city": "Town", "country": "US"}
    given = {"method": "4242424242424242", "shipping_rate": courier, **place}
    status, _, html = shop.page(f"{path}/delivery", form(**given, total="3000"))
    assert status == 200
    assert "USD 40.00" in valid(html)
    assert 'value="1 Road"' in html
    # The button showed another amount than the one that is chosen, so nothing is charged yet.
    status, _, html = shop.page(path, form(**given, total="3000"))
    assert (status, "The total is now USD 40.00" in html) == (409, True)
    assert shop.page(path, form(**{**given, "country": "FR"}, total="4000"))[0] == 422
    assert shop.page(path, form(**given, total="4000"))[0] == 303
    _, paid = shop.api("GET", f"/v1/checkout/sessions/{session['id']}?expand[]=payment_intent")
    assert paid["payment_intent"]["amount_received"] == paid["amount_total"] == 4_000
    assert paid["collected_information"]["shipping_details"]["address"]["line1"] == "1 Road"
    assert paid["payment_intent"]["shipping"]["name"] == "A Shopper"


def test_an_expired_session_has_a_page_that_says_so(shop: Shop, clock: SetClock, sandbox: Sandbox) -> None:
    session = shop.open()
    clock.advance(timedelta(days=2))
    status, _, html = shop.page(f"/c/pay/{session['id']}")
    assert (status, "has expired" in valid(html)) == (410, True)
    assert shop.page(f"/c/pay/{session['id']}", form(method="4242424242424242"))[0] == 410
    assert shop.page("/c/pay/cs_test_none")[0] == 404
    assert shop.page("/elsewhere")[0] == 404
    assert shop.page("/assets/page.css", "x=1")[0] == 405


def test_many_clicks_at_once_pay_once(sandbox: Sandbox, shop: Shop) -> None:
    session = shop.open()
    statuses: list[int] = []

    def click() -> None:
        statuses.append(shop.page(f"/c/pay/{session['id']}", form(method="4242424242424242"))[0])

    threads = [threading.Thread(target=click) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [303] * 8
    assert len(shop.api("GET", "/v1/charges")[1]["data"]) == 1
