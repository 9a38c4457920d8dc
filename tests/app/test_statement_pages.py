"""Statements as pages and files, in the portal and in the console."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from app import statement_files
from app.statement_pdf import statement_pdf
from kit.ids import new_id
from payments.ledger.posting import Entry, post
from payments.statements.checking import check_statement
from payments.statements.reading import StatementFacts, lines_of
from tests.app.faces import Visitor, words
from tests.payments.statements.test_statements import close, file_of, traded
from tests.world import Shop, World


def long_statement(world: World, entries: int) -> StatementFacts:
    """A statement of Ada's with so many entries."""
    made = [Entry(f"sale:{new_id()}", "stripe_clearing", "partner_payable", 100 + n) for n in range(entries)]
    with world.ada.transaction() as session:
        post(
            session, partner_id=world.ada.partner_id, order_id=None, currency="USD", entries=made,
            available_on=world.now, now=world.now,
        )  # fmt: skip
    return close(world.ada)[0]


@pytest.mark.parametrize("role", ["owner", "manager", "analyst"])
def test_a_partner_reads_its_statements_and_takes_them_away(world: World, role: str) -> None:
    shop = traded(world)
    (facts,) = close(shop)
    person = Visitor(world, "portal", role, shop)
    assert 'href="/statements"' in person.get("/earnings").text
    page = words(person.get("/statements"))
    assert f"{facts.begins:%B %Y}" in page
    assert "$17.20" in page
    page = words(person.get(f"/statements/{facts.statement_id}"))
    for said in ("Sales 2 entries +$36.80", "Given back : Mug, Oat −$9.60", "Payout", facts.hash, "$27.20"):
        assert said in page, said
    csv = person.get(f"/statements/{facts.statement_id}.csv")
    assert csv.data == file_of(shop, facts)
    assert csv.headers["Content-Disposition"].endswith(f'statement-{facts.begins:%Y-%m}-usd.csv"')
    assert csv.headers["Cache-Control"] == "private, no-store"
    assert check_statement(csv.data).problems == []
    pdf = person.get(f"/statements/{facts.statement_id}.pdf")
    assert pdf.data.startswith(b"%PDF-")
    assert pdf.content_type == "application/pdf"


def test_support_does_not_read_the_partners_accounts(world: World) -> None:
    (facts,) = close(traded(world))
    person = Visitor(world, "portal", "support", world.ada)
    for path in ("/statements", f"/statements/{facts.statement_id}", f"/statements/{facts.statement_id}.csv"):
        assert person.get(path).status_code == 403
    assert "/statements" not in person.get("/earnings").text


def test_nobody_reads_another_partners_statement(world: World) -> None:
    (facts,) = close(traded(world))
    ben = Visitor(world, "portal", "owner", world.ben)
    for end in ("", ".csv", ".pdf", "/drawing"):
        assert ben.get(f"/statements/{facts.statement_id}{end}").status_code == 404
    assert facts.hash not in ben.get("/statements").text


@pytest.mark.parametrize(
    ("role", "status"), [("owner", 200), ("finance", 200), ("viewer", 200), ("support", 403)]
)
def test_the_company_reads_it_at_the_partners_page(world: World, role: str, status: int) -> None:
    shop = traded(world)
    (facts,) = close(shop)
    person = Visitor(world, "console", role)
    base = f"/partners/{shop.partner_id}/statements/"
    for path in (base, *(f"{base}{facts.statement_id}{end}" for end in ("", ".csv", ".pdf"))):
        assert person.get(path).status_code == status
    if status == 200:
        assert "USD 17.20" in words(person.get(f"/partners/{shop.partner_id}"))
        assert "Payout" in words(person.get(f"{base}{facts.statement_id}"))
        # Under another partner it is none.
        assert (
            person.get(f"/partners/{world.ben.partner_id}/statements/{facts.statement_id}").status_code == 404
        )


def test_a_long_statement_is_paged_whole_as_csv_and_drawn_by_a_job(world: World) -> None:
    facts = long_statement(world, statement_files.AT_ONCE + 1)
    person = Visitor(world, "portal", "owner", world.ada)
    page = person.get(f"/statements/{facts.statement_id}?page=2")
    assert "Page 2 of 2" in words(page)
    assert page.text.count("<tr>") == 1 + statement_files.AT_ONCE + 1 - statement_files.PAGE
    assert check_statement(person.get(f"/statements/{facts.statement_id}.csv").data).entries == facts.entries
    waiting = person.get(f"/statements/{facts.statement_id}.pdf")
    assert "The PDF is being made" in words(waiting)
    assert "0 of 1,501 entries" in words(person.get(f"/statements/{facts.statement_id}/drawing"))
    with world.ada.transaction() as session:
        jobs = session.scalar(
            text(
                "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'statement.pdf' AND status = 'todo'"
            )
        )
    assert jobs == 1
    world.run_jobs()
    assert "It is ready." in words(person.get(f"/statements/{facts.statement_id}/drawing"))
    pdf = person.get(f"/statements/{facts.statement_id}.pdf")
    assert pdf.data.startswith(b"%PDF-")
    assert "public" not in pdf.headers["Cache-Control"]
    # Where pictures are handed out to everybody, it is not.
    assert person.get(f"/_img/{facts.hash}-1.pdf").status_code == 404
    world.later(days=1)
    assert person.get(f"/statements/{facts.statement_id}.pdf").data == pdf.data


def test_a_drawing_that_was_given_up_is_asked_for_again(world: World) -> None:
    facts = long_statement(world, statement_files.AT_ONCE + 1)
    person = Visitor(world, "portal", "owner", world.ada)
    path = f"/statements/{facts.statement_id}/drawing"
    person.get(path)
    world.installation.forget_jobs()
    world.installation.clock.advance(timedelta(seconds=61))
    person.get(path)
    world.run_jobs()
    assert "It is ready." in words(person.get(path))


def lines_in(shop: Shop, facts: StatementFacts) -> int:
    with shop.transaction() as session:
        data = statement_pdf(facts, lines_of(session, facts))
        assert data == statement_pdf(facts, lines_of(session, facts))
    found = re.search(rb"/Count (\d+)", data)
    assert found
    return int(found[1])


def test_a_pdf_has_as_many_pages_as_it_needs_and_is_the_same_each_time(world: World) -> None:
    (facts,) = close(traded(world))
    assert lines_in(world.ada, facts) == 1
    assert lines_in(world.ada, long_statement(world, 200)) == 6
    world.goods(f"long-{world.number},{'Ärmelloses Żółć Ωμέγα ручная ' * 9},,,long-{world.number},20.00,9\n")
    world.ada.buy((f"long-{world.number}", 1))
    assert lines_in(world.ada, close(world.ada)[0]) == 1
