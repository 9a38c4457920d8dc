"""A partner takes a statement away, proves it, and sees it refused when a cent is altered."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app import statement_files
from app.cli import verify_statements
from app.statements import closed, spread_statements
from kit.ids import new_id
from payments.ledger.posting import Entry, post
from payments.refunds.asking import RefundAsked
from payments.statements.periods import next_month
from tests.journeys.conftest import Visitor, accessible, signed_in
from tests.payments.test_refunds import give_back, lines
from tests.world import GERMAN, World


def taken(page: Page, name: str, folder: Path) -> Path:
    with page.expect_download() as waiting:
        page.get_by_role("link", name=name, exact=True).first.click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def close_month(world: World) -> None:
    world.run_jobs()
    world.installation.clock.moment = next_month(world.now) + timedelta(hours=4)
    spread_statements(world.services, until=closed(world.services))
    world.run_jobs()


def test_a_statement_is_taken_away_proved_and_refused_when_altered_by_a_cent(
    world: World,
    visitor: Visitor,
    another: Callable[..., Visitor],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    order_id = world.ada.buy((world.mug, 3))
    world.ben.buy((world.mug, 1), contact=GERMAN)
    give_back(world.ada, order_id, RefundAsked(units={lines(world.ada, order_id)[0]: 1}))
    month = f"{world.now:%B %Y}"
    close_month(world)

    portal = signed_in(world, visitor, face="portal", shop=world.ada)
    page = visitor.open(portal, "/earnings")
    page.get_by_role("link", name="Statements").click()
    expect(page.get_by_role("heading", name="Statements")).to_be_visible()
    accessible(page)
    page.get_by_role("link", name=month, exact=True).click()
    expect(page.get_by_role("heading", name=f"Statement for {month}, in USD")).to_be_visible()
    row = page.get_by_role("row", name=re.compile("Given back: Mug, Oat"))
    expect(row).to_contain_text("−$9.60")
    expect(row).to_contain_text("$19.20")
    accessible(page)
    pdf = taken(page, "PDF", tmp_path)
    assert pdf.read_bytes().startswith(b"%PDF-")
    path = taken(page, "CSV", tmp_path)

    verify_statements([path])
    assert ": intact. Ada, " in capsys.readouterr().out
    path.write_text(path.read_text().replace("19.20", "19.21"))
    with pytest.raises(SystemExit) as left:
        verify_statements([path])
    assert left.value.code == 1
    told = capsys.readouterr().out
    assert "not intact" in told
    assert "The hash differs" in told

    staff = another()
    console = signed_in(world, staff, face="console", role="finance")
    page = staff.open(console, f"/partners/{world.ada.partner_id}")
    page.get_by_role("link", name=month, exact=True).click()
    expect(page.get_by_text("USD 19.20").first).to_be_visible()
    accessible(page)
    page.get_by_role("link", name="Statements", exact=True).click()
    expect(page.get_by_role("heading", name="Statements")).to_be_visible()
    accessible(page)
    page.get_by_role("link", name="Books").click()
    page.get_by_label("Period, in UTC").select_option(label=month)
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("Agrees with the ledger").first).to_be_visible()
    accessible(page)
    journal = taken(page, "Journal, CSV", tmp_path)
    assert "wholesale_revenue" in journal.read_text()
    page.get_by_role("link", name="by partner").first.click()
    accessible(page)
    page.get_by_role("link", name=re.compile("^Entries")).first.click()
    expect(page.get_by_role("heading", name="Owed to partners")).to_be_visible()
    accessible(page)


def test_a_long_statements_pdf_is_waited_for(world: World, visitor: Visitor, tmp_path: Path) -> None:
    made = [
        Entry(f"sale:{new_id()}", "stripe_clearing", "partner_payable", 960)
        for _ in range(statement_files.AT_ONCE + 1)
    ]
    with world.ada.transaction() as session:
        post(
            session, partner_id=world.ada.partner_id, order_id=None, currency="USD", entries=made,
            available_on=world.now, now=world.now,
        )  # fmt: skip
    close_month(world)
    portal = signed_in(world, visitor, face="portal", shop=world.ada)
    page = visitor.open(portal, "/statements")
    page.get_by_role("link", name=re.compile("^PDF")).click()
    expect(page.get_by_role("heading", name="The PDF is being made")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_be_visible()
    accessible(page)
    world.run_jobs()
    assert taken(page, "Download the PDF", tmp_path).read_bytes().startswith(b"%PDF-")
