"""What search engines, phones and price comparisons read of a store, and nothing of another one."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree

from PIL import Image
from werkzeug.test import TestResponse

from tests.app.shopper import Shopper
from tests.world import Shop, World

GOOGLE = "{http://base.google.com/ns/1.0}"


def fetch(shop: Shop, path: str) -> TestResponse:
    """What is no page."""
    client = shop.world.installation.store_app.test_client()
    return client.get(path, base_url=f"http://{shop.slug}.localhost")


def test_the_feed_has_each_variant_at_this_stores_price_and_in_its_currency(world: World) -> None:
    for shop, currency in ((world.ada, "USD"), (world.ben, "EUR")):
        root = ElementTree.fromstring(Shopper(shop).get("/feed.xml").data)
        items = {item.findtext(f"{GOOGLE}id"): item for item in root.iter("item")}
        assert {world.mug, world.scarce_mug, world.tote} <= set(items)
        mug = items[world.mug]
        page = Shopper(shop).get(mug.findtext(f"{GOOGLE}link").split("8000", 1)[1])  # type: ignore[union-attr]
        assert page.status_code == 200
        amount, of = (mug.findtext(f"{GOOGLE}price") or "").split()
        assert of == currency
        assert amount in page.text or amount.replace(".", ",") in page.text
        assert shop.slug in (mug.findtext(f"{GOOGLE}link") or "")


def test_icons_and_the_card_are_drawn_once_and_never_change_under_their_address(world: World) -> None:
    shopper = Shopper(world.ada)
    home = shopper.get("/").text
    card = re.search(r'og:image" content="http://[^/]+(/_brand/[0-9a-f]{20}/card\.png)"', home)
    small = re.search(r'rel="icon" href="(/_brand/[0-9a-f]{20}/icon-32\.png)"', home)
    assert card
    assert small
    for address, size in ((card[1], (1200, 630)), (small[1], (32, 32))):
        first, again = fetch(world.ada, address), fetch(world.ada, address)
        assert Image.open(io.BytesIO(first.data)).size == size
        assert first.data == again.data
        assert "immutable" in first.headers["Cache-Control"]
    old = re.sub(r"[0-9a-f]{20}", "0" * 20, card[1])
    assert "immutable" not in fetch(world.ada, old).headers["Cache-Control"]
    assert fetch(world.ben, card[1]).data != fetch(world.ada, card[1]).data
    assert shopper.get(card[1].replace("card", "../../pictures/x")).status_code == 404
    assert shopper.get(card[1].replace("card", "icon-33")).status_code == 404


def test_the_manifest_names_the_store_and_icons_that_are_there(world: World) -> None:
    shopper = Shopper(world.ada)
    told = shopper.get("/manifest.webmanifest").get_json(force=True)
    assert told["start_url"] == "/"
    for each in told["icons"]:
        assert fetch(world.ada, each["src"]).status_code == 200
