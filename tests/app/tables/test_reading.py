"""Reading tables from files: both kinds say the same, and nothing comes out of one that is too much."""

from __future__ import annotations

import io
import zipfile
from decimal import Decimal

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from app.tables import Formula, Number, read_table
from app.tables.reading import MOST_BYTES
from app.tables.writing import _csv, _xlsx
from app.tables.xlsx import MOST_UNPACKED
from kit.errors import Refusal

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")), max_size=12)


def book(write) -> bytes:  # type: ignore[no-untyped-def]
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as made:
        write(made)
    return out.getvalue()


def archive(**parts: str) -> bytes:
    """A hand-made XLSX file: its parts by name, with its sheet as one of them."""
    names = {
        "book": "xl/workbook.xml",
        "rels": "xl/_rels/workbook.xml.rels",
        "sheet": "xl/worksheets/sheet1.xml",
    }
    given_parts = {
        "book": '<workbook xmlns:r="r"><sheets><sheet name="A" r:id="x1"/></sheets></workbook>',
        "rels": '<Relationships><Relationship Id="x1" Type="a/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        **parts,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in given_parts.items():
            made.writestr(names[name], text)
    return out.getvalue()


@given(st.lists(st.tuples(TEXT, st.decimals(0, 10**9, places=2), TEXT), min_size=1, max_size=5))
def test_what_is_written_is_read_again_whichever_kind_it_is(rows: list[tuple[str, Decimal, str]]) -> None:
    heads = ("sku", "price", "note")
    for data in (_csv(heads, rows).encode(), _xlsx(heads, rows)):
        found = read_table(data)
        assert found.heads == heads
        for (_, cells), (sku, price, note) in zip(found.rows, rows, strict=True):
            padded = [*cells, "", ""]
            assert (padded[0], Decimal(padded[1]), padded[2]) == (sku, price, note)


def test_numbers_of_a_sheet_are_plain_and_without_noise() -> None:
    def write(made: xlsxwriter.Workbook) -> None:
        sheet = made.add_worksheet()
        sheet.write_row(0, 0, ["sku", "price"])
        for line, value in enumerate([25.99, 0.1 + 0.2, 1234, 12.5, 1e-7, 99999999.99], 1):
            sheet.write_row(line, 0, [f"s{line}", value])

    found = [cells[1] for _, cells in read_table(book(write)).rows]
    assert found == ["25.99", "0.3", "1234", "12.5", "0.0000001", "99999999.99"]
    assert all(isinstance(cell, Number) for cell in found)


def test_formulas_are_told_from_values_and_lines_are_those_of_the_sheet() -> None:
    def write(made: xlsxwriter.Workbook) -> None:
        sheet = made.add_worksheet()
        sheet.write_row(0, 0, ["sku", "price"])
        sheet.write_row(4, 0, ["a", 5])
        sheet.write_string(6, 0, "b")
        sheet.write_formula(6, 1, "=B5*2", value=10)
        made.add_worksheet().write(0, 0, "another sheet is not looked at")

    found = read_table(book(write))
    assert [(line, list(cells)) for line, cells in found.rows] == [(5, ["a", "5"]), (7, ["b", "10"])]
    assert isinstance(found.rows[1][1][1], Formula)
    assert isinstance(read_table(b"sku,price\na,=1+1\n").rows[0][1][1], Formula)


@pytest.mark.parametrize(
    "data",
    [
        b"sku;price\nmug;25,99\n",
        b'\xef\xbb\xbfsku,price\nmug,"25,99"\n',
        "sku\tprice\nmug\t25,99\n".encode("utf-16"),
        b'sku,price\r\n\r\nmug,"25,99"\r\n',
    ],
)
def test_a_csv_file_may_be_as_sheets_write_it(data: bytes) -> None:
    found = read_table(data)
    assert (found.heads, [list(cells) for _, cells in found.rows]) == (("sku", "price"), [["mug", "25,99"]])


def test_texts_of_other_writers_are_understood() -> None:
    sheet = (
        '<x:worksheet xmlns:x="m"><x:sheetData><x:row><x:c t="inlineStr"><x:is><x:t>sku</x:t></x:is></x:c>'
        '<x:c t="str"><x:v>price</x:v></x:c></x:row><x:row><x:c t="inlineStr"><x:is><x:r><x:t>mu</x:t></x:r>'
        "<x:r><x:t>g</x:t></x:r></x:is></x:c><x:c><x:v>7</x:v></x:c></x:row></x:sheetData></x:worksheet>"
    )
    assert read_table(archive(sheet=sheet)).rows == [(2, ["mug", "7"])]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"a" * (MOST_BYTES + 1), "larger than 16 MB"),
        (b"sku,price\n" + b"a,1\n" * 100_001, "more than 100,000 rows"),
        (b"sku,price\n" + b"," * 300, "more than 200 columns"),
        (b"sku,price\n" + b"a" * 3000, "more than 2,000 characters"),
        (b"sku,price\n\xff\xff", "not text in UTF-8"),
        (b"sku\0price", "not a table"),
        (b"\xd0\xcf\x11\xe0old", "old XLS"),
        (b"PK\x03\x04 and no more", "damaged"),
        (archive(sheet="<worksheet><row>"), "damaged"),
        (archive(sheet="<!DOCTYPE x [<!ENTITY a 'b'>]><worksheet/>"), "damaged"),
        (archive(sheet="<worksheet/>", book="<nothing/>", rels="<nothing/>"), "damaged"),
        (archive(sheet="<worksheet><row r='1'><c r='ZZZ1' t='str'><v>far</v></c></row></worksheet>"), "empty"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_is_refused_with_the_reason(data: bytes, says: str) -> None:
    with pytest.raises(Refusal, match=says) as refused:
        read_table(data)
    assert refused.value.field == "file"


def test_a_file_that_unpacks_to_too_much_is_refused_before_it_has() -> None:
    row = "<row r='1'><c t='str'><v>x</v></c></row>"
    blank = " " * (1 << 20)
    bomb = archive(sheet="<worksheet>" + row + blank * ((MOST_UNPACKED >> 20) + 1) + "</worksheet>")
    assert len(bomb) < MOST_BYTES
    with pytest.raises(Refusal, match="unpacks to more than 300 MB"):
        read_table(bomb)


def test_what_looks_like_a_formula_stays_a_text() -> None:
    written = _csv(("sku",), [("=1+1",), ("@x",), ("-5",)])
    assert written.splitlines()[1:] == ["'=1+1", "'@x", "'-5"]
    assert [cells[0] for _, cells in read_table(written.encode()).rows] == ["=1+1", "@x", "-5"]
    assert not isinstance(read_table(_xlsx(("sku",), [("=1+1",)])).rows[0][1][0], Formula)
