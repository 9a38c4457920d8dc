"""Reading Shopify's product CSV, both generations, by header name.

A stream of products comes out, each with the rows it came from; memory does not grow with the file.
Prices are handed on as text: what they mean is not the catalogue's business.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from kit.errors import Refusal

_BLOCK = 1 << 16

# What a column is called in either generation; compared without case.
_HEADERS: dict[str, tuple[str, ...]] = {
    "handle": ("URL handle", "Handle"),
    "title": ("Title",),
    "description": ("Description", "Body (HTML)"),
    "vendor": ("Vendor",),
    "kind": ("Type",),
    "tags": ("Tags",),
    "published": ("Published on online store", "Published"),
    "status": ("Status",),
    "sku": ("SKU", "Variant SKU"),
    "barcode": ("Barcode", "Variant Barcode"),
    "price": ("Price", "Variant Price"),
    "compare_at": ("Compare-at price", "Variant Compare At Price"),
    "tracker": ("Inventory tracker", "Variant Inventory Tracker"),
    "quantity": ("Inventory quantity", "Variant Inventory Qty"),
    "oversell": ("Continue selling when out of stock", "Variant Inventory Policy"),
    "grams": ("Weight value (grams)", "Variant Grams"),
    "requires_shipping": ("Requires shipping", "Variant Requires Shipping"),
    "taxable": ("Charge tax", "Variant Taxable"),
    "picture": ("Product image URL", "Image Src"),
    "picture_position": ("Image position",),
    "picture_alt": ("Image alt text",),
    "variant_picture": ("Variant image URL", "Variant Image"),
    "gift_card": ("Gift card",),
    "ceiling": ("Ceiling",),
    "option1": ("Option1 name",),
    "value1": ("Option1 value",),
    "option2": ("Option2 name",),
    "value2": ("Option2 value",),
    "option3": ("Option3 name",),
    "value3": ("Option3 value",),
}
_REQUIRED = ("handle", "title", "price")


class NotAProductFile(Refusal):
    """The file as a whole cannot be read; the message says what is wrong and what is allowed."""


@dataclass(frozen=True, slots=True)
class RowRefused:
    """A row that was left out, with the reason. ``line`` is its line in the file, from 1."""

    line: int
    subject: str
    reason: str


@dataclass(frozen=True, slots=True)
class FileVariant:
    """A variant as the file has it. ``price``, ``compare_at``, ``ceiling`` and ``extra`` are as written
    there; the ceiling is our own column."""

    line: int
    sku: str
    options: tuple[str, ...]
    barcode: str
    grams: int
    requires_shipping: bool
    taxable: bool
    counted: bool
    oversell: bool
    quantity: int
    picture_url: str
    price: str
    compare_at: str
    ceiling: str
    extra: str


@dataclass(frozen=True, slots=True)
class FilePicture:
    url: str
    alt: str


@dataclass
class FileProduct:
    """A product as the file has it, with the rows of it that were refused."""

    line: int
    handle: str
    title: str
    description: str
    vendor: str
    kind: str
    tags: list[str]
    option_names: tuple[str, ...]
    active: bool
    variants: list[FileVariant] = field(default_factory=list)
    pictures: list[FilePicture] = field(default_factory=list)


class ProductFile:
    """A product CSV being read. Iterating gives products; ``refused`` gathers the rows left out.

    ``position`` is how many bytes were read, for a progress bar.
    """

    def __init__(self, stream: BinaryIO, *, extra_column: str = "") -> None:
        """``extra_column`` names a further column whose text each variant carries along.

        Raises NotAProductFile when the file is no UTF-8 text, no CSV with a header, or lacks columns.
        """
        self._stream = stream
        self.refused: list[RowRefused] = []
        self.rows = 0
        self._rows = csv.reader(_lines(stream), strict=True)
        csv.field_size_limit(1 << 20)
        header = self._next_row()
        if header is None:
            raise NotAProductFile("The file is empty. It needs a header row and at least one product.")
        self._columns = _find_columns(header, extra_column)
        self._width = len(header)

    @property
    def position(self) -> int:
        return self._stream.tell()

    def __iter__(self) -> Iterator[FileProduct]:
        current: FileProduct | None = None
        broken: tuple[str, str] | None = None
        seen: set[str] = set()
        while (row := self._next_row()) is not None:
            if not any(cell.strip() for cell in row):
                continue
            self.rows += 1
            cells = self._cells(row)
            handle = cells["handle"].strip().lower()
            if len(row) > self._width:
                self._refuse(handle or "row", "It has more cells than the header has columns.")
                continue
            if not handle:
                self._refuse(cells["sku"] or "row", "Handle is empty. Each row needs its product's handle.")
                continue
            if current is None or handle != current.handle:
                if current is not None:
                    yield current
                    current = None
                if broken is not None and broken[0] == handle:
                    self._refuse(handle, broken[1])
                    continue
                reason = self._cannot_begin(handle, cells, seen)
                seen.add(handle)
                if reason:
                    broken = (handle, reason)
                    self._refuse(handle, reason)
                    continue
                broken = None
                current = _begin(self._rows.line_num, handle, cells)
            self._add(current, cells)
        if current is not None:
            yield current

    def _next_row(self) -> list[str] | None:
        while True:
            try:
                return next(self._rows)
            except StopIteration:
                return None
            except UnicodeDecodeError as error:
                raise NotAProductFile(
                    f"The file is not UTF-8 text: near line {self._rows.line_num + 1} there is the byte"
                    f" 0x{error.object[error.start]:02x}. Save it as CSV UTF-8 and try again."
                ) from error
            except csv.Error as error:
                if "NUL" in str(error):
                    raise NotAProductFile("This is not a CSV file; it holds binary data.") from error
                self._refuse("row", f"The row cannot be read as CSV: {error}.")

    def _cells(self, row: list[str]) -> dict[str, str]:
        return {
            name: row[index].strip() if index is not None and index < len(row) else ""
            for name, index in self._columns.items()
        }

    def _refuse(self, subject: str, reason: str) -> None:
        self.refused.append(RowRefused(self._rows.line_num, subject, reason))

    def _cannot_begin(self, handle: str, cells: dict[str, str], seen: set[str]) -> str:
        if handle in seen:
            return "The rows of a product stand together; this handle came before, further up."
        if not re.fullmatch(r"[\w][\w-]{0,254}", handle):
            return "A handle has letters, digits and hyphens only."
        if not cells["title"]:
            return "Title is empty. The first row of a product needs its title."
        if cells["gift_card"].lower() == "true":
            return "Gift cards cannot be sold through partners."
        return ""

    def _add(self, product: FileProduct, cells: dict[str, str]) -> None:
        if cells["picture"]:
            product.pictures.append(FilePicture(cells["picture"], cells["picture_alt"]))
        values = [cells[f"value{number}"] for number in (1, 2, 3)][: len(product.option_names)]
        if product.option_names == () and product.variants:
            values = []
        if not cells["price"] and not any(values) and not cells["sku"]:
            if not cells["picture"]:
                self._refuse(product.handle, "The row holds neither a variant nor a picture.")
            return
        reason = _bad_variant(product, values, cells)
        if reason:
            self._refuse(cells["sku"] or product.handle, reason)
            return
        options = tuple(values) if product.option_names else ()
        product.variants.append(
            FileVariant(
                line=self._rows.line_num,
                sku=cells["sku"].lstrip("'") or default_sku(product.handle, options),
                options=options,
                barcode=cells["barcode"].lstrip("'"),
                grams=int(float(cells["grams"] or 0)),
                requires_shipping=cells["requires_shipping"].lower() != "false",
                taxable=cells["taxable"].lower() != "false",
                counted=bool(cells["tracker"]),
                oversell=cells["oversell"].lower() in ("continue", "true"),
                quantity=int(cells["quantity"] or 0),
                picture_url=cells["variant_picture"],
                price=cells["price"],
                compare_at=cells["compare_at"],
                ceiling=cells["ceiling"],
                extra=cells["extra"],
            )
        )


def default_sku(handle: str, options: tuple[str, ...]) -> str:
    """The SKU of a variant that the file gives none: made from handle and options, so that the same
    file gives the same one again."""
    parts = [handle, *(re.sub(r"\W+", "-", option.lower()).strip("-") for option in options)]
    return "-".join(part for part in parts if part)


def _lines(stream: BinaryIO) -> Iterator[str]:
    return iter(io.TextIOWrapper(stream, encoding="utf-8-sig", newline="", write_through=True))


def _find_columns(header: list[str], extra_column: str) -> dict[str, int | None]:
    places = {name.strip().lower(): index for index, name in enumerate(header)}
    columns: dict[str, int | None] = {
        key: next((places[name.lower()] for name in names if name.lower() in places), None)
        for key, names in _HEADERS.items()
    }
    missing = [" or ".join(_HEADERS[key]) for key in _REQUIRED if columns[key] is None]
    if missing:
        raise NotAProductFile(
            f"This is not a product CSV: the header lacks {', '.join(missing)}."
            f" It has: {', '.join(name.strip() for name in header[:8])[:200]}."
        )
    columns["extra"] = None
    if extra_column:
        columns["extra"] = places.get(extra_column.strip().lower())
        if columns["extra"] is None:
            raise NotAProductFile(
                f"The header has no column {extra_column!r}. It has: {', '.join(header)[:600]}.",
                field="wholesale_column",
            )
    return columns


def _begin(line: int, handle: str, cells: dict[str, str]) -> FileProduct:
    names = tuple(name for name in (cells["option1"], cells["option2"], cells["option3"]) if name)
    if names == ("Title",) and cells["value1"] == "Default Title":
        names = ()
    status = cells["status"].lower() or "active"
    return FileProduct(
        line=line,
        handle=handle,
        title=cells["title"],
        description=cells["description"],
        vendor=cells["vendor"],
        kind=cells["kind"],
        tags=[tag.strip() for tag in cells["tags"].split(",") if tag.strip()],
        option_names=names,
        active=status == "active" and cells["published"].lower() != "false",
    )


def _bad_variant(product: FileProduct, values: list[str], cells: dict[str, str]) -> str:
    """Why a variant cannot be taken; empty when it can."""
    for name, value in zip(product.option_names, values, strict=False):
        if not value:
            return f"The option {name} has no value."
    options = tuple(values) if product.option_names else ()
    if any(variant.options == options for variant in product.variants):
        return (
            f"The product has {' / '.join(options)} already."
            if options
            else "The product has no options, so it can have one variant only."
        )
    if cells["quantity"] and not re.fullmatch(r"-?\d{1,9}", cells["quantity"]):
        return f"Inventory quantity is {cells['quantity']!r}; it must be a whole number."
    if cells["grams"] and not re.fullmatch(r"\d{1,9}(\.\d+)?", cells["grams"]):
        return f"Weight is {cells['grams']!r}; it must be a number of grams."
    if len(cells["sku"]) > 255:
        return "The SKU is longer than 255 characters."
    return ""
