"""Statements as job, mail and command."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from app.statements import check_files, closed, issue_everywhere, issue_for, spread_statements
from payments.statements.periods import next_month
from payments.statements.reading import StatementFacts, lines_of, statements_of
from payments.statements.writing import statement_file
from tests.journeys.conftest import member
from tests.world import GERMAN, Shop, World


def stored(shop: Shop) -> list[StatementFacts]:
    with shop.transaction() as session:
        return statements_of(session, partner_id=shop.partner_id)


def month_over(world: World) -> datetime:
    world.installation.clock.moment = next_month(world.now) + timedelta(hours=4)
    return closed(world.services)


def test_the_nightly_job_closes_the_month_and_tells_the_owners_once(world: World) -> None:
    world.ada.buy((world.mug, 1))
    world.ben.buy((world.mug, 1), contact=GERMAN)
    owner = member(world, face="portal", shop=world.ada)
    helper = member(world, face="portal", shop=world.ada, role="manager")
    world.run_jobs()
    for _ in range(2):
        spread_statements(world.services, until=month_over(world) if _ == 0 else closed(world.services))
        world.run_jobs()
    assert [(each.number, each.currency, each.closing) for each in stored(world.ada)] == [(1, "USD", 960)]
    assert [(each.number, each.currency) for each in stored(world.ben)] == [(1, "EUR")]
    mails = [
        mail
        for _, mail in world.services.mailer.messages()  # type: ignore[attr-defined]
        if mail["To"] in (owner, helper) and "Your statement" in str(mail["Subject"])
    ]
    assert [mail["To"] for mail in mails] == [owner]
    said = mails[0].get_body(("plain",)).get_content()
    assert "USD: 0.00 at the beginning, 9.60 at the end, 1 entry" in said
    assert "/statements" in said


def test_the_command_issues_what_is_lacking_and_nothing_twice(world: World) -> None:
    world.ada.buy((world.mug, 1))
    until = month_over(world)
    for issued in issue_everywhere(world.services, until=until, now=world.now):
        assert issued
    assert len(stored(world.ada)) == 1
    assert list(issue_everywhere(world.services, until=until, now=world.now)) == []
    assert issue_for(tenant=world.ada.tenant, until=until, now=world.now) == []


def test_the_command_verifies_files_alone_as_a_chain_and_against_the_database(
    world: World, tmp_path: Path
) -> None:
    world.ada.buy((world.mug, 1))
    for _ in range(2):
        issue_for(tenant=world.ada.tenant, until=month_over(world), now=world.now)
    paths = []
    for facts in reversed(stored(world.ada)):
        paths.append(tmp_path / f"{facts.number}.csv")
        with world.ada.transaction() as session:
            paths[-1].write_bytes(statement_file(facts, lines_of(session, facts)))
    told, sound = check_files(paths, services=None)
    assert sound
    assert "1.csv: intact. Ada, " in told[0]
    assert "1 entry, opening 0.00, closing 9.60." in told[0]
    assert told[2] == "The 2 files follow one another without a gap."
    assert check_files(paths, services=world.services)[1]
    told, sound = check_files(paths[::-1], services=None)
    assert not sound
    assert any("breaks the chain" in line for line in told)
    # Altered by a cent; then given a new hash, which only the chain or the database tells.
    altered = paths[0].read_text().replace("9.60", "9.61")
    paths[0].write_text(altered)
    told, sound = check_files(paths[:1], services=None)
    assert not sound
    assert "The hash differs" in told[0]
    from hashlib import sha256

    body = altered.rpartition("hash,")[0]
    paths[0].write_text(f"{body}hash,{sha256(body.encode()).hexdigest()}\n")
    assert check_files(paths[:1], services=None)[1]
    told, sound = check_files(paths[:1], services=world.services)
    assert not sound
    assert "with another hash" in told[0]
    assert not check_files(paths, services=None)[1]
    (tmp_path / "no.csv").write_text("sku,price\n")
    told, sound = check_files([tmp_path / "no.csv"], services=None)
    assert not sound
