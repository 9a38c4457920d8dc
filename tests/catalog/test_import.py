"""Importing product files: both generations, real-world dirt, and refusals that name line and reason."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import select, text

from app.importing import run_import
from catalog.models import Picture, Product, Variant
from catalog.shopify import NotAProductFile, ProductFile
from kit.errors import Refusal
from orders.reading import read_order
from pricing.importing import ImportReport
from pricing.listing import listings
from pricing.reading import BY_HANDLE
from storage.database import transaction
from tests.world import World, usd

LEGACY = (
    "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,Option2 Value,"
    "Variant SKU,Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,"
    "Variant Price,Variant Compare At Price,Variant Taxable,Image Src,Image Position,Image Alt Text,Gift Card,"
    "Cost per item,Status\n"
)


def do(
    world: World,
    data: str | bytes,
    *,
    column: str = "",
    percent: str = "60",
    currency: str = "USD",
    dry_run: bool = False,
) -> ImportReport:
    raw = data.encode() if isinstance(data, str) else data
    return run_import(
        world.services.console,
        stream=io.BytesIO(raw),
        column=column,
        percent="" if column else percent,
        currency=currency,
        actor="tests",
        now=world.now,
        dry_run=dry_run,
    )


def shirt(n: int, extra: str = "") -> str:
    return (
        LEGACY
        + f'shirt-{n},Shirt,"<p>Soft <script>alert(1)</script>\nand warm</p>",Mill,Shirts,"a, b",TRUE,Size,S,Colour,Red,'
        f"SH-{n}-S,200,shopify,5,deny,20.00,25.00,true,https://pictures.example/1.jpg,1,Front,false,4.00,active\n"
        f"shirt-{n},,,,,,,,M,,Red,SH-{n}-M,200,shopify,0,CONTINUE,21.00,,TRUE,https://pictures.example/2.jpg,2,,,,\n"
        f"shirt-{n},,,,,,,,,,,,,,,,,,,https://pictures.example/3.jpg,3,,,,\n" + extra
    )


def test_a_legacy_file_is_read_whole(world: World) -> None:
    report = do(world, shirt(world.number))
    assert (report.products["created"], report.variants["created"], report.refused) == (1, 2, [])
    with transaction(world.services.face) as session:
        product = session.scalars(select(Product).where(Product.handle == f"shirt-{world.number}")).one()
        variants = session.scalars(
            select(Variant).where(Variant.product_id == product.product_id).order_by(Variant.position)
        ).all()
        pictures = session.scalars(select(Picture).where(Picture.product_id == product.product_id)).all()
    assert product.option_names == ["Size", "Colour"]
    assert [variant.options for variant in variants] == [["S", "Red"], ["M", "Red"]]
    assert "script" not in product.description
    assert "Soft" in product.description
    assert len(pictures) == 3
    with world.ada.transaction() as session:
        found = listings(
            session, **world.ada.keys, now=world.now, selection=BY_HANDLE, choice=f"shirt-{world.number}"
        )
    # 60 % of 20.00 is 12.00 wholesale, and never the file's cost per item; 80 % on top is 21.60.
    assert found.products[0].variants[0].price == usd("21.60")


def test_a_current_file_is_read_by_its_own_headers(world: World) -> None:
    n = world.number
    report = do(
        world,
        "\ufeffTitle,URL handle,Description,Vendor,Type,Tags,Published on online store,Status,SKU,Option1 name,"
        "Option1 value,Price,Compare-at price,Inventory tracker,Inventory quantity,"
        "Continue selling when out of stock,Product image URL,Our wholesale\r\n"
        f"Lamp,lamp-{n},Brass,Mill,Lamps,,TRUE,Active,LAMP-{n},Title,Default Title,80.00,,shopify,4,FALSE,,33.50\r\n",
        column="our wholesale",
    )
    assert report.variants["created"] == 1
    with world.ada.transaction() as session:
        found = listings(session, **world.ada.keys, now=world.now, selection=BY_HANDLE, choice=f"lamp-{n}")
    assert found.products[0].option_names == ()
    assert found.products[0].variants[0].price == usd("60.30")


def test_the_same_file_twice_changes_nothing(world: World) -> None:
    do(world, shirt(world.number))
    world.later(minutes=1)
    again = do(world, shirt(world.number))
    assert again.products == {"created": 0, "changed": 0, "unchanged": 1}
    assert again.variants == {"created": 0, "changed": 0, "unchanged": 2}


def test_what_changed_is_changed_and_the_rest_left_alone(world: World) -> None:
    do(world, shirt(world.number))
    world.later(minutes=1)
    report = do(world, shirt(world.number).replace("21.00,,TRUE", "22.00,,TRUE"))
    assert report.variants == {"created": 0, "changed": 1, "unchanged": 1}


def test_a_dry_run_says_what_would_happen_and_changes_nothing(world: World) -> None:
    report = do(world, shirt(world.number), dry_run=True)
    assert report.variants["created"] == 2
    with transaction(world.services.face) as session:
        found = session.scalar(select(Product).where(Product.handle == f"shirt-{world.number}"))
    assert found is None
    assert do(world, shirt(world.number)).variants["created"] == 2


def test_refused_rows_name_line_and_reason_and_stop_nobody(world: World) -> None:
    n = world.number
    broken = (
        f"shirt-{n},,,,,,,,L,,Red,SH-{n}-L,x,shopify,1,deny,22.00,,,,,,,,\n"
        f"shirt-{n},,,,,,,,XL,,Red,SH-{n}-XL,1,shopify,many,deny,22.00,,,,,,,,\n"
        f"shirt-{n},,,,,,,,XL,,Red,SH-{n}-XL,1,shopify,1,deny,free,,,,,,,,\n"
        f"shirt-{n},,,,,,,,S,,Red,SH-{n}-S2,1,shopify,1,deny,22.00,,,,,,,,\n"
        f"shirt-{n},,,,,,,,2XL,,Red,SH-{n}-S,1,shopify,1,deny,22.00,,,,,,,,\n"
        f",Nameless,,,,,,,,,,,,,,,1.00,,,,,,,,\n"
        f"gift-{n},Gift,,,,,,,,,,,,,,,10.00,,,,,,TRUE,,\n"
        f"zero-{n},Zero,,,,,,,,,,,,,,,0,,,,,,,,\n"
        f"bare-{n},,,,,,,,,,,,,,,,9.00,,,,,,,,\n"
        f"shirt-{n},,,,,,,,3XL,,Red,SH-{n}-3XL,1,shopify,1,deny,22.00,,,,,,,,\n"
        f"mug-{n}-b,Cup,,,,,,,,,,mug-oat-{n},,,,,9.00,,,,,,,,\n"
        f"good-{n},Good,,,,,,,,,,GOOD-{n},,,,,9.00,,,,,,,,\n"
    )
    report = do(world, shirt(n, broken))
    reasons = {refused.line: refused.reason for refused in report.refused}
    assert "grams" in reasons[6]
    assert "whole number" in reasons[7]
    assert "not an amount" in reasons[8]
    assert "already" in reasons[9]
    assert "twice" in reasons[10]
    assert "Handle is empty" in reasons[11]
    assert "Gift cards" in reasons[12]
    assert "above zero" in reasons[13]
    assert "Title is empty" in reasons[14]
    assert "stand together" in reasons[15]
    assert "another product" in reasons[16]
    assert report.variants["created"] == 3


def test_ten_per_cent_broken_rows_do_not_stop_the_others(world: World) -> None:
    rows = "".join(
        f"many-{world.number}-{i},Thing {i},,,,,,,,,,MANY-{world.number}-{i},,,,,{'oops' if i % 10 == 0 else '5.00'},,,,,,,,\n"
        for i in range(200)
    )
    report = do(world, LEGACY + rows)
    assert len([refused for refused in report.refused if "oops" in refused.reason]) == 20
    assert report.products["created"] == 180


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00", "not UTF-8|not a"),
        (b"name,amount\nx,1\n", "lacks URL handle or Handle"),
        (LEGACY.encode() + "größe,Größe,,,,,,,,,,,,,,,5,,,,,,,,\n".encode("latin-1"), "not UTF-8"),
        (LEGACY.encode("utf-16"), "not UTF-8|lacks"),
    ],
)
def test_a_file_that_is_none_is_refused_as_a_whole(world: World, data: bytes, said: str) -> None:
    with pytest.raises(NotAProductFile, match=said):
        do(world, data)


def test_the_source_of_wholesale_prices_has_to_be_said(world: World) -> None:
    for wrong in ({"percent": ""}, {"percent": "0"}, {"percent": "120"}, {"percent": "sixty"}):
        with pytest.raises(Refusal):
            do(world, shirt(world.number), **wrong)  # type: ignore[arg-type]
    with pytest.raises(NotAProductFile, match="no column 'Wholesale'"):
        do(world, shirt(world.number), column="Wholesale")
    with pytest.raises(Refusal, match="ISO 4217"):
        do(world, shirt(world.number), currency="dollars")


def test_a_file_far_larger_than_memory_allows_is_streamed() -> None:
    class Endless(io.RawIOBase):
        """A file of a hundred thousand rows that is never there as a whole."""

        def __init__(self) -> None:
            self.row = -1
            self.rest = b""

        def readable(self) -> bool:
            return True

        def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def,override]
            while len(self.rest) < len(buffer) and self.row < 100_000:
                line = LEGACY if self.row < 0 else f"p{self.row},P,,,,,,,,,,S{self.row},,,,,5.00,,,,,,,,\n"
                self.rest += line.encode()
                self.row += 1
            part, self.rest = self.rest[: len(buffer)], self.rest[len(buffer) :]
            buffer[: len(part)] = part
            return len(part)

    import tracemalloc

    tracemalloc.start()
    file = ProductFile(io.BufferedReader(Endless()))
    count = sum(1 for _ in file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 100_000
    # The handles that were seen are kept, to find rows that stand apart; the rows are not.
    assert peak < 40 << 20


def test_stock_that_open_checkouts_hold_survives_an_import(world: World) -> None:
    world.ada.start(world.ada.fill_cart((world.scarce_mug, 3)))
    world.goods(
        f"mug-{world.number},Mug,Colour,Oat,mug-oat-{world.number},24.00,40\n"
        f"mug-{world.number},,,Tide,mug-tide-{world.number},24.00,1\n"
    )
    with transaction(world.services.face) as session:
        row = session.execute(
            text("SELECT on_hand, held FROM stock_levels WHERE variant_id = :v"),
            {"v": world.variant(world.scarce_mug)},
        ).one()
    assert tuple(row) == (3, 3)


def test_an_imported_product_can_be_bought(world: World) -> None:
    do(world, shirt(world.number))
    order_id = world.ada.buy((f"SH-{world.number}-S", 2))
    with world.ada.transaction() as session:
        order = read_order(session, partner_id=world.ada.partner_id, order_id=order_id)
    assert order.margin == usd("19.20")
