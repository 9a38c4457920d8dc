"""A statement on paper: A4, with its facts and sums on the first page and every entry below."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from functools import lru_cache
from pathlib import Path

from reportlab.lib.colors import Color
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from app.statement_words import KIND_WORDS, fact_words
from kit.money import decimals
from payments.statements.periods import month_name
from payments.statements.reading import StatementFacts, StatementLine, subtotals
from payments.statements.writing import plain

# What is drawn is kept under this version of the drawing, so that a better one is drawn anew.
DRAWING = 1
_FONTS = Path(__file__).parent / "fonts"
_MINUS = "\u2212"
_PLAIN, _STRONG = "Inter", "Inter-SemiBold"
_WIDTH, _HEIGHT = A4
_LEFT, _RIGHT = 48.0, _WIDTH - 48.0
_TOP, _BOTTOM = _HEIGHT - 56.0, 64.0
_INK, _SOFT = Color(0.13, 0.16, 0.14), Color(0.36, 0.4, 0.38)
_LINE, _ACCENT = Color(0.8, 0.82, 0.81), Color(0.016, 0.376, 0.247)
_SIZE, _ROW, _SECOND = 8.2, 16.0, 10.2
# Where each column begins, or ends where numbers stand in it.
_POSTED, _WHAT, _ORDER_END, _TITLE, _AMOUNT_END, _BALANCE_END = (
    _LEFT, _LEFT + 74, _LEFT + 206, _LEFT + 218, _RIGHT - 72, _RIGHT,
)  # fmt: skip
_TITLE_WIDTH = _AMOUNT_END - 58 - _TITLE


@dataclass(frozen=True, slots=True)
class _Row:
    """A line with its title broken to the column's width."""

    line: StatementLine
    title: tuple[str, ...]

    @property
    def height(self) -> float:
        return _ROW + _SECOND * (len(self.title) - 1)


def statement_pdf(
    facts: StatementFacts,
    lines: Sequence[StatementLine],
    *,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> bytes:
    """Draw a statement. ``progress`` is told of entries that are drawn, and of how many there are."""
    _fonts()
    out = io.BytesIO()
    # The same statement gives the same bytes, whenever it is drawn.
    canvas = Canvas(out, pagesize=A4, invariant=1, pageCompression=1)
    canvas.setTitle(f"Statement {facts.number}, {month_name(facts.begins)}")
    canvas.setAuthor(facts.company)
    canvas.setSubject(f"{facts.partner}, {facts.currency}")
    sheet = _Sheet(canvas, facts)
    begin = sheet.first_page(lines)
    pages = list(_pages([_row(line) for line in lines], begin))
    done = 0
    for number, (top, rows) in enumerate(pages, 1):
        if number > 1:
            sheet.running_head()
        if rows:
            sheet.table_head(top)
            top -= _ROW
        for row in rows:
            top -= row.height
            sheet.entry(row, top)
        done += len(rows)
        if number == len(pages):
            sheet.end()
        sheet.foot(number, len(pages))
        canvas.showPage()
        progress(done, len(lines))
    canvas.save()
    return out.getvalue()


def _pages(rows: Sequence[_Row], begin: float) -> Iterator[tuple[float, list[_Row]]]:
    """The rows of each page with where its table begins; the last has room for what ends the statement."""
    page: list[_Row] = []
    top, left = begin, begin - _ROW
    for row in rows:
        if left - row.height < _BOTTOM + 30:
            yield top, page
            top, page = _TOP - 26, []
            left = top - _ROW
        page.append(row)
        left -= row.height
    yield top, page


@lru_cache(maxsize=1)
def _fonts() -> None:
    for name, file in ((_PLAIN, "inter-regular.ttf"), (_STRONG, "inter-semibold.ttf")):
        pdfmetrics.registerFont(TTFont(name, str(_FONTS / file)))


@lru_cache(maxsize=4096)
def _wide(text: str, font: str = _PLAIN, size: float = _SIZE) -> float:
    return float(pdfmetrics.stringWidth(text, font, size))


@lru_cache(maxsize=4096)
def _broken(text: str) -> tuple[str, ...]:
    """A title on as many lines as it needs, broken between words, and within one that is too long."""
    if _wide(text) <= _TITLE_WIDTH:
        return (text,)
    made = [""]
    for word in text.split(" "):
        whole = f"{made[-1]} {word}".strip()
        if _wide(whole) <= _TITLE_WIDTH:
            made[-1] = whole
            continue
        if made[-1]:
            made.append("")
        for letter in word:
            if _wide(made[-1] + letter) > _TITLE_WIDTH:
                made.append("")
            made[-1] += letter
    return tuple(made)


def _row(line: StatementLine) -> _Row:
    return _Row(line, _broken(line.title))


def _amount(minor: int, places: int) -> str:
    """An amount with its thousands apart and a true minus."""
    whole, point, rest = plain(abs(minor), places).partition(".")
    sign = _MINUS if minor < 0 else ""
    return f"{sign}{int(whole):,}{point}{rest}"


class _Sheet:
    """Puts what a statement says on the canvas's pages."""

    def __init__(self, canvas: Canvas, facts: StatementFacts) -> None:
        self._canvas = canvas
        self._facts = facts
        self._places = decimals(facts.currency)

    def first_page(self, lines: Sequence[StatementLine]) -> float:
        """Draw whose statement it is, its figures and sums; return where the table may begin."""
        facts = self._facts
        self._text(_LEFT, _TOP, facts.company, font=_STRONG, size=10.5)
        self._text(_RIGHT, _TOP, f"Statement {facts.number}", size=9, colour=_SOFT, end=True)
        self._text(_LEFT, _TOP - 52, facts.partner, font=_STRONG, size=22)
        self._text(
            _LEFT, _TOP - 72, f"{month_name(facts.begins)}, in {facts.currency}", size=11, colour=_SOFT
        )
        top = _TOP - 112
        columns = (
            ("Opening balance", facts.opening),
            ("Came in and went out", facts.closing - facts.opening),
            ("Closing balance", facts.closing),
        )
        for place, (words, minor) in enumerate(columns):
            left = _LEFT + place * (_RIGHT - _LEFT) / 3
            self._text(left, top, words, size=8.5, colour=_SOFT)
            self._text(left, top - 20, self._money(minor), font=_STRONG if place == 2 else _PLAIN, size=15)
        top -= 50
        sums = subtotals(lines)
        for each in sums:
            self._rule(top)
            count = f"{each.entries:,} {'entry' if each.entries == 1 else 'entries'}"
            self._text(_LEFT, top - 13, KIND_WORDS[each.kind], size=9)
            self._text(_LEFT + 200, top - 13, count, size=9, colour=_SOFT)
            self._text(_RIGHT, top - 13, self._money(each.amount), size=9, end=True)
            top -= 19
        self._rule(top)
        top -= 20
        until = facts.ends.astimezone(UTC)
        for sentence in (
            f"Every entry from {facts.begins.astimezone(UTC):%d %B %Y}, 00:00, to before {until:%d %B %Y},"
            f" 00:00, UTC. Issued on {facts.issued_at.astimezone(UTC):%d %B %Y, %H:%M} UTC.",
            *(() if lines else ("Nothing came in and nothing went out in this month.",)),
        ):
            self._text(_LEFT, top, sentence, size=8, colour=_SOFT)
            top -= 13
        return top - 8

    def running_head(self) -> None:
        facts = self._facts
        words = f"{facts.partner}, {month_name(facts.begins)}, {facts.currency}"
        self._text(_LEFT, _TOP, facts.company, font=_STRONG, size=8.5)
        self._text(_RIGHT, _TOP, words, size=8.5, colour=_SOFT, end=True)

    def table_head(self, top: float) -> None:
        for place, words, end in (
            (_POSTED, "Posted (UTC)", False), (_WHAT, "What", False), (_ORDER_END, "Order", True),
            (_TITLE, "For", False), (_AMOUNT_END, "Amount", True), (_BALANCE_END, "Balance", True),
        ):  # fmt: skip
            self._text(place, top - 11, words, size=7.6, colour=_SOFT, end=end)
        self._rule(top - _ROW, strong=True)

    def entry(self, row: _Row, bottom: float) -> None:
        line, base = row.line, bottom + row.height - 11
        self._text(_POSTED, base, f"{line.posted_at.astimezone(UTC):%d %b, %H:%M}", colour=_SOFT)
        self._text(_WHAT, base, fact_words(line.fact))
        if line.order_number is not None:
            self._text(_ORDER_END, base, str(line.order_number), end=True)
        for place, part in enumerate(row.title):
            self._text(_TITLE, base - place * _SECOND, part)
        self._text(_AMOUNT_END, base, _amount(line.amount, self._places), end=True)
        self._text(_BALANCE_END, base, _amount(line.balance, self._places), colour=_SOFT, end=True)
        self._rule(bottom)

    def end(self) -> None:
        self._text(
            _LEFT, _BOTTOM - 4, f"Hash of the CSV file (SHA-256): {self._facts.hash}", size=6.8, colour=_SOFT
        )
        before = self._facts.previous_hash or "none, this is the first statement"
        self._text(_LEFT, _BOTTOM - 14, f"Of the statement before it: {before}", size=6.8, colour=_SOFT)

    def foot(self, page: int, pages: int) -> None:
        self._text(_RIGHT, 36, f"Page {page} of {pages}", size=7.6, colour=_SOFT, end=True)
        self._text(
            _LEFT, 36, f"Statement {self._facts.number}, {self._facts.currency}", size=7.6, colour=_SOFT
        )

    def _money(self, minor: int) -> str:
        sign = _MINUS if minor < 0 else ""
        return f"{sign}{self._facts.currency} {_amount(abs(minor), self._places)}"

    def _text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        font: str = _PLAIN,
        size: float = _SIZE,
        colour: Color = _INK,
        end: bool = False,
    ) -> None:
        self._canvas.setFont(font, size)
        self._canvas.setFillColor(colour)
        self._canvas.drawString(x - (_wide(text, font, size) if end else 0), y, text)

    def _rule(self, y: float, *, strong: bool = False) -> None:
        self._canvas.setLineWidth(0.8 if strong else 0.4)
        self._canvas.setStrokeColor(_SOFT if strong else _LINE)
        self._canvas.line(_LEFT, y, _RIGHT, y)
