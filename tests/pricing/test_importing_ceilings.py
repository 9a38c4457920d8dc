"""A product file may name ceilings in a column of its own."""

from __future__ import annotations

import io

from pricing.ceilings import ceiling_history, ceilings_of
from pricing.importing import ImportReport, WholesaleSource, import_products
from storage.database import transaction
from tests.pricing.test_ceilings import alone
from tests.pricing.test_setting_prices import price
from tests.world import World, eur, usd

__all__ = ["alone"]
HEAD = "Handle,Title,Variant SKU,Variant Price,ceiling"


def bring(world: World, *rows: str, currency: str = "USD") -> ImportReport:
    world.later(minutes=1)
    with transaction(world.services.console) as session:
        report = import_products(
            session,
            stream=io.BytesIO("\n".join([HEAD, *rows]).encode()),
            wholesale=WholesaleSource(basis_points=5000),
            currency=currency, actor="tests", now=world.now,
        )  # fmt: skip
    world.later(minutes=1)
    return report


def test_ceilings_come_with_a_file_and_an_empty_cell_keeps_what_is(world: World) -> None:
    tote = f"{world.tote},Tote,{world.tote},20.00"
    assert not bring(world, f"{tote},15.00").refused
    assert price(world.ada, world.tote) == usd("15.00")
    assert price(world.ben, world.tote) != eur("15.00")
    again = bring(world, f"{tote},15.00")
    assert (again.variants["changed"], again.variants["unchanged"]) == (0, 1)
    assert bring(world, f"{tote},").variants["unchanged"] == 1
    assert bring(world, f"{tote},16.00").variants["changed"] == 1
    assert price(world.ada, world.tote) == usd("16.00")
    with transaction(world.services.console) as session:
        past = ceiling_history(session, variant_id=world.variant(world.tote))
        assert [(entry.amount, entry.reason) for entry in past] == [
            (usd("16.00"), "Imported"),
            (usd("15.00"), "Imported"),
        ]


def test_one_that_cannot_be_is_refused_by_itself_and_the_row_is_taken(world: World) -> None:
    new = f"lamp-{world.number}"
    report = bring(world, f"{new},Lamp,{new},40.00,20.50", f"{world.tote},Tote,{world.tote},30.00,nothing")
    assert [(row.subject, row.reason) for row in report.refused] == [
        (
            new,
            "A ceiling of USD 20.50 lies under the floor. The lowest ceiling is USD 21.00: the wholesale"
            " USD 20.00 of Standard, plus the smallest margin. Everything else of the row was taken.",
        ),
        (world.tote, report.refused[1].reason),
    ]
    assert "nothing" in report.refused[1].reason
    assert report.variants["created"] == 1
    with transaction(world.services.console) as session:
        assert ceilings_of(session, variant_ids=[world.variant(new)], currency="USD") == {}
    assert price(world.ada, world.tote) == usd("18.00")
    refused = bring(world, f"{new},Lamp,{new},40.00,-3", f"{world.tote},Tote,{world.tote},20.00,0").refused
    assert all("above zero" in row.reason or "-3" in row.reason for row in refused)
    assert len(refused) == 2
