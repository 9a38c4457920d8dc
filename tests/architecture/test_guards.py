"""What the database itself refuses, whatever the program would do: floors, ledger, tenancy, stock."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from tests.world import Shop, World

_LINE = (
    "INSERT INTO order_lines (partner_id, line_id, order_id, position, variant_id, sku, product_title,"
    " variant_title, quantity, unit_retail, unit_wholesale, unit_floor, net, tax_bps, tax, margin)"
    " VALUES (:partner_id, :line_id, :order_id, 9, :variant_id, 'x', 'x', '', :quantity, :net, :wholesale, :floor,"
    " :net, 0, 0, :margin)"
)
_ENTRY = (
    "INSERT INTO ledger_entries (partner_id, entry_id, source, position, debit, credit, amount, currency,"
    " order_id, posted_at) VALUES (:partner_id, :entry_id, :source, :position, :debit, :credit, :amount, 'USD',"
    " :order_id, now())"
)


@pytest.fixture
def order_id(world: World) -> UUID:
    return world.ada.buy((world.mug, 1))


def attempt(shop: Shop, statement: str, **values: Any) -> None:
    """Try a statement as the face's role, and take back what it did."""
    with shop.transaction() as session:
        session.execute(text(statement), {"partner_id": shop.partner_id, **values})
        session.flush()
        session.rollback()
        session.begin()


def line(order_id: UUID, **changed: int) -> dict[str, Any]:
    good = {"quantity": 2, "net": 2600, "wholesale": 1200, "floor": 1300, "margin": 200}
    return {**good, **changed, "order_id": order_id, "line_id": uuid4(), "variant_id": uuid4()}


def entry(order_id: UUID, **changed: Any) -> dict[str, Any]:
    good = {
        "source": f"t:{uuid4()}",
        "position": 1,
        "debit": "stripe_clearing",
        "credit": "goodwill",
        "amount": 5,
    }
    return {**good, **changed, "order_id": order_id, "entry_id": uuid4()}


def test_a_sound_line_and_a_sound_entry_are_taken(world: World, order_id: UUID) -> None:
    attempt(world.ada, _LINE, **line(order_id))
    attempt(world.ada, _ENTRY, **entry(order_id))


@pytest.mark.parametrize(
    "changed",
    [
        {"net": 2599, "margin": 199},
        {"floor": 1199},
        {"wholesale": 0, "margin": 2600},
        {"margin": 201},
        {"quantity": 0},
        {"quantity": -2, "net": -2600, "margin": -200},
    ],
)
def test_a_line_under_its_floor_or_that_does_not_add_up_is_refused(
    world: World, order_id: UUID, changed: dict[str, int]
) -> None:
    with pytest.raises(IntegrityError, match="check"):
        attempt(world.ada, _LINE, **line(order_id, **changed))


@pytest.mark.parametrize(
    "changed",
    [{"amount": 0}, {"amount": -5}, {"credit": "stripe_clearing"}, {"debit": "petty_cash"}],
)
def test_an_entry_that_moves_nothing_or_from_nowhere_is_refused(
    world: World, order_id: UUID, changed: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError, match="check"):
        attempt(world.ada, _ENTRY, **entry(order_id, **changed))


def test_a_fact_is_posted_once(world: World, order_id: UUID) -> None:
    with pytest.raises(IntegrityError, match="unique"):
        attempt(world.ada, _ENTRY, **entry(order_id, source=f"sale:{order_id}"))


def test_an_order_of_another_partner_cannot_be_named(world: World, order_id: UUID) -> None:
    with pytest.raises(IntegrityError, match="foreign key"):
        attempt(world.ben, _LINE, **line(order_id))
    with pytest.raises(IntegrityError, match="foreign key"):
        attempt(world.ben, _ENTRY, **entry(order_id))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE order_lines SET margin = 0 WHERE partner_id = :partner_id",
        "DELETE FROM order_lines WHERE partner_id = :partner_id",
        "UPDATE ledger_entries SET amount = 1 WHERE partner_id = :partner_id",
        "DELETE FROM ledger_entries WHERE partner_id = :partner_id",
        "UPDATE orders SET total = 0 WHERE partner_id = :partner_id",
        "UPDATE orders SET partner_id = :partner_id WHERE partner_id = :partner_id",
        "UPDATE wholesale_prices SET amount = 1",
        "UPDATE stores SET partner_id = :partner_id WHERE partner_id = :partner_id",
        "SELECT * FROM audit_log",
        "UPDATE stock_levels SET on_hand = 1000000",
        "TRUNCATE ledger_entries",
    ],
)
def test_a_face_may_not(world: World, order_id: UUID, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        attempt(world.ada, statement)


def test_units_that_are_not_there_cannot_be_held(world: World) -> None:
    owner = create_engine(world.services.database.owner_url)
    variant = world.variant(world.scarce_mug)
    for held in (4, -1):
        with pytest.raises(IntegrityError, match="check"), owner.begin() as connection:
            connection.execute(
                text("UPDATE stock_levels SET held = :held WHERE variant_id = :v"),
                {"held": held, "v": variant},
            )
    owner.dispose()
