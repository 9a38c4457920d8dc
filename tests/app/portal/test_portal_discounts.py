"""Coupons in the portal: made, refused by field, tried on a bag, listed with what they took, withdrawn."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from werkzeug.test import TestResponse

from tests.app.faces import field, words
from tests.app.portal.visitors import Visitor, member
from tests.orders.test_discounting import bought, coupon, promotion, use
from tests.world import World

FORM = {"code": "spring-10", "kind": "percent", "value": "10", "scope": "all"}


def make(owner: Visitor, **changed: str) -> TestResponse:
    return owner.post("/discounts/new", {**FORM, **changed})


def marked(page: str, name: str) -> bool:
    """Whether the page marks a field as wrong, and says why in what it points to."""
    found = re.search(rf'<(?:input|select)[^>]*\bid="{name}"[^>]*>', page)
    assert found, f"there is no field {name}"
    return 'aria-invalid="true"' in found[0] and f'id="{name}-error"' in page


def test_a_coupon_is_made_used_and_withdrawn(world: World) -> None:
    owner = member(world, world.ada)
    assert "You have no coupon yet." in owner.get("/discounts/").text
    day = world.now + timedelta(days=30)
    answer = make(
        owner, ends_day=f"{day:%Y-%m-%d}", ends_time="18:00", most_uses="1,000", most_per_customer="2"
    )
    assert answer.status_code == 303, words(answer)
    cart = world.ada.fill_cart((world.mug, 2))
    use(world.ada, cart, "SPRING-10")
    bought(world.ada, cart)
    page = words(owner.get("/discounts/"))
    assert "SPRING-10 10%" in page
    assert "Running until" in page
    assert "1 of 1,000 2 each $4.32 $4.32 on $43.20 sold" in page
    assert "took $4.32 from your margin" in page
    assert "SPRING-10" not in words(member(world, world.ben).get("/discounts/"))
    key = re.search(r'name="coupon" value="([0-9a-f-]+)"', owner.get("/discounts/").text)
    assert key
    assert member(world, world.ben).post("/discounts/withdraw", {"coupon": key[1]}).status_code == 404
    assert owner.post("/discounts/withdraw", {"coupon": key[1]}).status_code == 303
    assert owner.post("/discounts/withdraw", {"coupon": key[1]}).status_code == 404
    assert owner.post("/discounts/withdraw", {"coupon": "x"}).status_code == 404
    assert "Over withdrawn" in words(owner.get("/discounts/"))
    again = owner.get(f"/discounts/new?like={key[1]}")
    assert (field(again, "code"), field(again, "value"), field(again, "most_uses")) == (
        "SPRING-10",
        "10",
        "1000",
    )


def test_an_order_says_who_paid_for_what_came_off(world: World) -> None:
    coupon(world.ada, "SPRING")
    with promotion(world, name="Company days", kind="amount", value=300, currency="USD"):
        cart = world.ada.fill_cart((world.mug, 2))
        use(world.ada, cart, "SPRING")
        order = bought(world.ada, cart)
    page = words(member(world, world.ada).get(f"/orders/{order.order_id}"))
    assert "Goods at your prices $43.20" in page
    assert "Your discount, SPRING out of your margin −$4.32" in page
    assert "Company days paid by Northlight Goods −$3.00" in page
    assert "Discount that Northlight Goods pays your margin stays whole +$3.00" in page
    assert f"You earn {'yours some days after the parcel has arrived '}$14.88" in page


@pytest.mark.parametrize(
    ("typed", "name", "sentence"),
    [
        ({"code": ""}, "code", "Choose a code that shoppers type"),
        ({"code": "a b!"}, "code", "3 to 40 letters"),
        ({"value": ""}, "value", "Write how much comes off, such as 10."),
        ({"value": "101"}, "value", "at most 100"),
        ({"value": "-5"}, "value", "not negative"),
        ({"value": "1,000"}, "value", "is not a percentage"),
        ({"value": "ten"}, "value", "“ten” is not a percentage"),
        ({"kind": "amount", "value": "ten"}, "value", "“ten” is not an amount in USD"),
        ({"kind": "amount", "value": "1.000"}, "value", "can be read in two ways"),
        ({"kind": "amount", "value": "€5"}, "value", "not an amount in USD"),
        ({"kind": "amount", "value": "0"}, "value", "at least USD 0.01"),
        ({"scope": "collection"}, "collection", "Choose a collection."),
        ({"scope": "product", "product": "No such thing"}, "product", "Name a product by its title or SKU"),
        ({"begins_time": "10:00"}, "begins", "Choose the day too."),
        ({"ends_day": "2026-02-31"}, "ends", "This is not a moment."),
        ({"begins_day": "2030-02-02", "ends_day": "2030-02-01"}, "ends", "It ends after it begins."),
        ({"ends_day": "2020-01-01"}, "ends", "ends after it begins"),
        ({"smallest_order": "lots"}, "smallest_order", "“lots” is not an amount"),
        ({"smallest_order": "0"}, "smallest_order", "over zero"),
        ({"most_uses": "1.000"}, "most_uses", "“1.000” is not a whole number"),
        ({"most_uses": "0"}, "most_uses", "from 1 to 1,000,000"),
        ({"most_per_customer": "-1"}, "most_per_customer", "is not a whole number"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(
    world: World, typed: dict[str, str], name: str, sentence: str
) -> None:
    owner = member(world, world.ada)
    answer = make(owner, **typed)
    assert answer.status_code == 422
    assert sentence in unescape(answer.text)
    assert marked(answer.text, name)
    for key, text in {**FORM, **typed}.items():
        if key not in ("kind", "scope", "collection"):
            assert field(answer, key) == text
    assert "You have no coupon yet." in owner.get("/discounts/").text


def test_all_that_is_wrong_is_said_at_once_and_a_code_is_had_once(world: World) -> None:
    coupon(world.ada, "SPRING-10")
    owner = member(world, world.ada)
    answer = make(owner, value="500", most_uses="x", ends_day="2020-01-01")
    assert answer.status_code == 422
    for name in ("code", "value", "most_uses", "ends"):
        assert marked(answer.text, name), name
    assert "There is a coupon SPRING-10 already. Withdraw it first" in unescape(answer.text)
    # Another partner's code is no business of this one's.
    assert make(member(world, world.ben)).status_code == 303


def test_the_reader_writes_numbers_as_its_language_does(world: World) -> None:
    owner = member(world, world.ben)
    answer = make(owner, kind="amount", value="€ 4,50", smallest_order="1.250,00")
    assert answer.status_code == 303
    page = words(owner.get("/discounts/"))
    assert "SPRING-10 €4.50" in page
    assert "from €1,250.00 in the bag" in page


def test_how_much_fits_stands_beside_the_value(world: World) -> None:
    owner = member(world, world.ada)
    # Both the mug and the tote leave 8.60 and 7.00 above their floors of 13.00 and 11.00.
    product = {"scope": "product", "product": f"tote-{world.number}", "kind": "amount"}
    page = words(owner.get("/discounts/fits", query_string={**product, "value": "5"}))
    assert "Fits fully up to $7.00 on every product. The slimmest is Tote." in page
    page = words(owner.get("/discounts/fits", query_string={**product, "value": "7.01"}))
    assert "More than $7.00 does not fit" in page
    page = words(owner.get("/discounts/fits", query_string={**product, "kind": "percent", "value": "5"}))
    assert "up to 38.8%" in page
    assert "Choose what it is for" in words(owner.get("/discounts/fits?scope=product&product=nothing"))


def test_a_bag_is_tried_as_the_checkout_works_it_out(world: World) -> None:
    mug, tote = world.variant(world.mug), world.variant(world.tote)
    reader = member(world, world.ada, "analyst")
    bag = {f"q-{mug}": "2", f"q-{tote}": "1", "kind": "percent", "value": "50"}
    with promotion(world, name="Company days", kind="percent", value=1000, limit_bps=5000):
        page = words(reader.get("/discounts/try", query_string={**bag, "promotion": ["0", "1"]}))
    # 61.20 in the bag; 24.20 of the 30.60 fit. The company gives a tenth of the 37.00 that are left.
    assert "would be $30.60 here; $24.20 of it fits" in page
    assert "Company days gives $3.70 more" in page
    assert "at its lowest price, $26.00" in page
    assert "Together $61.20 −$24.20 −$3.70 $33.30 $3.00" in page
    alone = words(reader.get("/discounts/try", query_string={**bag, "promotion": "0"}))
    assert "Together $61.20 −$24.20 $0.00 $37.00 $3.00" in alone
    wrong = reader.get("/discounts/try", query_string={**bag, "value": "101", "add": "nothing such"})
    assert wrong.status_code == 422
    assert marked(wrong.text, "value")
    assert marked(wrong.text, "add")
    assert "Tote" in words(reader.get("/discounts/try", query_string={"add": f"tote-{world.number}"}))
    assert reader.get("/discounts/try").status_code == 200


def test_who_may_not_change_sees_and_makes_nothing(world: World) -> None:
    for role in ("support", "analyst"):
        reader = member(world, world.ada, role)
        page = reader.get("/discounts/")
        assert page.status_code == 200
        assert "New coupon" not in page.text
        assert make(reader).status_code == 403
