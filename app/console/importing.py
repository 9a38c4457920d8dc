"""Importing a product file in two steps: what it would do, and then doing it.

Between the steps the file waits in the store of objects, one for each member of staff, so that a new
upload replaces what was left lying. The last report waits beside it, for the pages that show it.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.console.forms import errors_of, text
from app.console.pages import page
from app.edge import db, now, person, services, this_face
from app.importing import run_import
from kit.errors import Refusal
from pricing.importing import ImportReport
from storage.objects import ObjectMissing
from tenants.company import read_company

imports = Blueprint("imports", __name__, url_prefix="/products/import")
LARGEST = 40 << 20
_SHOWN_ROWS = 300


@imports.get("/")
def form() -> AnyResponse:
    return _form({"source": "percent", "currency": "", "filename": ""}, {})


@imports.post("/")
def preview() -> AnyResponse:
    """Keep the file, work out what it would do, and take all of it back."""
    asked = _asked()
    try:
        data = _uploaded()
        report = _run(data, asked, dry_run=True)
    except Refusal as refusal:
        return _form(asked, errors_of(refusal), 422)
    services().objects.put(_name("file"), data, "text/csv")
    _keep(report, asked, done=False)
    return redirect(url_for("imports.report"), 303)


@imports.get("/report")
def report() -> AnyResponse:
    """What the file would do, or did."""
    kept = _kept()
    if kept is None:
        return redirect(url_for("imports.form"), 303)
    return _report_page(kept)


@imports.post("/report")
def confirm() -> AnyResponse:
    kept = _kept()
    try:
        data = services().objects.get(_name("file"))
    except ObjectMissing:
        data = b""
    if kept is None or kept["done"] or not data:
        return redirect(url_for("imports.report"), 303)
    asked = kept["asked"]
    try:
        done = _run(data, asked, dry_run=False)
    except Refusal as refusal:
        return _form(asked, errors_of(refusal), 422)
    _keep(done, asked, done=True)
    services().objects.delete(_name("file"))
    return redirect(url_for("imports.report"), 303)


@imports.get("/refused.csv")
def refused() -> AnyResponse:
    kept = _kept()
    if kept is None:
        return redirect(url_for("imports.form"), 303)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["Line", "Product or SKU", "Reason"])
    for row in kept["report"]["refused"]:
        writer.writerow([row["line"], _harmless(row["subject"]), _harmless(row["reason"])])
    answer = Response(out.getvalue(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="refused-rows.csv"'
    return answer


def _asked() -> dict[str, str]:
    uploaded = request.files.get("file")
    return {
        "source": "column" if text("source") == "column" else "percent",
        "column": text("column"),
        "percent": text("percent"),
        "currency": text("currency", 3).upper(),
        "filename": (uploaded.filename or "")[:120] if uploaded else "",
    }


def _uploaded() -> bytes:
    uploaded = request.files.get("file")
    if uploaded is None or not uploaded.filename:
        raise Refusal("Choose a CSV file.", field="file")
    data = bytes(uploaded.read(LARGEST + 1))
    if len(data) > LARGEST:
        raise Refusal(
            f"The file is larger than {LARGEST >> 20} MB. Split it, or use the command"
            " `awning products import`.",
            field="file",
        )
    return data


def _run(data: bytes, asked: dict[str, str], *, dry_run: bool) -> ImportReport:
    by_column = asked["source"] == "column"
    if by_column and not asked["column"]:
        raise Refusal("Name the column that holds the wholesale price.", field="column")
    if not by_column and not asked["percent"]:
        raise Refusal("Say which percentage of Price the wholesale price is.", field="percent")
    if asked["currency"] not in read_company(db()).currencies:
        raise Refusal("Choose the currency of the file's prices.", field="currency")
    try:
        return run_import(
            this_face().engine,
            stream=io.BytesIO(data),
            column=asked["column"] if by_column else "",
            percent="" if by_column else asked["percent"],
            currency=asked["currency"],
            actor=person().email,
            now=now(),
            dry_run=dry_run,
        )
    except Refusal as refusal:
        renamed = {
            "wholesale_percent": "percent",
            "wholesale_column": "column",
            "wholesale": asked["source"],
            "": "file",
        }
        raise Refusal(refusal.message, field=renamed.get(refusal.field, refusal.field)) from refusal


def _name(kind: str) -> str:
    suffix = "csv" if kind == "file" else "json"
    return f"imports/{person().person_id}-{kind}.{suffix}"


def _keep(found: ImportReport, asked: dict[str, str], *, done: bool) -> None:
    kept = {"asked": asked, "done": done, "report": asdict(found)}
    services().objects.put(_name("report"), json.dumps(kept).encode(), "application/json")


def _kept() -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(services().objects.get(_name("report")))
    except ObjectMissing:
        return None
    return found


def _harmless(cell: str) -> str:
    # A sheet would take a cell that begins like this for a formula.
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _form(asked: dict[str, str], errors: dict[str, str], status: int = 200) -> AnyResponse:
    return page(
        "import.html",
        room="products",
        here="products.index",
        title="Import products",
        status=status,
        form=asked,
        errors=errors,
        currencies=read_company(db()).currencies,
        largest=LARGEST >> 20,
    )


def _report_page(kept: dict[str, Any]) -> AnyResponse:
    found = kept["report"]
    return page(
        "import_report.html",
        room="products",
        here="products.index",
        title="Imported" if kept["done"] else "Import preview",
        done=kept["done"],
        asked=kept["asked"],
        report=found,
        refused=found["refused"][:_SHOWN_ROWS],
        sample=found["sample"][:_SHOWN_ROWS],
        changes=sum(found[what][how] for what in ("products", "variants") for how in ("created", "changed")),
    )
