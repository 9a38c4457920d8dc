"""Holding a statement's file against itself, and files against one another: no database is asked.

A file that was altered is refused with what is wrong in words. Whoever alters a file and makes its hash
anew is found by the next statement's file, which carries the hash of before, and by the stored hash.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

from kit.money import decimals
from payments.statements.kinds import KINDS, kind_of
from payments.statements.periods import month_of, next_month
from payments.statements.writing import ENDS, FACTS, HASH, HEADS, NO_HASH, SUBTOTAL, VERSION, digest

MOST_BYTES = 256 << 20
_MOST_PROBLEMS = 20
_HASH = re.compile(r"[0-9a-f]{64}")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


class NotAStatement(ValueError):
    """A file is not one that Awning wrote as a statement, or so much of it is gone that it cannot be read."""


@dataclass(slots=True)
class CheckedStatement:
    """What a file says of itself, and what is wrong with it: nothing when it is intact."""

    partner: str
    partner_id: UUID
    statement_id: UUID
    currency: str
    number: int
    begins: datetime
    ends: datetime
    previous_hash: str
    opening: Decimal
    closing: Decimal
    entries: int
    hash: str
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Line:
    place: int
    number: str
    posted: str
    amount: Decimal
    balance: Decimal


def check_statement(data: bytes) -> CheckedStatement:
    """Work a file out again from its own bytes. Raises NotAStatement for what is none."""
    text = _text(data)
    # The hash stands in the last line and is over all before it.
    body, _, last = text.removesuffix("\n").rpartition("\n")
    name, _, given = last.partition(",")
    if name != HASH or not _HASH.fullmatch(given):
        raise NotAStatement("Its last line is not the hash: the end of the file is missing or was altered.")
    checked = _read(f"{body}\n", given)
    found = digest(f"{body}\n")
    if found != given:
        checked.problems.append(
            f"The hash differs: the file says {given}, and what it holds gives {found}."
            " Something was altered after it was issued."
        )
    return checked


def chain_problems(checked: Sequence[CheckedStatement]) -> Iterator[tuple[int, str]]:
    """What is wrong between files that were given in order, each with the place of the later one."""
    for place, (before, here) in enumerate(pairwise(checked), 1):
        if (here.partner_id, here.currency) != (before.partner_id, before.currency):
            yield place, "It is of another partner or currency than the file before it."
            continue
        if here.number != before.number + 1:
            yield place, f"It is number {here.number}, and the file before it is number {before.number}."
        if here.begins != before.ends:
            yield place, "Its period does not begin where the one before it ends."
        if here.previous_hash != before.hash:
            yield (
                place,
                f"It was issued after a statement with the hash {here.previous_hash}; the file before it"
                f" has {before.hash}.",
            )
        if here.opening != before.closing:
            yield place, f"It opens with {here.opening}; the file before it closes with {before.closing}."


def _text(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise NotAStatement(f"It is larger than {MOST_BYTES >> 20} MB.")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise NotAStatement("It is not text in UTF-8.") from None
    # What a mail or an editor may do to the whole of a text changes nothing of what it says.
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def _read(body: str, given: str) -> CheckedStatement:
    try:
        rows = list(csv.reader(io.StringIO(body, newline=""), strict=True))
    except csv.Error as error:
        raise NotAStatement(f"It cannot be read as a table: {error}.") from None
    facts = _facts(rows)
    heads = len(FACTS)
    if len(rows) <= heads or tuple(rows[heads]) != HEADS:
        raise NotAStatement(f"Line {heads + 1} does not name the columns: {', '.join(HEADS)}.")
    try:
        checked = CheckedStatement(
            partner=facts["partner"],
            partner_id=UUID(facts["partner id"]),
            statement_id=UUID(facts["statement id"]),
            currency=facts["currency"],
            number=_whole(facts["number"]),
            begins=_instant(facts["from"]),
            ends=_instant(facts["until"]),
            previous_hash=facts["previous hash"],
            opening=_amount(facts["opening"], facts["currency"]),
            closing=Decimal(0),
            entries=0,
            hash=given,
        )
    except ValueError as error:
        raise NotAStatement(f"Its head cannot be read: {error}.") from None
    _check_head(checked, facts)
    _check_body(checked, rows, heads + 1)
    if len(checked.problems) > _MOST_PROBLEMS:
        left = len(checked.problems) - _MOST_PROBLEMS
        checked.problems[_MOST_PROBLEMS:] = [f"{left} more problems of this kind."]
    return checked


def _facts(rows: list[list[str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for place, name in enumerate(FACTS):
        if place >= len(rows) or len(rows[place]) != 2 or rows[place][0] != name:
            raise NotAStatement(f"Line {place + 1} does not hold “{name}”. Is it a statement's CSV file?")
        found[name] = rows[place][1]
    if found[FACTS[0]] != str(VERSION):
        raise NotAStatement(f"It is of version {found[FACTS[0]][:20]}; this program knows version {VERSION}.")
    return found


def _check_head(checked: CheckedStatement, facts: dict[str, str]) -> None:
    if checked.begins != month_of(checked.begins) or checked.ends != next_month(checked.begins):
        checked.problems.append("Its period is not a month of UTC.")
    if (checked.number == 1) != (checked.previous_hash == NO_HASH):
        checked.problems.append("The first statement, and only that one, has no hash before it.")
    elif checked.number > 1 and not _HASH.fullmatch(checked.previous_hash):
        checked.problems.append("The hash of the statement before it is none.")
    if checked.number == 1 and checked.opening:
        checked.problems.append("The first statement opens with nothing, and this one does not.")
    try:
        if _instant(facts["issued"]) < checked.ends:
            checked.problems.append("It was issued before its month was over.")
    except ValueError as error:
        checked.problems.append(f"When it was issued cannot be read: {error}.")


def _check_body(checked: CheckedStatement, rows: list[list[str]], first: int) -> None:
    """The entries with their running balance, then the sums at the end."""
    tell = checked.problems.append
    balance, count = checked.opening, 0
    latest = ""
    place = first
    while place < len(rows) and len(rows[place]) == len(HEADS):
        try:
            line = _line(place + 1, rows[place], checked.currency)
        except ValueError as error:
            tell(f"Line {place + 1} of the file cannot be read: {error}.")
            place += 1
            count += 1
            continue
        count += 1
        if line.number != str(count):
            tell(f"Line {line.place} of the file is entry {line.number[:20]}, and {count} was to come.")
            count = int(line.number) if line.number.isdecimal() and len(line.number) < 10 else count
        if line.posted < latest:
            tell(f"Entry {line.number} is earlier than the one before it.")
        if not checked.begins <= _instant(line.posted) < checked.ends:
            tell(f"Entry {line.number} lies outside the month.")
        if balance + line.amount != line.balance:
            tell(
                f"Entry {line.number}: {balance} and {line.amount} make {balance + line.amount}, and the"
                f" file says {line.balance}."
            )
        latest, balance = line.posted, line.balance
        place += 1
    entries = place - first
    place = _check_subtotals(checked, rows, first, place)
    ends = {row[0]: row[1] for row in rows[place:] if len(row) == 2}
    if len(rows) - place != len(ENDS) or tuple(ends) != ENDS:
        tell(f"From line {place + 1} on, the number of entries and the closing balance were to come.")
        return
    try:
        checked.entries, checked.closing = _whole(ends["entries"]), _amount(ends["closing"], checked.currency)
    except ValueError as error:
        tell(f"Its end cannot be read: {error}.")
        return
    if checked.entries != entries:
        tell(f"It is to have {checked.entries} entries, and {entries} are there.")
    if checked.closing != balance:
        tell(f"It closes with {checked.closing}, and its entries lead to {balance}.")


def _check_subtotals(checked: CheckedStatement, rows: list[list[str]], first: int, place: int) -> int:
    """The sums by kind, held against the entries, which stand before ``place``; where the sums end."""
    expected: dict[str, tuple[int, Decimal]] = {}
    for row in rows[first:place]:
        if _is_amount(row[6]):
            kind = kind_of(row[5].partition(":")[0])
            count, amount = expected.get(kind, (0, Decimal(0)))
            expected[kind] = (count + 1, amount + Decimal(row[6]))
    said: list[tuple[str, str, str]] = []
    while place < len(rows) and len(rows[place]) == 4 and rows[place][0] == SUBTOTAL:
        said.append((rows[place][1], rows[place][2], rows[place][3]))
        place += 1
    wanted = [(kind, str(expected[kind][0]), str(expected[kind][1])) for kind in KINDS if kind in expected]
    for each in wanted:
        if each not in said:
            checked.problems.append(
                f"The sum of {each[0]} is not {each[2]} of {each[1]} entries, as the entries say."
            )
    if not checked.problems and said != wanted:
        checked.problems.append("The sums by kind are not each there once and in their order.")
    return place


def _line(place: int, row: list[str], currency: str) -> _Line:
    number, posted, what, _, _, source, amount, balance = row
    _instant(posted)
    if not what or ":" not in source:
        raise ValueError("it does not say what it is of")
    return _Line(place, number, posted, _amount(amount, currency), _amount(balance, currency))


def _whole(text: str) -> int:
    if not re.fullmatch(r"0|[1-9][0-9]{0,14}", text):
        raise ValueError(f"“{text[:30]}” is not a whole number")
    return int(text)


def _is_amount(text: str) -> bool:
    return re.fullmatch(r"-?[0-9]{1,20}(?:\.[0-9]{1,4})?", text) is not None


def _amount(text: str, currency: str) -> Decimal:
    places = decimals(currency)
    if not _is_amount(text) or len(text.partition(".")[2]) != places:
        raise ValueError(f"“{text[:30]}” is not an amount in {currency} with {places} decimals")
    return Decimal(text)


def _instant(text: str) -> datetime:
    if not _INSTANT.fullmatch(text):
        raise ValueError(f"“{text[:40]}” is not a moment such as 2026-03-02T09:00:00.000000Z")
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
