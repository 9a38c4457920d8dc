"""What half of the partners ask, on the page that explains a price and, where wanted, in the grid."""

from __future__ import annotations

from html import unescape

from pricing.assortment import hide_product
from tests.app.portal.visitors import member
from tests.pricing.test_bands import alone, fill, sellers
from tests.world import World

__all__ = ["alone"]
SENTENCE = "Half of the partners ask"


def test_the_reason_of_a_price_tells_the_band_of_today_from_five_partners_on(alone: World) -> None:
    sellers(alone, 3)
    owner, path = member(alone, alone.ada), f"/prices/why/{alone.variant(alone.mug)}"
    fill(alone)
    assert SENTENCE not in owner.get(path).text
    sellers(alone, 1)
    fill(alone)
    page = unescape(owner.get(path).text)
    assert "Half of the partners ask $20.00 to $21.60 for this." in page
    # Of another moment nobody knows it.
    at = alone.now.isoformat()[:16]
    assert SENTENCE not in owner.get(f"{path}?at={at}").text
    assert SENTENCE not in member(alone, alone.ben).get(path).text
    with alone.ada.transaction() as session:
        product = alone.product(f"mug-{alone.number}")
        hide_product(session, **alone.ada.keys, product_id=product, actor="x", now=alone.now)
    hidden = owner.get(path)
    assert hidden.status_code == 200
    assert SENTENCE not in hidden.text


def test_the_grid_tells_it_where_somebody_wants_to_see_it(alone: World) -> None:
    owner = member(alone, alone.ada)
    fill(alone)
    assert "other partners ask" not in owner.get("/prices").text
    sellers(alone, 4)
    fill(alone)
    page = owner.get(f"/prices?q={alone.mug}").text
    assert "Show what other partners ask" in page
    assert SENTENCE not in page
    answered = owner.get(f"/prices/others?show_others=1&q={alone.mug}")
    assert answered.status_code == 303
    assert answered.location.endswith(f"/prices?q={alone.mug}")
    page = owner.get(f"/prices?q={alone.mug}").text
    assert "Half of the partners ask 21.00 to 22.00" in page
    assert "Hide what other partners ask" in page
    owner.get("/prices/others")
    assert SENTENCE not in owner.get("/prices").text
    # Ben sells in another currency, and nothing is told there, whatever he wants to see.
    ben = member(alone, alone.ben)
    ben.get("/prices/others?show_others=1")
    assert "partners ask" not in ben.get("/prices").text
