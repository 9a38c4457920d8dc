"""The company's books as tables to take away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from sqlalchemy import Engine

from app.statement_words import fact_words
from app.tables import KINDS, Value, table_pieces
from kit.errors import Refusal
from payments.books.journal import JournalEntry, Wanted, journal
from payments.books.periods import Period
from payments.books.tax import TaxReport
from storage.database import transaction

JOURNAL_HEADS = (
    "posted (UTC)", "what", "source", "order", "store", "partner", "debit", "credit", "amount", "currency",
    "tax rate %", "country", "region", "title",
)  # fmt: skip
TAX_HEADS = (
    "currency", "country", "region", "tax rate %", "of", "sold net", "sold tax", "given back net",
    "given back tax", "net", "tax",
)  # fmt: skip
ACCOUNT_WORDS = {
    "stripe_clearing": "Stripe clearing",
    "wholesale_revenue": "Wholesale revenue",
    "delivery_revenue": "Delivery revenue",
    "tax_payable": "Tax payable",
    "promotions": "Promotions",
    "processing_fees": "Stripe’s fees",
    "dispute_losses": "Dispute losses",
    "goodwill": "Goodwill",
    "partner_payable": "Owed to partners",
}


def journal_rows(engine: Engine, wanted: Wanted) -> Iterator[Sequence[Value]]:
    """The rows of the journal, read in a transaction of their own while they are taken."""
    with transaction(engine) as session:
        for entry in journal(session, wanted=wanted):
            yield _row(entry)


def _row(entry: JournalEntry) -> Sequence[Value]:
    return (
        f"{entry.posted_at:%Y-%m-%d %H:%M:%S}",
        fact_words(entry.source.partition(":")[0]),
        entry.source,
        entry.order_number,
        entry.store,
        entry.partner,
        entry.debit,
        entry.credit,
        entry.amount.decimal,
        entry.amount.currency,
        None if entry.rate_bps is None else percentage(entry.rate_bps),
        entry.country,
        entry.region,
        entry.title,
    )


def tax_rows(reports: Sequence[TaxReport]) -> Iterator[Sequence[Value]]:
    """The rows of tax reports, one currency after the other."""
    for report in reports:
        for row in report.rows:
            amounts = (row.sold_net, row.sold_tax, row.back_net, row.back_tax, row.net, row.tax)
            yield (
                report.currency,
                row.country,
                row.region,
                percentage(row.rate_bps),
                row.of,
                *(amount.decimal for amount in amounts),
            )


def percentage(basis_points: int) -> Decimal:
    """A rate such as 7.25, with two decimals."""
    return Decimal(basis_points).scaleb(-2)


def export_journal(engine: Engine, *, path: Path, period: Period) -> int:
    """Write the journal of a period to a file; return how many entries it has. Raises Refusal."""
    kind = path.suffix.lower().removeprefix(".")
    if kind not in KINDS:
        raise Refusal("Name a file that ends with .csv or .xlsx.", field="file")
    count = 0

    def counted() -> Iterator[Sequence[Value]]:
        nonlocal count
        for row in journal_rows(engine, Wanted(period)):
            count += 1
            yield row

    try:
        with path.open("wb") as file:
            for piece in table_pieces(kind, JOURNAL_HEADS, counted()):
                file.write(piece)
    except OSError as error:
        raise Refusal(f"{path} cannot be written: {error.strerror}.", field="file") from None
    return count
