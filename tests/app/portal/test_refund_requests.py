"""Asking the company for a refund: the form and its effect, who may, and what the order says of it."""

from __future__ import annotations

import re

import pytest

from payments.refunds.asking import RefundAsked
from payments.returns.requests import requests_of_order
from tests.app.faces import Visitor, field, words
from tests.payments.returns.test_requests import allow, decline, request
from tests.payments.returns.test_returns import ask, line_ids, sent
from tests.payments.test_refunds import accounts, lines
from tests.world import GERMAN, World


@pytest.fixture(autouse=True)
def allowed(world: World) -> None:
    allow(world, True)


def test_the_form_shows_what_it_takes_and_asks(world: World) -> None:
    ada = world.ada
    order_id = ada.buy((world.mug, 2))
    before = accounts(ada, order_id)
    (mug,) = lines(ada, order_id)
    support = Visitor(world, "portal", "support", ada)
    assert f'href="/orders/{order_id}/refund"' in support.get(f"/orders/{order_id}").text
    place = f"/orders/{order_id}/refund"
    form = {f"units-{mug}": "1", "goodwill": "3.00", "funder": "partner"}
    filled = support.get(f"{place}?units-{mug}=1&goodwill=3.00&funder=partner")
    # A mug earns 9.60, and the goodwill is the partner's own.
    assert "$24.60" in words(filled)
    assert "−$12.60" in words(filled)
    refused = support.post(place, **form)
    assert refused.status_code == 422
    assert "Say why, so that the company can decide." in words(refused)
    assert (field(refused, f"units-{mug}"), field(refused, "goodwill")) == ("1", "3.00")
    assert "−$12.60" in words(refused)
    assert support.post(place, **form, reason="Came <late>").status_code == 303
    shown = words(support.get(f"/orders/{order_id}"))
    assert "Waits for Northlight Goods" in shown
    assert "Came <late>" in shown
    assert accounts(ada, order_id) == before
    assert "waits for Northlight Goods already" in words(support.get(place))
    assert support.post(place, **form, reason="Again").status_code == 422


def test_only_some_roles_ask_and_only_where_the_company_allows(world: World) -> None:
    ada = world.ada
    order_id = ada.buy((world.mug, 1))
    place = f"/orders/{order_id}/refund"
    for role, status in (("owner", 200), ("manager", 200), ("support", 200), ("analyst", 403)):
        visitor = Visitor(world, "portal", role, ada)
        assert visitor.get(place).status_code == status
        assert (f'href="{place}"' in visitor.get(f"/orders/{order_id}").text) == (status == 200)
    analyst = Visitor(world, "portal", "analyst", ada)
    assert analyst.post(place, goodwill="1.00", reason="x").status_code == 403
    allow(world, False)
    owner = Visitor(world, "portal", "owner", ada)
    assert "gives refunds itself" in words(owner.get(place))
    assert owner.post(place, goodwill="1.00", reason="x").status_code == 422
    assert f'href="{place}"' not in owner.get(f"/orders/{order_id}").text
    with ada.transaction() as session:
        assert requests_of_order(session, partner_id=ada.partner_id, order_id=order_id) == []


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"units": "3"}, {"units"}),
        ({"units": "one"}, {"units"}),
        ({"units": "1", "goodwill": "much"}, {"goodwill"}),
        ({"goodwill": "1000000"}, {"goodwill"}),
        ({"delivery": "-1"}, {"delivery"}),
        ({"goodwill": "1.00", "funder": "shopper"}, {"funder"}),
    ],
)
def test_bad_input_is_refused_at_its_field(world: World, typed: dict[str, str], wrong: set[str]) -> None:
    ben = world.ben
    order_id = ben.buy((world.mug, 2), contact=GERMAN)
    (mug,) = lines(ben, order_id)
    owner = Visitor(world, "portal", "owner", ben)
    form = {(f"units-{mug}" if name == "units" else name): value for name, value in typed.items()}
    refused = owner.post(f"/orders/{order_id}/refund", **form, reason="Kept <as> typed")
    assert refused.status_code == 422
    marked = set(re.findall(r'name="([^"]+)"[^>]*aria-invalid="true"', refused.text))
    assert marked == {f"units-{mug}" if name == "units" else name for name in wrong}
    assert field(refused, "reason") == "Kept <as> typed"


def test_the_order_tells_of_answers_and_of_returns(world: World) -> None:
    ada, ben = world.ada, world.ben
    order_id = sent(ada, ada.buy((world.mug, 2)))
    (mug,) = line_ids(ada, order_id)
    decline(ada, request(ada, order_id, RefundAsked(goodwill=100, reason="Late")), "It was on time")
    ask(ada, order_id, {mug: 1}, why="does_not_fit")
    owner = Visitor(world, "portal", "owner", ada)
    shown = words(owner.get(f"/orders/{order_id}"))
    assert "Northlight Goods answers: It was on time" in shown
    assert "1 × Mug, Oat" in shown
    assert "It does not fit" in shown
    # What a shopper writes is between it and the company.
    assert "The handle is loose" not in shown
    theirs = Visitor(world, "portal", "owner", ben)
    for place in (f"/orders/{order_id}", f"/orders/{order_id}/refund"):
        assert theirs.get(place).status_code == 404
    assert theirs.post(f"/orders/{order_id}/refund", **{f"units-{mug}": 1, "reason": "x"}).status_code in (
        404,
        422,
    )
    with ada.transaction() as session:
        assert len(requests_of_order(session, partner_id=ada.partner_id, order_id=order_id)) == 1
