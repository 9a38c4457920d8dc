"""Wholesale prices and ceilings by the thousand: as a file, a paste or typed, seen before they are saved."""

from __future__ import annotations

import io
import re
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.tables import read_table
from pricing.ceilings import NewCeiling, set_ceilings
from pricing.lists import create_price_list
from pricing.wholesale import NewWholesale, set_wholesale
from storage.database import transaction
from tests.app.faces import Visitor, words
from tests.pricing.test_setting_prices import price, set_own
from tests.world import World, eur, usd

STANDARD = "Standard"


@pytest.fixture
def gold(world: World) -> str:
    """A second price list, by its name."""
    name = f"Gold {world.number}"
    with transaction(world.services.console) as session:
        create_price_list(session, name=name, customer_fields=[], actor="tests", now=world.now)
    return name


def staff(world: World, role: str = "catalogue") -> Visitor:
    return Visitor(world, "console", role)


def paste(person: Visitor, pasted: str, currency: str = "USD") -> TestResponse:
    return person.post("/wholesale/preview", kind="pasted", pasted=pasted, currency=currency)


def carried(page: TestResponse) -> dict[str, str]:
    """The fields that a preview's form carries."""
    found = dict(
        re.findall(r'<input type="hidden" name="(currency|kind|title|seen)" value="([^"]*)"', page.text)
    )
    cells = re.search(r'<textarea name="cells"[^>]*>\n?(.*?)</textarea>', page.text, re.DOTALL)
    assert cells
    return {name: unescape(value) for name, value in {**found, "cells": cells[1]}.items()}


def save(person: Visitor, page: TestResponse, **more: str) -> TestResponse:
    """Press the button, a minute after the page was seen."""
    person.world.later(minutes=1)
    return person.post("/wholesale/preview", **{**carried(page), "act": "save", **more})


def wholesale(world: World, sku: str, currency: str = "USD") -> dict[str, int]:
    """What a variant costs at present, by list."""
    with transaction(world.services.console) as session:
        rows = session.execute(
            text(
                "SELECT l.name, w.amount FROM wholesale_prices w JOIN price_lists l USING (price_list_id)"
                " WHERE w.variant_id = :v AND w.currency = :c AND w.valid @> CAST(:at AS timestamptz)"
            ),
            {"v": world.variant(sku), "c": currency, "at": world.now},
        )
        return {row.name: row.amount for row in rows}


def ceiling(world: World, sku: str, currency: str = "USD") -> int | None:
    with transaction(world.services.console) as session:
        found: int | None = session.scalar(
            text("SELECT amount FROM price_ceilings WHERE variant_id = :v AND currency = :c"),
            {"v": world.variant(sku), "c": currency},
        )
        return found


def test_pasted_prices_of_several_lists_are_seen_and_then_saved(world: World, gold: str) -> None:
    set_own(world.ada, world.mug, usd("30.00"))
    set_own(world.ben, world.mug, eur("30.00"))
    person = staff(world)
    shown = paste(
        person,
        f"SKU\t{STANDARD}\t{gold}\tCeiling\n{world.mug}\t13.00\t12.50\t25.00\n{world.tote}\t\t9.00\t\n",
    )
    assert shown.status_code == 200
    said = words(shown)
    assert "4 prices would change" in said
    # Stores that other tests left may list it, too.
    assert re.search(r"\d+ of these (is a partner’s own price|are partners’ own prices)", said)
    assert "Nothing is saved yet" in said
    assert wholesale(world, world.mug) == {STANDARD: 1200}
    assert save(person, shown, reason="New season").status_code == 303
    world.later(minutes=1)
    assert "4 prices saved, from now on." in words(person.get("/wholesale/"))
    assert wholesale(world, world.mug) == {STANDARD: 1300, gold: 1250}
    assert wholesale(world, world.tote) == {STANDARD: 1000, gold: 900}
    assert wholesale(world, world.mug, "EUR") == {STANDARD: 1200}
    assert ceiling(world, world.mug) == 2500
    assert price(world.ada, world.mug) == usd("25.00")
    assert price(world.ben, world.mug) == eur("30.00")
    history = words(person.get(f"/wholesale/history/{world.variant(world.mug)}"))
    assert "New season" in history
    assert "25.00" in history


def test_each_cell_says_what_is_wrong_and_the_rest_goes_on_when_chosen(world: World, gold: str) -> None:
    person = staff(world)
    lines = [
        f"sku\tproduct\tcurrency\t{STANDARD}\t{gold}\tNobody's\tceiling",
        f"{world.mug}\tMug\tUSD\t13.00\t=A1*2\t\t",
        f"{world.scarce_mug}\tMug\tEUR\t13.00\t\t\t",
        f"{world.tote}\tTote\tUSD\t-4\tmany\t7.00\t5.00",
        f"{world.mug}\tMug\tUSD\t14.00\t\t\t",
        "nothing-like-it\t\tUSD\t5\t\t\t",
        "\t\tUSD\t5\t\t\t",
        f"{world.number}\t\tUSD\t€ 5\t1.299\t\t",
    ]
    shown = paste(person, "\n".join(lines))
    assert shown.status_code == 200
    said = words(shown)
    assert "1 price would change" in said
    for reason in (
        "This cell holds a formula",
        "These prices are in USD, not in EUR",
        "A price cannot be negative",
        "“many” is not an amount in USD",
        "There is no price list called “Nobody's”",
        "The lowest ceiling is USD 11.",
        "This SKU stands in line 2 already",
        "There is no such SKU",
        "There is no SKU in this line",
        "can be read in two ways",
    ):
        assert reason in said, reason
    assert "Leave the 11 refused as they are" in said
    refused = save(person, shown)
    assert refused.status_code == 422
    assert "Say that the 11 refused may stay as they are" in words(refused)
    assert wholesale(world, world.mug) == {STANDARD: 1200}
    assert save(person, refused, leave="1").status_code == 303
    world.later(minutes=1)
    assert wholesale(world, world.mug) == {STANDARD: 1300}
    assert wholesale(world, world.tote) == {STANDARD: 1000}
    assert ceiling(world, world.tote) is None


@pytest.mark.parametrize(
    ("pasted", "reason"),
    [
        ("", "There is nothing in it"),
        ("sku\tproduct\nx\ty", "must name the column sku, and at least one of"),
        ("mug\t12.00", "must name the column sku, and at least one of"),
        (f"sku\t{STANDARD}\t{STANDARD}\nx\t1\t2", "stands there twice"),
        (f"sku\t{STANDARD}\nx\t", "no line with a SKU and a price"),
    ],
)
def test_what_is_no_table_of_prices_is_refused_and_stands_there(
    world: World, pasted: str, reason: str
) -> None:
    shown = paste(staff(world), pasted)
    assert shown.status_code == 422
    assert reason in words(shown)
    assert unescape(shown.text).count(pasted) >= 1


def test_a_beginning_ahead_holds_from_then_and_a_ceiling_at_once(world: World) -> None:
    person = staff(world)
    shown = paste(person, f"sku\t{STANDARD}\tceiling\n{world.mug}\t14.00\t20.00")
    day = (world.now.date().fromordinal(world.now.date().toordinal() + 5)).isoformat()
    # What was shown would begin now, so the later beginning is shown first.
    again = save(person, shown, day=day)
    assert again.status_code == 409
    assert "Something has changed since you looked" in words(again)
    assert save(person, again, day=day).status_code == 303
    world.later(minutes=1)
    assert (wholesale(world, world.mug), ceiling(world, world.mug)) == ({STANDARD: 1200}, 2000)
    # A second change of what is scheduled says so, and only of that.
    other = paste(person, f"sku\t{STANDARD}\n{world.mug}\t15.00\n{world.tote}\t11.00")
    assert "A change of it is scheduled for" in words(other)
    assert "1 price would change" in words(other)
    world.later(days=6)
    assert wholesale(world, world.mug) == {STANDARD: 1400}


@pytest.mark.parametrize("more", [{"day": "2020-01-01"}, {"day": "soon"}, {"time": "10:00"}])
def test_a_moment_that_cannot_be_is_refused(world: World, more: dict[str, str]) -> None:
    person = staff(world)
    shown = paste(person, f"sku\t{STANDARD}\n{world.mug}\t14.00")
    refused = save(person, shown, **more)
    assert refused.status_code == 422
    assert 'role="alert"' in refused.text
    assert wholesale(world, world.mug) == {STANDARD: 1200}


def test_what_moved_in_between_is_shown_again_instead_of_saved(world: World) -> None:
    person = staff(world)
    shown = paste(person, f"sku\t{STANDARD}\n{world.mug}\t14.00\n{world.tote}\t12.00")
    world.later(minutes=1)
    with transaction(world.services.console) as session:
        moved = [NewWholesale(world.variant(world.tote), world.installation.price_list_id, usd("12.00"))]
        set_wholesale(session, prices=moved, begins=world.now, actor="tests", now=world.now)
    world.later(minutes=1)
    told = save(person, shown)
    assert told.status_code == 409
    assert "1 price would change" in words(told)
    assert wholesale(world, world.mug) == {STANDARD: 1200}
    assert save(person, told).status_code == 303
    nothing = paste(person, f"sku\t{STANDARD}\n{world.mug}\t14.00")
    world.later(minutes=1)
    nothing = paste(person, f"sku\t{STANDARD}\n{world.mug}\t14.00")
    assert "No price would change" in words(nothing)
    assert save(person, nothing).status_code == 422


def test_cells_that_somebody_changed_into_something_else_are_refused(world: World) -> None:
    person = staff(world)
    answered = person.post("/wholesale/preview", kind="cells", currency="USD", cells="<b>", act="save")
    assert answered.status_code == 422
    assert "cannot be read any more" in words(answered)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_goes_out_comes_back_and_changes_nothing_by_itself(world: World, gold: str, kind: str) -> None:
    with transaction(world.services.console) as session:
        mug = world.variant(world.mug)
        set_ceilings(session, ceilings=[NewCeiling(mug, "USD", usd("40.00"))], actor="tests", now=world.now)
    world.later(minutes=1)
    person = staff(world)
    file = person.get(f"/wholesale/prices.{kind}?currency=USD&q={world.number}")
    assert file.status_code == 200
    table = read_table(file.data)
    assert table.heads[:5] == ("sku", "product", "variant", "currency", STANDARD)
    assert table.heads[-1] == "ceiling"
    rows = {cells[0]: dict(zip(table.heads, cells, strict=False)) for _, cells in table.rows}
    assert (rows[world.mug][STANDARD], rows[world.mug][gold]) in (("12.00", ""), ("12", ""))
    assert float(rows[world.mug]["ceiling"]) == 40
    back = upload(person, file.data, f"prices.{kind}")
    assert back.status_code == 200
    assert "No price would change" in words(back)


def upload(person: Visitor, data: bytes, name: str, currency: str = "USD") -> TestResponse:
    return person.client.post(
        "/wholesale/file",
        data={"csrf_token": person.token, "currency": currency, "file": (io.BytesIO(data), name)},
        base_url=person.base,
    )


def test_a_file_changes_what_was_changed_in_it(world: World) -> None:
    person = staff(world)
    shown = upload(person, f"sku;{STANDARD};ceiling\n{world.mug};13,50;NONE\n".encode(), "neu.csv")
    assert "Prices from neu.csv" in words(shown)
    rows = person.post("/wholesale/preview.csv", **carried(shown)).text.splitlines()
    assert rows[0] == "line,sku,product,variant,list,before,after,refused"
    assert rows[1] == f"2,{world.mug},Mug,Oat,{STANDARD},12.00,13.50,"
    assert rows[2].endswith(",Ceiling,,none,As it is already.")
    assert save(person, shown).status_code == 303
    world.later(minutes=1)
    assert wholesale(world, world.mug) == {STANDARD: 1350}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "The file is empty"),
        (b"\xff\xfe\x00", "not text in UTF-8"),
        (b"PK\x03\x04nothing", "not an XLSX sheet that can be read"),
        (b"sku,Standard\n" + b"a,1\n" * 100_001, "more than 100,000 rows"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(world: World, data: bytes, reason: str) -> None:
    answered = upload(staff(world), data, "x.csv")
    assert answered.status_code == 422
    assert reason in words(answered)


def sheet_form(world: World, page: TestResponse, **typed: str) -> dict[str, str]:
    """The sheet's form as a browser sends it, with some cells typed anew."""
    form = dict(re.findall(r'name="(was:[^"]+)" value="([^"]*)"', page.text))
    found: dict[str, Any] = dict(re.findall(r'name="(cell:[^"]+)" value="([^"]*)"', page.text))
    return {"kind": "typed", "currency": "USD", **form, **found, **typed}


def test_cells_typed_into_the_sheet_are_seen_first(world: World) -> None:
    person, mug = staff(world), world.variant(world.mug)
    standard: UUID = world.installation.price_list_id
    page = person.get(f"/wholesale/?currency=USD&q={world.number}")
    typed = sheet_form(world, page, **{f"cell:{mug}:{standard}": "13.25", f"cell:{mug}:ceiling": "22.00"})
    shown = person.post("/wholesale/preview", **typed)
    assert "2 prices would change" in words(shown)
    assert save(person, shown).status_code == 303
    world.later(minutes=1)
    assert (wholesale(world, world.mug), ceiling(world, world.mug)) == ({STANDARD: 1325}, 2200)
    # An emptied ceiling goes, an emptied price stays what it is.
    page = person.get(f"/wholesale/?currency=USD&q={world.number}")
    typed = sheet_form(world, page, **{f"cell:{mug}:{standard}": "", f"cell:{mug}:ceiling": ""})
    shown = person.post("/wholesale/preview", **typed)
    assert "1 price would change" in words(shown)
    assert save(person, shown).status_code == 303
    world.later(minutes=1)
    assert (wholesale(world, world.mug), ceiling(world, world.mug)) == ({STANDARD: 1325}, None)
    unchanged = person.post("/wholesale/preview", **sheet_form(world, person.get("/wholesale/?currency=USD")))
    assert unchanged.status_code == 303
    assert "Nothing in the sheet was changed" in words(person.get("/wholesale/"))


def test_whoever_only_reads_takes_files_and_changes_nothing(world: World) -> None:
    person = staff(world, "viewer")
    assert person.get("/wholesale/prices.csv?currency=USD").status_code == 200
    assert "Bring back" not in words(person.get("/wholesale/file"))
    assert 'name="cell:' not in person.get("/wholesale/").text
    assert paste(person, f"sku\t{STANDARD}\n{world.mug}\t1.00").status_code == 403
    assert person.get("/wholesale/preview").status_code == 303


def test_a_list_cannot_be_called_like_a_column(world: World) -> None:
    refused = staff(world).post("/wholesale/lists", name="Ceiling")
    assert refused.status_code == 422
    assert "names another column" in words(refused)
