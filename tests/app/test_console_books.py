"""The books in the console, as files and as a command."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.books import JOURNAL_HEADS, export_journal
from app.tables import read_table, table_pieces, writing
from kit.errors import Refusal
from payments.books.periods import month
from payments.statements.periods import next_month
from tests.app.faces import Visitor, words
from tests.payments.books.test_books import CALIFORNIA
from tests.world import GERMAN, World

BOOKS = "/money/books/"


@pytest.fixture
def traded(world: World) -> World:
    """A month in which two partners sold something, and one of the things has a bad name."""
    world.installation.clock.moment = next_month(world.now) + timedelta(days=4)
    world.goods(f"bad-{world.number},=1+1 @SUM,,,bad-{world.number},20.00,9\n")
    world.ada.buy((world.mug, 1), (f"bad-{world.number}", 1), contact=CALIFORNIA)
    world.ben.buy((world.mug, 1), contact=GERMAN)
    return world


def test_the_page_shows_accounts_and_tax_that_agrees(traded: World) -> None:
    person = Visitor(traded, "console", "finance")
    page = words(person.get(BOOKS))
    for said in ("Accounts in USD", "Accounts in EUR", "Owed to partners by partner", "Tax in USD",
                 "United States, CA 7.25% Goods", "Germany 19.00% Delivery", "Agrees with the ledger"):  # fmt: skip
        assert said in page, said
    assert "Differs" not in page
    # By partner, and from there to the entries of one.
    page = person.get(f"{BOOKS}partners?currency=USD&period={traded.now:%Y-%m}")
    assert "Ada" in words(page)
    assert str(traded.ben.partner_id) not in page.text
    page = words(
        person.get(f"{BOOKS}entries?account=partner_payable&currency=USD&partner={traded.ada.partner_id}")
    )
    assert "Mug, Oat" in page
    assert "USD 9.60" in page
    assert "EUR" not in page


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("?period=2026-q1", 200, "Books"),
        ("?period=days&from=2026-03-01&to=2026-03-31", 200, "1 Mar 2026 to 31 Mar 2026"),
        ("?period=days&from=2026-03-31&to=2026-03-01", 422, "The last day lies before the first one."),
        ("?period=days&from=x&to=", 422, "“x” is not a day"),
        ("?period=soon", 422, "Choose one of the periods"),
        ("entries?account=petty_cash", 404, ""),
        ("entries?partner=x", 404, ""),
        ("partners", 404, ""),
        ("journal.pdf", 404, ""),
        ("tax.doc", 404, ""),
        ("journal.csv?period=soon", 422, ""),
    ],
)
def test_what_is_asked_wrongly_is_said(world: World, path: str, status: int, said: str) -> None:
    response = Visitor(world, "console", "owner").get(f"{BOOKS}{path}")
    assert response.status_code == status
    assert said in words(response)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_journal_leaves_as_a_file_that_no_sheet_takes_for_formulas(traded: World, kind: str) -> None:
    person = Visitor(traded, "console", "finance")
    answer = person.get(f"{BOOKS}journal.{kind}?period={traded.now:%Y-%m}")
    table = read_table(answer.data)
    assert table.heads == JOURNAL_HEADS
    rows = [dict(zip(table.heads, cells, strict=False)) for _, cells in table.rows]
    bad = [row for row in rows if row.get("title", "").startswith("=1+1")]
    assert bad
    assert {row["store"] for row in rows if row["order"]} == {traded.ada.slug, traded.ben.slug}
    tax = [row for row in rows if row["credit"] == "tax_payable" and row["currency"] == "USD"]
    assert {(float(row["tax rate %"]), row["country"]) for row in tax} == {(7.25, "US")}
    if kind == "csv":
        assert all(not cell.startswith("=") for row in csv.reader(io.StringIO(answer.text)) for cell in row)
    tax_table = read_table(person.get(f"{BOOKS}tax.{kind}?period={traded.now:%Y-%m}").data)
    assert len(tax_table.rows) == 4


def test_the_command_writes_the_same(traded: World, tmp_path: Path) -> None:
    period = month(traded.now.year, traded.now.month)
    for name in ("books.csv", "books.xlsx"):
        entries = export_journal(traded.services.console, path=tmp_path / name, period=period)
        assert len(read_table((tmp_path / name).read_bytes()).rows) == entries > 8
    for name in ("books.pdf", "nowhere/books.csv"):
        with pytest.raises(Refusal):
            export_journal(traded.services.console, path=tmp_path / name, period=period)


def test_a_table_leaves_in_pieces_while_its_rows_are_read() -> None:
    read = 0

    def rows() -> Iterator[tuple[int, str]]:
        nonlocal read
        for number in range(200_000):
            read += 1
            yield number, "a title that is as long as titles are"

    pieces = table_pieces("csv", ("number", "title"), rows())
    first = next(pieces)
    assert len(first) < writing._PIECE * 2
    assert read < 5000
    assert sum(piece.count(b"\n") for piece in pieces) + first.count(b"\n") == 200_001
