"""Search finds what a shopper means, among what that one store shows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text, update

from catalog.collections import add_product, create_collection, edit_collection
from catalog.models import Product
from catalog.products import edit_product, read_product
from pricing.assortment import hide_product
from pricing.finding import Found, find
from storage.database import transaction
from tests.world import Shop, World

_DIGITS = "quilt brawn fjord gypsy vetch mound lakes sizer ochre thump".split()


@pytest.fixture
def names(world: World) -> dict[str, str]:
    """Goods with words that no other test uses, nor any that differs by a slip or two."""
    n = "".join(_DIGITS[int(digit)] for digit in str(world.number))
    words = {"hoodie": f"hoodie{n}x", "tide": f"tide{n}x", "mug": f"lantern{n}x", "deep": f"grün{n}x"}
    world.goods(
        f"h-{n},{words['tide'].title()} {words['hoodie']},Colour,{words['deep']},sku-{n}-1,60.00,5\n"
        f"s-{n},{words['hoodie'].title()},,,sku-{n}-2,60.00,5\n"
        f"m-{n},Plain {words['mug']},,,sku-{n}-3,24.00,5\n"
    )
    return words | {"n": n}


def handles(world: World, shop: Shop, found: Found | str) -> list[str]:
    if isinstance(found, str):
        found = search(world, shop, found)
    with transaction(world.services.face) as session:
        rows = dict(
            session.execute(
                text("SELECT product_id, handle FROM products WHERE product_id = ANY(:ids)"),
                {"ids": list(found.products)},
            ).all()
        )
    return [rows[key] for key in found.products]


def search(world: World, shop: Shop, query: str) -> Found:
    with shop.transaction() as session:
        return find(session, **shop.keys, query=query, now=world.now)


def test_words_in_any_order_beginnings_stems_and_accents(world: World, names: dict[str, str]) -> None:
    n, hoodie, tide = names["n"], names["hoodie"], names["tide"]
    both = [f"s-{n}", f"h-{n}"]
    # A title that is the very word comes first.
    assert handles(world, world.ada, hoodie) == both
    assert sorted(handles(world, world.ada, f"{hoodie}s")) == sorted(both)
    assert sorted(handles(world, world.ada, hoodie[:-1].upper())) == sorted(both)
    for query in (f"{hoodie} {tide}", f"{tide} {hoodie}", f"  {tide},  the {hoodie}!", names["deep"]):
        assert handles(world, world.ada, query) == [f"h-{n}"]
    assert handles(world, world.ben, names["deep"].replace("ü", "u")) == [f"h-{n}"]


def test_an_article_number_is_found_before_words(world: World, names: dict[str, str]) -> None:
    n = names["n"]
    world.goods(f"z-{n},About sku {n} 2,,,other-{n},9.00,5\n")
    assert handles(world, world.ada, f"sku-{n}-2")[0] == f"s-{n}"
    assert handles(world, world.ada, f"SKU {n} 2")[0] == f"s-{n}"


def test_a_slip_is_forgiven_and_said(world: World, names: dict[str, str]) -> None:
    n, hoodie = names["n"], names["hoodie"]
    for typed in (
        hoodie.replace("die", "dei", 1),
        hoodie.replace("oo", "o", 1),
        hoodie.replace("h", "j", 1),
        hoodie.replace("die", "diie", 1),
    ):
        found = search(world, world.ada, typed)
        assert found.read_as == hoodie, typed
        assert sorted(handles(world, world.ada, found)) == [f"h-{n}", f"s-{n}"]
    assert search(world, world.ada, hoodie).read_as == ""
    part = search(world, world.ada, names["mug"][1:])
    assert handles(world, world.ada, part) == [f"m-{n}"]


def test_where_nothing_has_it_all_the_nearest_is_told(world: World, names: dict[str, str]) -> None:
    found = search(world, world.ada, f"{names['hoodie']} zzqqzzqq")
    assert found.products == ()
    assert found.read_as == names["hoodie"]
    assert len(found.near) == 2
    assert search(world, world.ada, "zzqqzzqq vvwwvvww") == Found()
    for query in ("", "   ", "%%%", "' OR 1=1 --", "\x00", "🙂", "\u202e", "&|!():*", "a" * 10_000):
        search(world, world.ada, query)


def test_only_what_a_store_shows_is_found_or_suggested(world: World, names: dict[str, str]) -> None:
    """Hidden in one store, without a price in the other's currency, withdrawn by the company."""
    n, hoodie, tide = names["n"], names["hoodie"], names["tide"]
    with world.ada.transaction() as session:
        hide_product(
            session, **world.ada.keys, product_id=world.product(f"h-{n}"), actor="ada", now=world.now
        )
    assert handles(world, world.ada, hoodie) == [f"s-{n}"]
    assert handles(world, world.ben, hoodie) == [f"s-{n}", f"h-{n}"]
    assert search(world, world.ada, tide) == Found()
    # Nor is its word given away as what was perhaps meant.
    assert search(world, world.ada, tide.replace("ti", "it")) == Found()
    assert search(world, world.ben, tide.replace("ti", "it")).read_as == tide
    owner = world.services.console
    with transaction(owner) as session:
        session.execute(
            text("""
                UPDATE wholesale_prices w SET valid = tstzrange(lower(w.valid), :now) FROM variants v
                 WHERE v.variant_id = w.variant_id AND v.sku = :sku AND w.currency = 'EUR'
            """),
            {"now": world.now + timedelta(seconds=1), "sku": f"sku-{n}-3"},
        )
    world.later(minutes=1)
    assert handles(world, world.ada, names["mug"]) == [f"m-{n}"]
    assert search(world, world.ben, names["mug"]) == Found()
    assert search(world, world.ben, f"{names['mug']}z") == Found()
    with transaction(owner) as session:
        session.execute(update(Product).where(Product.handle == f"s-{n}").values(state="archived"))
    assert search(world, world.ada, hoodie) == Found()


def test_what_is_written_is_found_from_then_on(world: World, names: dict[str, str]) -> None:
    n = names["n"]
    product_id = world.product(f"m-{n}")
    keys = {"actor": "tests", "now": world.now}
    with transaction(world.services.console) as session:
        was = read_product(session, product_id=product_id)
        edit_product(
            session, product_id=product_id, title=f"Becher{n}", summary="", state="active",
            description=f"<p>Made of steinzeug{n}</p>", swatches=dict(was.swatches), **keys,
        )  # fmt: skip
        collection_id = create_collection(session, title=f"Kitchen{n}", **keys)
        add_product(session, collection_id=collection_id, product_id=product_id, **keys)
    for query in (f"becher{n}", f"steinzeug{n}", f"kitchen{n} becher{n}"):
        assert handles(world, world.ada, query) == [f"m-{n}"], query
    assert search(world, world.ada, names["mug"]).products == ()
    with transaction(world.services.console) as session:
        edit_collection(session, collection_id=collection_id, title=f"Pantry{n}", description="", **keys)
    assert handles(world, world.ada, f"pantry{n}") == [f"m-{n}"]
