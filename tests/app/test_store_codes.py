"""Codes in a store's bag over HTTP: refused beside the field, used, and never paid otherwise than shown."""

from __future__ import annotations

import re
from html import unescape

from payments.checkout import resume
from tests.app.faces import words
from tests.app.shopper import Shopper, statements
from tests.orders.test_discounting import bought, coupon, promotion, use
from tests.world import PAID, World


def hidden(html: str, name: str) -> str:
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)">', html)
    assert found, f"the page carries no {name}"
    return unescape(found[1])


def test_a_refused_code_says_why_beside_its_field_and_keeps_what_was_typed(world: World) -> None:
    coupon(world.ada, "LARGE", smallest_order=3000)
    shopper = Shopper(world.ada)
    shopper.add(world.mug)
    for typed, sentence in (
        ("large", "LARGE needs goods for $8.40 more in your bag."),
        ("nobody", "There is no code NOBODY here."),
        ('"><b>', "There is no code"),
        ("x\x00", "There is no code"),
        ("", "Enter a code."),
    ):
        answer = shopper.post("/cart/code", code=typed)
        assert answer.status_code == 422, typed
        assert sentence in words(answer)
        assert "<b>" not in answer.text
        assert f'value="{typed}"' in unescape(answer.text) or "\x00" in typed
        assert 'aria-invalid="true" aria-describedby="code-error"' in answer.text
    assert "is used" not in words(shopper.get("/cart"))


def test_a_code_is_used_shown_on_every_page_and_taken_off_again(world: World) -> None:
    coupon(world.ada, "SPRING-10")
    shopper = Shopper(world.ada)
    shopper.add(world.mug, 2)
    with promotion(world, name="Company days", kind="amount", value=300, currency="USD"):
        assert shopper.post("/cart/code", code="spring-10").status_code == 303
        bag = words(shopper.get("/cart"))
        assert "Code SPRING-10 −$4.32" in bag
        assert "Company days −$3.00" in bag
        assert "Goods after discount $35.88" in bag
        checkout = shopper.get("/checkout")
        assert "Code SPRING-10 −$4.32" in words(checkout)
        assert "Pay $40.78" in words(checkout)
        answer = shopper.checkout(discounts=hidden(checkout.text, "discounts"))
        assert answer.status_code == 303
        assert "/c/pay/" in answer.location
    with world.ada.transaction() as session:
        from orders.reading import newest_orders

        order = newest_orders(session, **world.ada.keys, unpaid=True)[0]
    assert world.ada.pay(order.order_id) == PAID
    resume(world.ada.tenant, gateway=world.services.gateway, order_id=order.order_id, now=world.now)
    world.run_jobs()
    shopper.add(world.mug)
    assert shopper.post("/cart/code", code="spring-10").status_code == 303
    assert shopper.post("/cart/code", act="drop").status_code == 303
    assert "SPRING-10" not in words(shopper.get("/cart"))
    receipts = [path.read_text() for path in world.services.config.data_dir.glob("mail/*.eml")]
    assert any("Code SPRING-10: -$4.32" in text and "Company days: -$3.00" in text for text in receipts)


def test_who_comes_second_for_the_last_use_is_told_and_loses_nothing_typed(world: World) -> None:
    coupon(world.ada, "LAST", most_uses=1)
    shopper = Shopper(world.ada)
    shopper.add(world.mug)
    shopper.post("/cart/code", code="LAST")
    seen = hidden(shopper.get("/checkout").text, "discounts")
    other = world.ada.fill_cart((world.mug, 1))
    use(world.ada, other, "LAST")
    bought(world.ada, other)
    answer = shopper.checkout(discounts=seen, line1="7 Ropewalk")
    assert answer.status_code == 409
    assert "This code was used up just now." in words(answer)
    assert "Nothing was paid" in words(answer)
    assert hidden(answer.text, "line1") == "7 Ropewalk"
    # The way back is a form with everything typed, and what is shown then is what is paid.
    back = shopper.post("/checkout", act="update", line1="7 Ropewalk", email="maya@example.com", country="US")
    assert 'value="7 Ropewalk"' in back.text
    assert "Pay $26.50" in words(back)
    assert shopper.checkout(discounts=hidden(back.text, "discounts")).status_code == 303


def test_a_promotion_that_ended_is_not_paid_as_it_was_shown(world: World) -> None:
    shopper = Shopper(world.ada)
    shopper.add(world.mug)
    with promotion(world):
        seen = hidden(shopper.get("/checkout").text, "discounts")
    answer = shopper.checkout(discounts=seen)
    assert answer.status_code == 409
    assert "the discount is not what you saw" in words(answer)
    assert shopper.checkout(discounts="").status_code == 303


def test_what_a_customer_has_used_is_said_once_its_address_is_known(world: World) -> None:
    coupon(world.ben, "ONCE", most_per_customer=1)
    cart = world.ben.fill_cart((world.mug, 1))
    use(world.ben, cart, "ONCE")
    bought(world.ben, cart, "maya@example.com")
    shopper = Shopper(world.ben)
    shopper.add(world.mug)
    assert shopper.post("/cart/code", code="ONCE").status_code == 303
    german = {"country": "DE", "region": "", "postcode": "10115", "city": "Berlin"}
    seen = hidden(shopper.get("/checkout").text, "discounts")
    answer = shopper.checkout(discounts=seen, email="Maya@Example.com", **german)
    assert answer.status_code == 409
    assert "Each customer can use ONCE once, and you have." in words(answer)
    back = shopper.post("/checkout", act="update", email="maya@example.com", **german)
    assert "ONCE once, and you have" in words(back)
    assert hidden(back.text, "discounts") == ""
    assert shopper.checkout(discounts="", **german).status_code == 303


def test_a_code_costs_a_checkout_two_statements_at_most(world: World) -> None:
    coupon(world.ada, "SPRING", most_uses=10)
    counts = []
    for code in ("", "SPRING"):
        shopper = Shopper(world.ada)
        shopper.add(world.mug)
        if code:
            shopper.post("/cart/code", code=code)
        page = shopper.get("/checkout")
        with statements(world) as seen:
            rate = world.installation.rates["USD"]
            answer = shopper.post(
                "/checkout", act="pay", email="maya@example.com", name="Maya Lind", line1="12 Harbour Street",
                city="Portland", region="OR", postcode="97201", country="US", rate_id=rate,
                discounts=hidden(page.text, "discounts"),
            )  # fmt: skip
        assert answer.status_code == 303
        counts.append(len(seen))
    assert counts[0] <= 12
    assert counts[1] <= counts[0] + 2
