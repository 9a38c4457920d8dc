"""Returns in a store: what a shopper asks for from its order's page, and what it is told."""

from __future__ import annotations

import re
from html import unescape
from uuid import UUID

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.store.links import order_token
from orders.reading import read_order
from payments.returns.reading import ReturnView, returns_of_order
from storage.database import transaction
from tests.app.faces import words
from tests.app.shopper import Shopper
from tests.payments.returns.test_returns import accept, decline, line_ids, receive, refund, sent
from tests.world import GERMAN, Shop, World

INSTRUCTIONS = "Northlight Returns\n4 Quay Road\nPortland, OR 97201"


@pytest.fixture(autouse=True)
def instructions(world: World) -> None:
    with transaction(world.services.console) as session:
        session.execute(text("UPDATE company SET return_instructions = :i"), {"i": INSTRUCTIONS})


def page_of(shop: Shop, order_id: UUID) -> str:
    secret = shop.world.services.config.secret
    return f"/order/{order_token(secret, partner_id=shop.partner_id, order_id=order_id)}"


def returns_of(shop: Shop, order_id: UUID) -> list[ReturnView]:
    with shop.transaction() as session:
        return returns_of_order(session, partner_id=shop.partner_id, order_id=order_id)


def marked(response: TestResponse) -> list[str]:
    """The fields that a page says are wrong."""
    return re.findall(r'<(?:input|select|textarea)[^>]*name="([^"]+)"[^>]*aria-invalid="true"', response.text)


def mails(world: World, part: str) -> list[str]:
    """The plain text of mails whose subject has this in it."""
    world.run_jobs()
    return [
        f"{mail['Subject']}\n{mail.get_body(('plain',)).get_content()}".replace("\r\n", "\n")
        for _, mail in world.services.mailer.messages()  # type: ignore[attr-defined]
        if part in str(mail["Subject"])
    ]


def number(shop: Shop, order_id: UUID) -> int:
    with shop.transaction() as session:
        return read_order(session, partner_id=shop.partner_id, order_id=order_id).number


def test_a_return_from_the_orders_page_to_the_money(world: World) -> None:
    ada = world.ada
    order_id = sent(ada, ada.buy((world.mug, 2), (world.tote, 1)))
    mug, tote = line_ids(ada, order_id)
    path, shopper = page_of(ada, order_id), Shopper(ada)
    assert f'href="{path}/return"' in shopper.get(path).text
    form = shopper.get(f"{path}/return")
    assert "2 can come back" in words(form)
    assert form.headers["Referrer-Policy"] == "no-referrer"
    done = shopper.post(
        f"{path}/return", **{f"units-{mug}": 1, f"reason-{mug}": "damaged", "note": "The <handle> is loose"}
    )
    assert done.status_code == 303
    shown = shopper.get(path)
    assert "Asked for" in words(shown)
    assert "1 × Mug, Oat" in words(shown)
    assert INSTRUCTIONS.splitlines()[1] not in words(shown)
    (found,) = returns_of(ada, order_id)
    assert (found.note, found.lines[0].reason, found.state) == (
        "The <handle> is loose",
        "damaged",
        "requested",
    )
    accept(ada, found.return_id)
    shown = shopper.get(path)
    assert INSTRUCTIONS in unescape(shown.text)
    receive(ada, found.return_id, {mug: 1})
    assert "It has arrived" in words(shopper.get(path))
    refund(ada, found.return_id)
    shown = words(shopper.get(path))
    assert "$21.60 are on their way" in shown
    # What the shop says to itself is no part of it.
    assert "staff@example.com" not in shown
    assert tote


def test_each_step_is_told_by_mail_once(world: World) -> None:
    ada = world.ada
    with transaction(world.services.console) as session:
        session.execute(
            text("UPDATE stores SET last_order_number = 7000 + :n WHERE stores.partner_id = :p"),
            {"n": world.number * 10, "p": ada.partner_id},
        )
    order_id = sent(ada, ada.buy((world.mug, 3)))
    (mug,) = line_ids(ada, order_id)
    path, shopper, order = page_of(ada, order_id), Shopper(ada), f"order {number(ada, order_id)}"
    shopper.get(f"{path}/return")
    shopper.post(f"{path}/return", **{f"units-{mug}": 1, f"reason-{mug}": "other"})
    (registered,) = mails(world, f"Your return of {order} is registered")
    assert "1 × Mug, Oat" in registered
    assert "Quay Road" not in registered
    (found,) = returns_of(ada, order_id)
    accept(ada, found.return_id)
    (how,) = mails(world, f"How to send back {order}")
    assert INSTRUCTIONS in how
    receive(ada, found.return_id, {mug: 1})
    (arrived,) = mails(world, f"Your parcel for {order} has arrived")
    assert "1 × Mug, Oat" in arrived
    refund(ada, found.return_id)
    assert len(mails(world, f"back for {order}")) == 1
    shopper.post(f"{path}/withdraw", **{f"units-{mug}": 1})
    (withdrawn,) = mails(world, f"You withdrew from {order}: how to send it back")
    assert INSTRUCTIONS in withdrawn
    decline(ada, returns_of(ada, order_id)[-1].return_id, "Nothing has come & it is late")
    (declined,) = [mail for mail in mails(world, f"Your return of {order}") if "We cannot take" in mail]
    assert "Nothing has come & it is late" in declined


def test_an_unsent_order_is_withdrawn_from_with_one_button(world: World) -> None:
    ben = world.ben
    order_id = ben.buy((world.mug, 1), contact=GERMAN)
    path, shopper = page_of(ben, order_id), Shopper(ben)
    shown = shopper.get(path)
    assert f"{path}/withdraw" in shown.text
    assert f'href="{path}/return"' not in shown.text
    assert shopper.get(f"{path}/return").location == f"{path}/withdraw"
    form = words(shopper.get(f"{path}/withdraw"))
    assert "30,21" in form
    assert shopper.post(f"{path}/withdraw").status_code == 303
    # Pressing the button once more finds that there is nothing left.
    again = shopper.post(f"{path}/withdraw")
    assert again.status_code == 422
    assert "Everything of this order" in words(again)
    (found,) = returns_of(ben, order_id)
    assert found.at_once
    shown = words(shopper.get(path))
    assert "Withdrawn" in shown
    assert "Cancelled" in shown
    (mail,) = mails(world, f"You withdrew from order {number(ben, order_id)}")[-1:]
    assert "before it was sent" in mail


@pytest.mark.parametrize(
    ("typed", "fields", "sentence"),
    [
        ({}, [], "Say how many come back."),
        ({"units": "3", "reason": "other"}, ["units"], "0 to 2 of these can come back."),
        ({"units": "two", "reason": "other"}, ["units"], "Enter a whole number"),
        ({"units": "-1", "reason": "other"}, ["units"], "Enter a whole number"),
        ({"units": "²", "reason": "other"}, ["units"], "Enter a whole number"),
        ({"units": "1" * 5000, "reason": "other"}, ["units"], "Enter a whole number"),
        ({"units": "1"}, ["reason"], "Choose why."),
        ({"units": "1", "reason": "<b>"}, ["reason"], "Choose why."),
        ({"units": "1", "reason": "other", "note": "x" * 1001}, ["note"], "At most 1000 characters."),
    ],
)
def test_bad_input_names_its_field_and_loses_nothing(
    world: World, typed: dict[str, str], fields: list[str], sentence: str
) -> None:
    ada = world.ada
    order_id = sent(ada, ada.buy((world.mug, 2)))
    (mug,) = line_ids(ada, order_id)
    path, shopper = f"{page_of(ada, order_id)}/return", Shopper(ada)
    shopper.get(path)
    typed = {"note": "Kept <as> typed", **typed}
    named = {f"{name}-{mug}" if name != "note" else name: value for name, value in typed.items()}
    refused = shopper.post(path, **named)
    assert refused.status_code == 422
    assert marked(refused) == [f"{name}-{mug}" if name != "note" else name for name in fields]
    assert sentence in words(refused)
    assert typed["note"] in unescape(refused.text)
    if "units" in typed:
        assert f'value="{typed["units"][:2000]}"' in refused.text
    assert returns_of(ada, order_id) == []


def test_after_the_last_day_the_page_names_it(world: World) -> None:
    ada = world.ada
    order_id = sent(ada, ada.buy((world.mug, 1)))
    (mug,) = line_ids(ada, order_id)
    path, shopper = page_of(ada, order_id), Shopper(ada)
    shopper.get(f"{path}/return")
    day = world.later(days=30)
    world.later(days=2)
    named = f"{day:%B} {day.day}, {day.year}"
    assert f"could be sent back until {named}" in words(shopper.get(path))
    for way in ("return", "withdraw"):
        assert f"The last day was {named}" in words(shopper.get(f"{path}/{way}"))
        late = shopper.post(f"{path}/{way}", **{f"units-{mug}": 1, f"reason-{mug}": "other"})
        assert late.status_code == 422
    assert returns_of(ada, order_id) == []


def test_a_shopper_keeps_its_goods_after_all(world: World) -> None:
    ada = world.ada
    order_id = sent(ada, ada.buy((world.mug, 1)))
    (mug,) = line_ids(ada, order_id)
    path, shopper = page_of(ada, order_id), Shopper(ada)
    shopper.get(f"{path}/withdraw")
    shopper.post(f"{path}/withdraw", **{f"units-{mug}": 1})
    (found,) = returns_of(ada, order_id)
    shopper.get(path)
    for _ in range(2):
        kept = shopper.post(f"{path}/returns/{found.return_id}/cancel")
        assert kept.status_code == 303
    assert returns_of(ada, order_id)[0].state == "cancelled"
    assert "You keep it" in words(shopper.get(path))
    assert shopper.get(f"{path}/return").status_code == 200


def test_only_the_orders_own_key_opens_it(world: World) -> None:
    ada, ben = world.ada, world.ben
    order_id = sent(ada, ada.buy((world.mug, 1)))
    (mug,) = line_ids(ada, order_id)
    path = page_of(ada, order_id)
    stranger = Shopper(ben)
    stranger.add(world.tote)
    stranger.get("/cart")
    for address in (f"{path}/return", f"{path}/withdraw", "/order/x/return", "/order/x/withdraw"):
        assert stranger.get(address).status_code == 404
        assert stranger.post(address, **{f"units-{mug}": 1}).status_code == 404
    shopper = Shopper(ada)
    shopper.get(f"{path}/withdraw")
    shopper.post(f"{path}/withdraw", **{f"units-{mug}": 1})
    (found,) = returns_of(ada, order_id)
    other = page_of(ada, sent(ada, ada.buy((world.mug, 1))))
    assert shopper.post(f"{other}/returns/{found.return_id}/cancel").status_code in (303, 404)
    assert returns_of(ada, order_id)[0].state == "accepted"
    assert Shopper(ada).client.post(f"{path}/withdraw", base_url=shopper.base).status_code == 403
