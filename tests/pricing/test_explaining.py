"""An explanation is of the price that shoppers see, and a history holds each change of it, for its partner."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from kit.errors import NotFound
from kit.money import Money
from pricing.explaining import Explanation, explain
from pricing.history import PriceHistory, price_history
from pricing.listing import listings
from pricing.lists import create_price_list
from pricing.plans import plan_prices
from pricing.reading import VARIANTS
from pricing.retail import clear_prices, set_prices, set_rule
from pricing.wholesale import NewWholesale, set_wholesale
from storage.database import transaction
from tenants.access import invite
from tenants.actors import FORMER, THE_COMPANY, told_to_partner, without_addresses
from tenants.terms import set_price_list
from tests.world import Shop, World, eur, usd


def explained(shop: Shop, sku: str, at: datetime | None = None) -> Explanation:
    with shop.transaction() as session:
        return explain(
            session,
            **shop.keys,
            variant_id=shop.world.variant(sku),
            at=at or shop.world.now,
            now=shop.world.now,
        )


def past(shop: Shop, sku: str, **more: int) -> PriceHistory:
    with shop.transaction() as session:
        return price_history(
            session, **shop.keys, variant_id=shop.world.variant(sku), now=shop.world.now, **more
        )


def shown(shop: Shop, sku: str) -> Money | None:
    with shop.transaction() as session:
        found = listings(
            session, **shop.keys, now=shop.world.now, selection=VARIANTS, choice=[shop.world.variant(sku)]
        )
    return found.products[0].variants[0].price if found.products else None


def own_price(shop: Shop, sku: str, asked: Money, actor: str = "ada") -> None:
    with shop.transaction() as session:
        set_prices(
            session, **shop.keys, prices={shop.world.variant(sku): asked}, actor=actor, now=shop.world.now
        )


def wholesale(
    world: World, sku: str, amount: Money, *, price_list: UUID | None = None, reason: str = ""
) -> None:
    with transaction(world.services.console) as session:
        set_wholesale(
            session,
            prices=[NewWholesale(world.variant(sku), price_list or world.installation.price_list_id, amount)],
            begins=world.now,
            actor="staff@northlight.example",
            now=world.now,
            reason=reason,
        )


def test_the_chain_of_a_store_rule_in_both_tax_modes(world: World) -> None:
    ada = explained(world.ada, world.mug)
    assert ada.rule
    assert ada.wholesale
    assert ada.steps
    assert (ada.rule.rule.scope, ada.rule.rule.method, ada.rule.rule.value) == ("store", "markup", 8000)
    assert (ada.wholesale.amount, ada.wholesale.own) == (usd("12.00"), True)
    assert (ada.floor, ada.price, ada.earn) == (usd("13.00"), usd("21.60"), usd("9.60"))
    assert ada.tax == usd("0.00")
    assert ada.price == shown(world.ada, world.mug)
    ben = explained(world.ben, world.mug)
    # 13.00 and 21.60 with 19 % tax; of the price, tax and wholesale leave the margin.
    assert (ben.floor, ben.price) == (eur("15.47"), eur("25.71"))
    assert ben.price == shown(world.ben, world.mug)
    assert ben.tax
    assert ben.earn
    assert ben.wholesale
    assert ben.tax + ben.earn + ben.wholesale.amount == ben.price


def test_the_most_specific_rule_is_named_and_each_scope_can_be_it(world: World) -> None:
    collection_id = uuid4()
    with transaction(world.services.console) as session:
        session.execute(
            text(
                "INSERT INTO collections (collection_id, handle, title, description, position)"
                " VALUES (:c, :h, 'Kitchen', '', 1)"
            ),
            {"c": collection_id, "h": f"kitchen-{world.number}"},
        )
        session.execute(
            text("INSERT INTO collection_products (collection_id, product_id, position) VALUES (:c, :p, 1)"),
            {"c": collection_id, "p": world.product(f"mug-{world.number}")},
        )
    scopes = {"collection": collection_id, "product": world.product(f"mug-{world.number}")}
    for scope, scope_id in scopes.items():
        with world.ada.transaction() as session:
            set_rule(
                session, **world.ada.keys, scope=scope, scope_id=scope_id, method="margin", value=500,
                rounding="99", actor="ada", now=world.now,
            )  # fmt: skip
        found = explained(world.ada, world.mug)
        assert found.rule
        assert (found.rule.rule.scope, found.rule.name) == (
            scope,
            {"collection": "Kitchen", "product": "Mug"}[scope],
        )
        assert found.price == shown(world.ada, world.mug) == usd("16.99")
    own_price(world.ada, world.mug, usd("19.00"))
    found = explained(world.ada, world.mug)
    assert found.rule
    assert (found.rule.rule.scope, found.rule.actor, found.rule.since) == ("variant", "ada", world.now)
    ben = explained(world.ben, world.mug).rule
    assert ben
    assert ben.rule.scope == "store"


def test_wholesale_of_the_partners_own_list_and_of_the_default_one(world: World) -> None:
    with transaction(world.services.console) as session:
        gold = create_price_list(
            session, name=f"Gold {world.number}", customer_fields=[], actor="tests", now=world.now
        )
        set_price_list(
            session, partner_id=world.ada.partner_id, price_list_id=gold, actor="tests", now=world.now
        )
    fallen = explained(world.ada, world.mug).wholesale
    assert fallen
    assert (fallen.own, fallen.own_list) == (False, f"Gold {world.number}")
    assert fallen.price_list != fallen.own_list
    world.later(minutes=1)
    wholesale(world, world.mug, usd("10.00"), price_list=gold, reason="Gold terms")
    own = explained(world.ada, world.mug).wholesale
    assert own
    assert (own.amount, own.own, own.price_list) == (usd("10.00"), True, f"Gold {world.number}")
    assert (own.since, own.reason) == (world.now, "Gold terms")
    # What another list takes is no business of a partner that is not on it, now or in its history.
    world.later(minutes=1)
    wholesale(world, world.mug, usd("11.50"), reason="Standard falls")
    assert [change.wholesale[1] for change in past(world.ada, world.mug).changes] == [
        usd("12.00"),
        usd("10.00"),
    ]
    assert all(change.wholesale[1] == eur("12.00") for change in past(world.ben, world.mug).changes)


@pytest.mark.parametrize(
    ("choice", "price"),
    [("lift", "21.00"), ("keep_amount", "32.00"), ("keep_percentage", "40.00"), ("pause", None)],
)
def test_a_fixed_price_that_wholesale_overtook(world: World, choice: str, price: str | None) -> None:
    own_price(world.ada, world.mug, usd("20.00"))
    with world.ada.transaction() as session:
        session.execute(
            text(
                "UPDATE stores SET on_wholesale_rise = :choice WHERE partner_id = :partner_id"
                " AND store_id = :store_id"
            ),
            {**world.ada.keys, "choice": choice},
        )
    before = world.later(minutes=1)
    world.later(minutes=1)
    wholesale(world, world.mug, usd("20.00" if choice == "lift" else "24.00"))
    found = explained(world.ada, world.mug)
    assert found.overtaken
    assert found.price == (usd(price) if price else None) == shown(world.ada, world.mug)
    assert found.lifted == (choice == "lift")
    # Before the rise it was what was asked for, and today's choice did not touch it.
    was = explained(world.ada, world.mug, before)
    assert was.past
    assert (was.price, was.overtaken, was.lifted) == (usd("20.00"), False, False)


def test_why_there_is_no_price(world: World) -> None:
    early = explained(world.ada, world.mug, world.now - timedelta(days=4000))
    assert (early.rule, early.wholesale, early.steps, early.price, early.earn) == (None,) * 5
    with pytest.raises(NotFound), world.ada.transaction() as session:
        explain(session, **world.ada.keys, variant_id=uuid4(), at=world.now, now=world.now)
    with pytest.raises(NotFound), world.ada.transaction() as session:
        explain(
            session,
            partner_id=world.ada.partner_id,
            store_id=world.ben.store_id,
            variant_id=world.variant(world.mug),
            at=world.now,
            now=world.now,
        )


def test_the_history_holds_each_change_with_its_cause_and_agrees_with_each_moment(world: World) -> None:
    began = world.now
    world.later(minutes=1)
    own_price(world.ada, world.mug, usd("25.00"), "maya")
    own_price(world.ben, world.mug, eur("39.00"), "ben")
    world.later(minutes=1)
    wholesale(world, world.mug, usd("12.80"), reason="Cotton")
    world.later(minutes=1)
    with world.ada.transaction() as session:
        clear_prices(
            session, **world.ada.keys, variant_ids=[world.variant(world.mug)], actor="maya", now=world.now
        )
    world.later(minutes=1)
    found = past(world.ada, world.mug)
    assert found.whole
    first, own, rise, cleared = found.changes
    assert (first.at, first.price, first.wholesale) == (
        began,
        (None, usd("21.60")),
        (None, usd("12.00")),
    )
    assert (own.price, own.actor, own.new_rule) == ((usd("21.60"), usd("25.00")), "maya", True)
    assert own.wholesale_reason is None
    assert (rise.price, rise.wholesale, rise.floor) == (
        (usd("25.00"), usd("25.00")),
        (usd("12.00"), usd("12.80")),
        (usd("13.00"), usd("13.80")),
    )
    assert (rise.wholesale_reason, rise.ruled) == ("Cotton", False)
    assert cleared.price == (usd("25.00"), usd("23.04"))
    assert (cleared.ruled, cleared.new_rule, cleared.actor) == (True, False, "")
    for change in found.changes:
        at = explained(world.ada, world.mug, change.at)
        assert (at.price, at.floor) == (change.price[1], change.floor[1])
        assert not change.ahead
    short = past(world.ada, world.mug, most=2)
    assert not short.whole
    assert short.changes == found.changes[-2:]
    assert {change.actor for change in past(world.ben, world.mug).changes} & {"maya"} == set()


def test_what_is_scheduled_is_marked(world: World) -> None:
    ahead = world.now + timedelta(days=3)
    with transaction(world.services.console) as session:
        set_wholesale(
            session,
            prices=[NewWholesale(world.variant(world.tote), world.installation.price_list_id, usd("11.00"))],
            begins=ahead,
            actor="staff@northlight.example",
            now=world.now,
        )
    last = past(world.ada, world.tote).changes[-1]
    assert (last.at, last.ahead, last.wholesale) == (ahead, True, (usd("10.00"), usd("11.00")))
    found = explained(world.ada, world.tote, ahead)
    assert not found.past
    assert found.wholesale
    assert found.wholesale.amount == usd("11.00")


def test_a_planned_price_is_told_from_the_standing_one_that_it_lies_over(world: World) -> None:
    own_price(world.ada, world.tote, usd("19.00"))
    begins, ends = world.now + timedelta(days=1), world.now + timedelta(days=3)
    with world.ada.transaction() as session:
        plan_prices(
            session,
            **world.ada.keys,
            prices={world.variant(world.tote): usd("16.00")},
            begins=begins,
            ends=ends,
            actor="maya",
            now=world.now,
        )
    during = explained(world.ada, world.tote, begins).rule
    assert during
    assert (during.planned, during.since, during.until, during.actor) == (True, begins, ends, "maya")
    after = explained(world.ada, world.tote, ends).rule
    assert after
    assert (after.planned, after.actor) == (False, "ada")
    first, last = past(world.ada, world.tote).changes[-2:]
    assert (first.price, first.new_rule, first.ahead) == ((usd("19.00"), usd("16.00")), True, True)
    assert (last.price, last.ruled, last.new_rule) == ((usd("16.00"), usd("19.00")), True, False)
    assert all(change.price[1] == eur("21.42") for change in past(world.ben, world.tote).changes)


def test_a_partner_reads_names_of_its_own_people_only(world: World) -> None:
    def person(name: str, **who: object) -> str:
        email = f"{name.lower()}-{world.number}@example.com"
        with transaction(world.services.console) as session:
            invite(session, email=email, name=name, now=world.now, **who)  # type: ignore[arg-type]
        return email

    mine = person("Maya", face="portal", role="manager", partner_id=world.ada.partner_id)
    theirs = person("Nils", face="portal", role="manager", partner_id=world.ben.partner_id)
    staff = person("Sven", face="console", role="owner", partner_id=None)
    with world.ada.transaction() as session:
        told = told_to_partner(
            session,
            partner_id=world.ada.partner_id,
            actors=[mine, theirs, staff, "awning setup", "gone@northlight.example", ""],
        )
    assert told == {
        mine: "Maya",
        theirs: FORMER,
        staff: THE_COMPANY,
        "awning setup": THE_COMPANY,
        "gone@northlight.example": THE_COMPANY,
    }
    assert without_addresses("Asked by <sven@northlight.example>.") == "Asked by <the company>."
