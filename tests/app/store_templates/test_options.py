"""Options as links: where a value leads, and what is called sold out."""

from __future__ import annotations

from app.store.options import option_groups
from app.theme_check import goods


def test_a_value_leads_to_the_variant_that_differs_in_it_alone() -> None:
    product = goods.tee()
    colour, size = option_groups(product, product.variants[0])
    assert [(value.value, value.sku) for value in colour.values] == [
        ("Rose", "TEE-1"),
        ("Ink", "TEE-3"),
        ("Oat", "TEE-5"),
    ]
    assert [(value.value, value.sku) for value in size.values] == [("S", "TEE-1"), ("M", "TEE-2")]
    assert (colour.current, size.current) == ("Rose", "S")
    assert colour.coloured
    assert not size.coloured


def test_a_colour_is_sold_out_only_with_all_its_sizes() -> None:
    product = goods.tee()
    colour, size = option_groups(product, product.variants[1])
    assert {value.value: value.available for value in colour.values} == {
        "Rose": True,
        "Ink": False,
        "Oat": True,
    }
    assert {value.value: value.available for value in size.values} == {"S": True, "M": False}


def test_a_product_with_one_variant_has_no_options() -> None:
    assert option_groups(goods.mug(), goods.mug().variants[0]) == []
