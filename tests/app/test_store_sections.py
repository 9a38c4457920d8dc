"""Sections of a store's home page that depend on more than what its partner wrote."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pricing.store_sales import plan_sale
from tests.app.shopper import Shopper
from tests.world import Shop, World
from themes.looks import publish_look

HOUR = timedelta(hours=1)


def show(shop: Shop, *sections: dict[str, Any], theme: str = "aurora") -> None:
    with shop.transaction() as session:
        publish_look(
            session, **shop.keys, theme=theme, settings={}, pages={"home": list(sections)},
            actor="partner", now=shop.world.now,
        )  # fmt: skip


def sell(shop: Shop, *, begins: datetime, ends: datetime | None) -> None:
    with shop.transaction() as session:
        plan_sale(
            session, **shop.keys, scope="store", off_bps=500, begins=begins, ends=ends,
            actor="partner", now=shop.world.now,
        )  # fmt: skip


def test_a_countdown_shows_while_this_stores_sale_runs_and_never_longer(world: World) -> None:
    start = world.now
    for shop in (world.ada, world.ben):
        show(shop, {"type": "countdown", "settings": {"heading": "Not for long"}})
    sell(world.ada, begins=start + HOUR, ends=start + 3 * HOUR)
    ada, ben = Shopper(world.ada), Shopper(world.ben)

    def seen() -> tuple[bool, bool]:
        return "Not for long" in ada.get("/").text, "Not for long" in ben.get("/").text

    # Each page is asked for twice, so that the second answer is the one from memory.
    assert seen() == seen() == (False, False)
    world.later(minutes=60)
    assert seen() == seen() == (True, False)
    assert f'data-until="{(start + 3 * HOUR).isoformat()}"' in ada.get("/").text
    world.later(minutes=120)
    assert seen() == seen() == (False, False)


def test_a_sale_without_an_end_has_no_countdown(world: World) -> None:
    show(world.ada, {"type": "countdown", "settings": {}})
    sell(world.ada, begins=world.now, ends=None)
    assert "data-until" not in Shopper(world.ada).get("/").text


def test_questions_without_an_answer_and_a_gallery_without_pictures_take_no_place(world: World) -> None:
    questions = {"question_1": "Is it blue?", "answer_1": "<p>Yes.</p>", "question_2": "Is it red?"}
    show(world.ada, {"type": "questions", "settings": questions}, {"type": "gallery", "settings": {}})
    page = Shopper(world.ada).get("/").text
    assert "Is it blue?" in page
    assert "Is it red?" not in page
    assert "pictures-" not in page
