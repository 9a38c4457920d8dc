"""Ceilings: set and taken away by the company, never under a floor, with their history."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update

from kit.errors import Refusal
from kit.money import Money
from pricing.ceilings import NewCeiling, ceiling_history, ceilings_of, highest_floors, set_ceilings
from pricing.impact import wholesale_impact
from pricing.lists import create_price_list
from pricing.wholesale import NewWholesale, set_wholesale
from storage.audit import AuditEntry
from storage.database import transaction
from storage.revisions import StoreRevision
from tenants.models import Store
from tests.pricing.test_setting_prices import price, set_own
from tests.world import World, eur, usd


@pytest.fixture(autouse=True)
def alone(world: World) -> None:
    """Close what other tests left: whether a store shows tax in a currency moves that currency's floors."""
    with transaction(world.services.console) as session:
        mine = [world.ada.store_id, world.ben.store_id]
        session.execute(update(Store).where(Store.store_id.not_in(mine)).values(state="closed"))


def cap(world: World, sku: str, amount: Money | None, currency: str = "") -> None:
    world.later(minutes=1)
    with transaction(world.services.console) as session:
        set_ceilings(
            session,
            ceilings=[
                NewCeiling(world.variant(sku), currency or (amount.currency if amount else "USD"), amount)
            ],
            actor="cleo@example.com", now=world.now, reason="As printed on the box",
        )  # fmt: skip
    world.later(minutes=1)


def test_a_ceiling_lowers_what_lies_above_it_at_once_and_lets_go_again(world: World) -> None:
    set_own(world.ada, world.mug, usd("30.00"))
    set_own(world.ben, world.mug, eur("30.00"))
    cap(world, world.mug, usd("20.00"))
    assert price(world.ada, world.mug) == usd("20.00")
    assert price(world.ben, world.mug) == eur("30.00")
    cap(world, world.mug, None)
    assert price(world.ada, world.mug) == usd("30.00")


def test_the_same_ceiling_again_changes_nothing(world: World) -> None:
    cap(world, world.mug, usd("20.00"))
    with transaction(world.services.console) as session:
        revision = select(StoreRevision.revision).order_by(StoreRevision.store_id).limit(1)
        before = session.scalar(revision)
        again = [NewCeiling(world.variant(world.mug), "USD", usd("20.00"))]
        assert set_ceilings(session, ceilings=again, actor="x", now=world.now) == set()
        assert set_ceilings(session, ceilings=[], actor="x", now=world.now) == set()
        assert session.scalar(revision) == before
        assert len(ceiling_history(session, variant_id=world.variant(world.mug))) == 1


def test_every_stores_pages_differ_after_it(world: World) -> None:
    with transaction(world.services.console) as session:
        revision = select(StoreRevision.revision).order_by(StoreRevision.store_id).limit(1)
        before = session.scalar(revision) or 0
        ceiling = NewCeiling(world.variant(world.mug), "USD", usd("20.00"))
        assert set_ceilings(session, ceilings=[ceiling], actor="x", now=world.now) == {ceiling.variant_id}
        assert (session.scalar(revision) or 0) > before


def test_none_lies_under_the_highest_floor_of_any_list(world: World) -> None:
    mug = world.variant(world.mug)
    with transaction(world.services.console) as session:
        dear = create_price_list(
            session, name=f"Dear {world.number}", customer_fields=[], actor="x", now=world.now
        )
        set_wholesale(
            session,
            prices=[NewWholesale(mug, dear, usd("15.00"))],
            begins=world.now,
            actor="x",
            now=world.now,
        )
    with pytest.raises(
        Refusal, match=rf"lowest ceiling is USD 16\.00: the wholesale USD 15\.00 of Dear {world.number}"
    ):
        cap(world, world.mug, usd("15.99"))
    assert price(world.ada, world.mug) == usd("21.60")
    cap(world, world.mug, usd("16.00"))
    assert price(world.ada, world.mug) == usd("16.00")
    # Where stores show prices with tax, so does the floor: 12.00 and 1.00, with 19 %.
    with pytest.raises(Refusal, match=r"lowest ceiling is EUR 15\.47.* and tax"):
        cap(world, world.mug, eur("15.46"))
    cap(world, world.mug, eur("15.47"))
    assert price(world.ben, world.mug) == eur("15.47")


def test_what_is_scheduled_and_what_comes_with_it_counts(world: World) -> None:
    mug, standard = world.variant(world.mug), world.installation.price_list_id
    lower = NewWholesale(mug, standard, usd("8.00"))
    with transaction(world.services.console) as session:
        asked: dict[str, Any] = {"variant_ids": [mug], "currency": "USD", "now": world.now}
        assert highest_floors(session, **asked)[mug].floor == usd("13.00")
        assert highest_floors(session, **asked, prices=[lower])[mug].floor == usd("9.00")
        assert highest_floors(session, **asked, prices=[lower], at_once=False)[mug].floor == usd("13.00")
        set_wholesale(
            session, prices=[NewWholesale(mug, standard, usd("14.00"))],
            begins=world.now + timedelta(days=9), actor="x", now=world.now,
        )  # fmt: skip
        assert highest_floors(session, **asked)[mug].floor == usd("15.00")


def test_wholesale_and_a_ceiling_can_come_down_together(world: World) -> None:
    world.ada.buy((world.mug, 1))
    mug, standard = world.variant(world.mug), world.installation.price_list_id
    prices = [NewWholesale(mug, standard, usd("8.00"))]
    with transaction(world.services.console) as session:
        set_wholesale(session, prices=prices, begins=world.now, actor="x", now=world.now)
        set_ceilings(
            session,
            ceilings=[NewCeiling(mug, "USD", usd("9.00"))],
            actor="x",
            now=world.now,
            with_prices=prices,
        )
    world.later(minutes=1)
    assert price(world.ada, world.mug) == usd("9.00")


def test_a_floor_that_rises_above_it_goes_before(world: World) -> None:
    cap(world, world.mug, usd("14.00"))
    with transaction(world.services.console) as session:
        set_wholesale(
            session,
            prices=[NewWholesale(world.variant(world.mug), world.installation.price_list_id, usd("20.00"))],
            begins=world.now, actor="x", now=world.now,
        )  # fmt: skip
    world.later(minutes=1)
    assert price(world.ada, world.mug) == usd("21.00")


@pytest.mark.parametrize("minor", [0, -1])
def test_it_is_above_zero(world: World, minor: int) -> None:
    with pytest.raises(Refusal, match="above zero"):
        cap(world, world.mug, Money(minor, "USD"))


def test_history_and_audit_know_who_set_it_and_why(world: World) -> None:
    cap(world, world.mug, usd("20.00"))
    cap(world, world.mug, None)
    with transaction(world.services.console) as session:
        found = ceiling_history(session, variant_id=world.variant(world.mug))
        assert [(past.amount, past.actor) for past in found] == [
            (None, "cleo@example.com"),
            (usd("20.00"), "cleo@example.com"),
        ]
        assert found[0].since > found[1].since
        entries = session.execute(
            select(AuditEntry.before, AuditEntry.after, AuditEntry.reason)
            .where(AuditEntry.action == "ceiling.set")
            .order_by(AuditEntry.at.desc())
            .limit(2)
        ).all()
        mug = str(world.variant(world.mug))
        assert [tuple(entry) for entry in entries] == [
            ({mug: 2000}, {mug: None}, "As printed on the box"),
            ({mug: None}, {mug: 2000}, "As printed on the box"),
        ]
        assert ceilings_of(session, variant_ids=[world.variant(world.mug)], currency="USD") == {}


def test_the_preview_counts_whose_prices_come_down(world: World) -> None:
    set_own(world.ada, world.mug, usd("30.00"))
    set_own(world.ben, world.mug, eur("30.00"))
    mug, found = world.variant(world.mug), {}
    for state in ("live", "closed"):
        with transaction(world.services.console) as session:
            session.execute(update(Store).where(Store.store_id == world.ada.store_id).values(state=state))
            for amount in ("20.00", "90.00"):
                effect = wholesale_impact(
                    session,
                    prices=[],
                    ceilings=[NewCeiling(mug, "USD", usd(amount))],
                    begins=world.now,
                    now=world.now,
                )
                found[state, amount] = (effect.capped, effect.capped_own, effect.listings, effect.under)
    # Other tests' stores may list it, too, by their rule; this one asks a price of its own.
    one = [a - b for a, b in zip(found["live", "20.00"], found["closed", "20.00"], strict=True)]
    assert one == [1, 1, 1, 0]
    assert found["live", "90.00"][:2] == (0, 0)


def test_a_face_reads_ceilings_and_not_who_set_them(world: World) -> None:
    cap(world, world.mug, usd("20.00"))
    with world.ada.transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM price_ceilings")) is not None
        with pytest.raises(Exception, match="permission denied"):
            session.execute(text("SELECT * FROM ceiling_changes"))
