"""Collections and search over HTTP: filters in the address, counts, suggestions, bad input; two shops."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import quote

import pytest

from catalog.collections import add_product, create_collection
from pricing.assortment import hide_product
from storage.database import transaction
from tests.app.faces import Visitor, words
from tests.world import Shop, World

_GOODS = """\
bag-{n},Bag {n},Colour,Oat,bag-{n}-o,50.00,0
bag-{n},,,Tide,bag-{n}-t,50.00,4
cup-{n},Cup {n},Colour,Oat,cup-{n}-o,10.00,9
hat-{n},Hat {n},Colour,Plum,hat-{n}-p,30.00,0
"""


@pytest.fixture
def shelf(world: World) -> str:
    """A collection of three products in three colours; the address of its page."""
    world.goods(_GOODS.format(n=world.number))
    keys = {"actor": "tests", "now": world.now}
    with transaction(world.services.console) as session:
        collection_id = create_collection(session, title=f"Shelf {world.number}", **keys)
        for name in ("bag", "cup", "hat"):
            product_id = world.product(f"{name}-{world.number}")
            add_product(session, collection_id=collection_id, product_id=product_id, **keys)
    return f"/collections/shelf-{world.number}"


def titles(world: World, path: str, shop: Shop | None = None) -> list[str]:
    page = Visitor(world, "store", shop=shop).get(path)
    assert page.status_code == 200, path
    return re.findall(r'class="card-link"[^>]*>([A-Z][a-z]+) ?\d*<', page.text)


def test_filters_stand_in_the_address_and_count_what_they_leave(world: World, shelf: str) -> None:
    assert titles(world, shelf) == ["Bag", "Cup", "Hat"]
    assert titles(world, f"{shelf}?o-colour=oat") == ["Bag", "Cup"]
    assert titles(world, f"{shelf}?o-colour=OAT&o-colour=plum") == ["Bag", "Cup", "Hat"]
    assert titles(world, f"{shelf}?o-colour=oat&in_stock=1") == ["Cup"]
    assert titles(world, f"{shelf}?in_stock=1&sort=-price") == ["Bag", "Cup"]
    assert titles(world, f"{shelf}?sort=title&o-colour=plum&o-colour=tide") == ["Bag", "Hat"]
    # Both shops mark wholesale, which is half of the list price, up by 80 %; Ben's prices have tax in them.
    assert titles(world, f"{shelf}?min=20&max=40") == ["Hat"]
    assert titles(world, f"{shelf}?max=9,00") == ["Cup"]
    assert titles(world, f"{shelf}?max=9,00", world.ben) == []
    assert titles(world, f"{shelf}?min=40&o-colour=oat") == ["Bag"]
    page = Visitor(world, "store").get(f"{shelf}?o-colour=oat&in_stock=1&max=45.00")
    assert re.findall(r"<span>(\w+)</span> <span class=\"num\">(\d)</span>", page.text) == [
        ("Oat", "1"), ("Tide", "1"), ("Plum", "0"), ("stock", "1"),
    ] or "In stock" in page.text  # fmt: skip
    assert "1 thing" in words(page)
    removals = [unescape(url) for url in re.findall(r'<li><a href="([^"]+)" rel="nofollow"', page.text)]
    assert removals == [
        f"{shelf}?max=45.00&in_stock=1",
        f"{shelf}?o-colour=oat&in_stock=1",
        f"{shelf}?o-colour=oat&max=45.00",
    ]
    assert "Remove all" in page.text


def test_more_keeps_filters_and_sort(world: World, shelf: str) -> None:
    n = world.number
    rows = "".join(f"many-{n}-{i},Many,Finish,F{n},many-{n}-{i},{10 + i}.00,5\n" for i in range(30))
    rows += f"other-{n},Other,Finish,G{n},other-{n},5.00,5\n"
    world.goods(rows)
    path = f"/collections/all?o-finish=f{n}&sort=-price"
    page = Visitor(world, "store").get(path)
    assert "24 of 30" in page.text
    more = unescape(re.search(r'href="([^"]+)" rel="next"', page.text)[1])  # type: ignore[index]
    assert more == f"{path}&shown=48#more"
    assert len(titles(world, more.partition("#")[0])) == 30
    assert 'id="more"' in Visitor(world, "store").get(more.partition("#")[0]).text


def test_what_asks_the_same_is_remembered_once_and_strangers_not_at_all(world: World, shelf: str) -> None:
    shopper = Visitor(world, "store")
    pages = world.installation.store_app.extensions["awning.kept"].pages

    def kept() -> int:
        return sum(key[0] == world.ada.store_id for key in pages)

    shopper.get(shelf)
    assert kept() == 1
    for query in (
        "sort=nonsense",
        "shown=3",
        "o-colour=&o-=x",
        "shown=-1",
        "o-shape=round",
        "in_stock=yes",
        "a=b",
    ):
        assert shopper.get(f"{shelf}?{query}").status_code == 200
    assert kept() == 1
    shopper.get(f"{shelf}?o-colour=oat&sort=price&o-colour=tide")
    shopper.get(f"{shelf}?sort=price&o-colour=Tide&o-colour=Oat&o-colour=nobody")
    assert kept() == 2
    shopper.get(f"{shelf}?min=1")
    shopper.get("/search?q=bag")
    assert kept() == 2
    # A change of the store is seen at once.
    with world.ada.transaction() as session:
        product_id = world.product(f"bag-{world.number}")
        hide_product(session, **world.ada.keys, product_id=product_id, actor="ada", now=world.now)
    assert titles(world, f"{shelf}?o-colour=oat") == ["Cup"]
    assert titles(world, f"{shelf}?o-colour=oat", world.ben) == ["Bag", "Cup"]


def test_search_says_what_it_took_a_word_for(world: World, shelf: str) -> None:
    world.goods(f"hoodie-{world.number},Hoodie,Colour,Oat,hoodie-{world.number},60.00,4\n")
    page = Visitor(world, "store").get("/search?q=hoodei")
    assert "Results for “hoodie”" in words(page)
    assert "Nothing here is called “hoodei”" in words(page)
    assert f"/products/hoodie-{world.number}" in page.text
    page = Visitor(world, "store").get("/search?q=hoodei+zzqqxx")
    assert "Did you mean hoodie ?" in words(page)
    assert "What comes nearest" in page.text
    assert 'name="robots" content="noindex"' in page.text
    with world.ada.transaction() as session:
        product_id = world.product(f"hoodie-{world.number}")
        hide_product(session, **world.ada.keys, product_id=product_id, actor="ada", now=world.now)
    assert f"/products/hoodie-{world.number}" not in Visitor(world, "store").get("/search?q=hoodei").text
    assert (
        f"/products/hoodie-{world.number}"
        in Visitor(world, "store", shop=world.ben).get("/search?q=hoodei").text
    )


def test_suggestions_are_a_few_products_and_collections(world: World, shelf: str) -> None:
    page = Visitor(world, "store").get(f"/search/suggestions?q=shelf+{world.number}")
    assert shelf in page.text
    assert page.text.count('role="option"') <= 9
    assert f"/products/bag-{world.number}" in page.text
    assert "suggestion" in page.text
    assert "<html" not in page.text
    assert (
        f"/products/cup-{world.number}"
        in Visitor(world, "store").get(f"/search/suggestions?q=cup-{world.number}").text
    )
    assert "No suggestions" in Visitor(world, "store").get("/search/suggestions?q=%00").text


@pytest.mark.parametrize(
    "query",
    [
        "x" * 20_000,
        "%00",
        "a%00b",
        quote("' | & ! :* ( <-> \\"),
        quote("\u202eguM\u2066"),
        quote("🧢👩‍👩‍👧"),
        "%ff%fe",
        "&".join(["mug"] + [f"o-colour={n}" for n in range(1000)]),
        "mug&min=-5&max=1e99&shown=99999999999&sort=<b>",
        "mug&min=NaN&max=Infinity&o-%00=%00",
    ],
)
def test_whatever_is_typed_is_only_looked_for(world: World, query: str) -> None:
    for path in ("/search", "/search/suggestions", "/collections/all"):
        assert Visitor(world, "store").get(f"{path}?q={query}").status_code == 200
