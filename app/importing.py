"""An import as a person asks for it, from the command line or the console: checked, counted, maybe dry."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import BinaryIO

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from kit.errors import Refusal
from kit.money import NotAnAmount, basis_points, decimals
from pricing.importing import ImportReport, WholesaleSource, import_products


def run_import(
    engine: Engine,
    *,
    stream: BinaryIO,
    column: str,
    percent: str,
    currency: str,
    actor: str,
    now: datetime,
    dry_run: bool,
    progress: Callable[[int], None] = lambda position: None,
) -> ImportReport:
    """Import a product file in one transaction; a dry run does all of it and takes it back.

    Raises Refusal for an unclear source of wholesale prices, and NotAProductFile for a file that
    cannot be read.
    """
    try:
        decimals(currency)
    except ValueError as error:
        raise Refusal(f"{error}.", field="currency") from None
    try:
        rate = basis_points(percent) if percent else 0
    except NotAnAmount as error:
        raise Refusal(f"{error}. It looks like 60 or 62.5.", field="wholesale_percent") from None
    source = WholesaleSource(column=column, basis_points=rate)
    with Session(engine) as session:
        report = import_products(
            session,
            stream=stream,
            wholesale=source,
            currency=currency,
            actor=actor,
            now=now,
            progress=progress,
        )
        if dry_run:
            session.rollback()
        else:
            session.commit()
        return report
