"""The file of a statement, byte for byte, and its hash. docs/statements.md says the same in words.

The hash is SHA-256 over the file as it stands, up to the line that holds it. So nothing has to be read,
understood or put into another form before it can be checked: `head -n -1 FILE | sha256sum` does.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256

from kit.money import decimals
from kit.sheets import harmless
from payments.statements.kinds import name_of
from payments.statements.reading import StatementFacts, StatementLine, flat, subtotals

VERSION = 1
# The facts at the head of a file, in its order.
FACTS = (
    "awning statement",
    "company",
    "partner",
    "partner id",
    "statement id",
    "currency",
    "number",
    "from",
    "until",
    "issued",
    "previous hash",
    "opening",
)
HEADS = ("line", "posted", "what", "order", "title", "source", "amount", "balance")
# The facts at its end; the last line is the hash, which is over everything before it.
ENDS = ("entries", "closing")
HASH = "hash"
SUBTOTAL = "subtotal"
NO_HASH = "none"


def content(facts: StatementFacts, lines: Sequence[StatementLine]) -> str:
    """Everything of the file but its last line."""
    places = decimals(facts.currency)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    given = (
        facts.version,
        harmless(flat(facts.company)),
        harmless(flat(facts.partner)),
        facts.partner_id,
        facts.statement_id,
        facts.currency,
        facts.number,
        instant(facts.begins),
        instant(facts.ends),
        instant(facts.issued_at),
        facts.previous_hash or NO_HASH,
        plain(facts.opening, places),
    )
    writer.writerows(zip(FACTS, given, strict=True))
    writer.writerow(HEADS)
    writer.writerows(
        (
            line.number,
            instant(line.posted_at),
            name_of(line.fact),
            "" if line.order_number is None else line.order_number,
            harmless(line.title),
            line.source,
            plain(line.amount, places),
            plain(line.balance, places),
        )
        for line in lines
    )
    for each in subtotals(lines):
        writer.writerow((SUBTOTAL, each.kind, each.entries, plain(each.amount, places)))
    writer.writerows(zip(ENDS, (facts.entries, plain(facts.closing, places)), strict=True))
    return out.getvalue()


def digest(written: str) -> str:
    """The hash of what ``content`` gives, as 64 hexadecimal digits."""
    return sha256(written.encode()).hexdigest()


def statement_file(facts: StatementFacts, lines: Sequence[StatementLine]) -> bytes:
    """The whole file. Its last line holds the stored hash, whether or not what is above still gives it."""
    return f"{content(facts, lines)}{HASH},{facts.hash}\n".encode()


def instant(moment: datetime) -> str:
    """A moment in UTC to the microsecond, such as 2026-03-02T09:00:00.000000Z."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def plain(minor: int, places: int) -> str:
    """An amount in major units with all its decimals and no marks for thousands, such as -1234.50."""
    sign, digits = ("-" if minor < 0 else ""), str(abs(minor))
    if not places:
        return sign + digits
    digits = digits.rjust(places + 1, "0")
    return f"{sign}{digits[:-places]}.{digits[-places:]}"
