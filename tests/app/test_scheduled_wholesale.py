"""The console's page of scheduled changes of wholesale: seeing them, and withdrawing one."""

from __future__ import annotations

import pytest

from tests.app.faces import Visitor, words
from tests.pricing.test_rises import change_of, overtaken, own, raise_to
from tests.world import World, usd

PATH = "/wholesale/scheduled/"


def test_a_change_is_withdrawn_by_a_button_that_names_it(world: World) -> None:
    own(world.ada, world.mug, usd("15.00"))
    begins = raise_to(world, {world.mug: usd("20.00"), world.scarce_mug: usd("20.00")})
    person = Visitor(world, "console", "catalogue")
    assert PATH in person.get("/wholesale/").text
    page = person.get(PATH)
    label = f"Withdraw USD\u00a020.00 from {begins.day} {begins:%b %Y, %H:%M}"
    assert label.replace("\u00a0", " ") in words(page)
    assert "2 variants" in words(page)
    address = f"{PATH}{change_of(world, world.mug)}/withdraw"
    assert address in page.text
    assert person.post(address).status_code == 303
    after = words(person.get(PATH))
    assert "is withdrawn: prices stay as they were" in after
    assert label.replace("\u00a0", " ") not in after
    assert overtaken(world.ada) == []
    again = person.post(address)
    assert again.status_code == 422
    assert "withdrawn already" in words(again)


def test_what_has_begun_is_refused_with_the_reason(world: World) -> None:
    raise_to(world, {world.mug: usd("20.00")}, days=1)
    address = f"{PATH}{change_of(world, world.mug)}/withdraw"
    world.later(days=1)
    refused = Visitor(world, "console", "owner").post(address)
    assert refused.status_code == 422
    assert "cannot be withdrawn. Set a new price instead." in words(refused)


def test_only_owner_and_catalogue_withdraw(world: World) -> None:
    raise_to(world, {world.mug: usd("20.00")})
    address = f"{PATH}{change_of(world, world.mug)}/withdraw"
    viewer = Visitor(world, "console", "viewer")
    page = viewer.get(PATH)
    assert "USD 20.00" in words(page)
    assert "/withdraw" not in page.text
    assert viewer.post(address).status_code == 403
    for role in ("finance", "support"):
        assert Visitor(world, "console", role).get(PATH).status_code == 403


@pytest.mark.parametrize("key", ["00000000-0000-0000-0000-000000000009"])
def test_an_unknown_change_is_not_found(world: World, key: str) -> None:
    assert Visitor(world, "console", "owner").post(f"{PATH}{key}/withdraw").status_code == 404
