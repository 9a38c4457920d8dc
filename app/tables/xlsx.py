"""Reading the first sheet of an XLSX file, row by row.

The libraries that read these turn amounts into floating point numbers, drop the formulas that we want to
point out, or hold a whole sheet in memory, sized by what its furthest cell claims. What we need of the
format is little: strings, numbers as they are written in it, and which cells are formulas. So it is
streamed through the standard library's parser, a piece at a time, with a limit on what may come out.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from xml.parsers import expat

from app.tables.cells import Cells, Formula, Number
from kit.errors import Refusal

# What a hundred thousand rows of our own columns unpack to is a tenth of this.
MOST_UNPACKED = 300 << 20
_MOST_STRINGS = 100 << 20  # In characters, of the texts that cells share.
_PIECE = 1 << 16
_COLUMNS = 1 << 14  # As many as the format knows.
# A sheet keeps numbers in binary, with fifteen digits that can be trusted; more are noise.
_DIGITS = 15


def read_xlsx(data: bytes) -> Iterator[tuple[int, Cells]]:
    """The rows of the first sheet, each with its number in the sheet. Raises Refusal for what cannot be
    read, and for a file that unpacks to more than ``MOST_UNPACKED`` bytes."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            package = _Package(archive)
            sheet = package.first_sheet()
            strings = package.strings()
            yield from package.rows(sheet, strings)
    except (zipfile.BadZipFile, zlib.error, expat.ExpatError, KeyError, NotImplementedError, EOFError) as e:
        raise Refusal(
            "The file is not an XLSX sheet that can be read, or it is damaged.", field="file"
        ) from e
    except RuntimeError as e:  # What zipfile raises for a file that is locked.
        raise Refusal("The file is locked with a password. Save it without one.", field="file") from e


class _Package:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._left = MOST_UNPACKED
        self._book = "xl/workbook.xml"

    def first_sheet(self) -> str:
        """The name of the first sheet's part."""
        self._book = next(iter(self._targets("_rels/.rels", "/officeDocument").values()), self._book)
        keys: list[str] = []

        def start(name: str, given: dict[str, str]) -> None:
            if name == "sheet":
                keys.extend(value for key, value in given.items() if _local(key) == "id")

        self._parse(self._book, start=start)
        targets = self._targets(self._relations(), "/worksheet")
        return targets[keys[0]] if keys else next(iter(targets.values()), "")

    def strings(self) -> list[str]:
        """The texts that cells refer to by their place."""
        found: list[str] = []
        part = next(iter(self._targets(self._relations(), "/sharedStrings").values()), "")
        if not part:
            return found
        pieces: list[str] = []
        within: list[str] = []
        length = 0

        def start(name: str, _: dict[str, str]) -> None:
            within.append(name)

        def end(name: str) -> None:
            nonlocal length
            within.pop()
            if name == "si":
                found.append("".join(pieces))
                length += len(found[-1])
                pieces.clear()
                if length > _MOST_STRINGS:
                    raise _too_large()

        def text(piece: str) -> None:
            # How Japanese is read aloud stands beside the text itself.
            if within[-1:] == ["t"] and "rPh" not in within:
                pieces.append(piece)

        self._parse(part, start=start, end=end, text=text)
        return found

    def rows(self, part: str, strings: list[str]) -> Iterator[tuple[int, Cells]]:
        reader = _Sheet(strings)
        parser = _parser(start=reader.start, end=reader.end, text=reader.text)
        for piece in self._pieces(part):
            parser.Parse(piece, False)
            yield from reader.take()
        parser.Parse(b"", True)
        yield from reader.take()

    def _relations(self) -> str:
        folder, name = posixpath.split(self._book)
        return f"{folder}/_rels/{name}.rels"

    def _targets(self, part: str, kind: str) -> dict[str, str]:
        """The parts that one refers to, of one kind, by the keys that it calls them by."""
        found: dict[str, str] = {}
        # Relations of the whole package are named from its root, those of a part from its folder.
        folder = "" if part == "_rels/.rels" else posixpath.dirname(posixpath.dirname(part))

        def start(name: str, given: dict[str, str]) -> None:
            if name == "Relationship" and given.get("Type", "").endswith(kind):
                target = given.get("Target", "")
                whole = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
                found[given.get("Id", "")] = posixpath.normpath(whole)

        if part in self._archive.namelist():
            self._parse(part, start=start)
        return found

    def _parse(
        self,
        part: str,
        *,
        start: Callable[[str, dict[str, str]], None],
        end: Callable[[str], None] | None = None,
        text: Callable[[str], None] | None = None,
    ) -> None:
        parser = _parser(start=start, end=end, text=text)
        for piece in self._pieces(part):
            parser.Parse(piece, False)
        parser.Parse(b"", True)

    def _pieces(self, part: str) -> Iterator[bytes]:
        with self._archive.open(part) as file:
            while piece := file.read(_PIECE):
                self._left -= len(piece)
                if self._left < 0:
                    raise _too_large()
                yield piece


def _too_large() -> Refusal:
    return Refusal(
        f"The file unpacks to more than {MOST_UNPACKED >> 20} MB. Keep the columns that are needed, or split"
        " it.",
        field="file",
    )


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _parser(
    *,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None,
    text: Callable[[str], None] | None,
) -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, given: start(_local(name), given)
    if end is not None:
        parser.EndElementHandler = lambda name: end(_local(name))
    if text is not None:
        parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def _refuse_doctype(*_: object) -> None:
    # The format has none, and one could name itself over and over.
    raise Refusal("The file is not an XLSX sheet that can be read, or it is damaged.", field="file")


class _Sheet:
    """Puts a sheet's cells together from what the parser meets, and keeps them until they are taken."""

    def __init__(self, strings: list[str]) -> None:
        self._strings = strings
        self._done: list[tuple[int, Cells]] = []
        self._line = 0
        self._cells: Cells = []
        self._column = 0
        self._kind = ""
        self._in = ""
        self._value: list[str] = []
        self._formula = False

    def take(self) -> list[tuple[int, Cells]]:
        done, self._done = self._done, []
        return done

    def start(self, name: str, given: dict[str, str]) -> None:
        if name == "c":
            self._column = _column(given.get("r", "")) or len(self._cells)
            self._kind = given.get("t", "n")
            self._value.clear()
            self._formula = False
        elif name == "row":
            number = given.get("r", "")
            self._line = int(number) if number.isdecimal() else self._line + 1
            self._cells = []
        elif name == "f":
            self._formula = True
        elif name in ("v", "t"):
            self._in = name

    def text(self, piece: str) -> None:
        if self._in:
            self._value.append(piece)

    def end(self, name: str) -> None:
        if name in ("v", "t"):
            self._in = ""
        elif name == "c":
            cell = self._cell()
            if cell and self._column < _COLUMNS:
                # Cells without anything in them are not written in the file.
                self._cells += [""] * (self._column - len(self._cells))
                self._cells.append(cell)
        elif name == "row":
            self._done.append((self._line, self._cells))

    def _cell(self) -> str:
        value = "".join(self._value)
        if self._formula:
            return Formula(value or "=")
        if self._kind == "s":
            place = int(value) if value.isdecimal() else -1
            return self._strings[place].strip() if 0 <= place < len(self._strings) else ""
        if self._kind == "n" and value:
            return _plain(value)
        return value.strip()


def _column(reference: str) -> int:
    """Where a cell stands in its row, from 0, by a reference such as B12."""
    place = 0
    for letter in reference:
        if not "A" <= letter <= "Z":
            break
        place = place * 26 + ord(letter) - 64
    return max(place - 1, 0)


def _plain(value: str) -> str:
    """A number of a sheet as a plain decimal, without the noise behind its last digit that counts."""
    try:
        number = Decimal(value)
    except InvalidOperation:
        return value
    if not number.is_finite() or abs(number.adjusted()) > 30:
        return value
    digits = number.adjusted() + 1
    written = format(round(number, max(0, _DIGITS - digits)), "f")
    return Number(written.rstrip("0").rstrip(".") if "." in written else written)
