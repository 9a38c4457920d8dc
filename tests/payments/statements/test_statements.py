"""Statements: every entry of a month and nothing else, in a chain that nobody can alter unnoticed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from kit.errors import NotFound, Refusal
from kit.ids import new_id
from payments.ledger.posting import Entry, post
from payments.refunds.asking import RefundAsked
from payments.statements.checking import NotAStatement, chain_problems, check_statement
from payments.statements.issuing import issue_statements, partners_due
from payments.statements.kinds import kind_of
from payments.statements.periods import last_closed, month_of, next_month, read_month
from payments.statements.reading import StatementFacts, lines_of, read_statement, statements_of, subtotals
from payments.statements.writing import statement_file
from payments.verify import verify
from storage.database import transaction
from tests.payments.test_refunds import give_back, lines
from tests.world import GERMAN, Shop, World

MICROSECOND = timedelta(microseconds=1)


def close(shop: Shop) -> list[StatementFacts]:
    """Let the month end, and issue what the shop's partner lacks."""
    shop.world.installation.clock.moment = next_month(shop.world.now) + timedelta(hours=3)
    return issue(shop)


def issue(shop: Shop) -> list[StatementFacts]:
    world = shop.world
    with shop.transaction() as session:
        return issue_statements(
            session, partner_id=shop.partner_id, until=last_closed(world.now), now=world.now
        )


def moves(shop: Shop, at: datetime, amount: int, *, fact: str = "transfer") -> None:
    """Post an entry to the partner's account at a moment; what takes away is negative. A payout of a run has
    more to it, so this one goes by another name of the same kind."""
    debit, credit = ("partner_payable", "stripe_clearing")[:: 1 if amount < 0 else -1]
    with shop.transaction() as session:
        post(
            session, partner_id=shop.partner_id, order_id=None, currency=shop.currency,  # type: ignore[arg-type]
            entries=[Entry(f"{fact}:{new_id()}", debit, credit, abs(amount))], available_on=at, now=at,
        )  # fmt: skip


def file_of(shop: Shop, facts: StatementFacts) -> bytes:
    with shop.transaction() as session:
        found = read_statement(session, partner_id=shop.partner_id, statement_id=facts.statement_id)
        assert found == facts
        return statement_file(found, lines_of(session, found))


def traded(world: World) -> Shop:
    """A shop with a sale, a refund and a payout in a month; the other one trades too."""
    world.installation.clock.moment = next_month(world.now) + timedelta(days=3)
    order_id = world.ada.buy((world.mug, 3), (world.tote, 1))
    world.ben.buy((world.mug, 1), contact=GERMAN)
    world.later(days=1)
    give_back(world.ada, order_id, RefundAsked(units={lines(world.ada, order_id)[0]: 1}))
    moves(world.ada, world.later(days=1), -1000)
    return world.ada


def test_a_statement_has_every_entry_of_its_month_and_partner(world: World) -> None:
    shop = traded(world)
    (facts,) = close(shop)
    assert (facts.number, facts.opening, facts.entries, facts.previous_hash) == (1, 0, 4, "")
    assert (facts.begins, facts.ends) == (month_of(facts.begins), next_month(facts.begins))
    with shop.transaction() as session:
        found = lines_of(session, facts)
    # Three mugs of 9.60 and a tote of 8.00; a mug given back; ten dollars paid out.
    assert [(line.kind, line.title, line.amount) for line in found] == [
        ("sales", "Mug, Oat", 2880),
        ("sales", "Tote", 800),
        ("refunds", "Mug, Oat", -960),
        ("payouts", "", -1000),
    ]
    assert [line.balance for line in found] == [2880, 3680, 2720, 1720]
    assert facts.closing == 1720
    assert [line.order_number for line in found] == [1001, 1001, 1001, None]
    assert [(sum_.kind, sum_.entries, sum_.amount) for sum_ in subtotals(found)] == [
        ("sales", 2, 3680), ("refunds", 1, -960), ("payouts", 1, -1000),
    ]  # fmt: skip
    checked = check_statement(file_of(shop, facts))
    assert checked.problems == []
    assert (checked.partner_id, str(checked.closing), checked.entries) == (shop.partner_id, "17.20", 4)


def test_months_follow_one_another_also_where_nothing_happened(world: World) -> None:
    shop = traded(world)
    (first,) = close(shop)
    world.installation.clock.moment = next_month(world.now)
    world.ada.buy((world.tote, 1))
    empty, third = close(shop)
    assert (empty.number, empty.entries, empty.opening, empty.closing) == (2, 0, first.closing, first.closing)
    assert (third.number, third.entries, third.opening) == (3, 1, first.closing)
    assert (empty.previous_hash, third.previous_hash) == (first.hash, empty.hash)
    checked = [check_statement(file_of(shop, facts)) for facts in (first, empty, third)]
    assert [each.problems for each in checked] == [[], [], []]
    assert list(chain_problems(checked)) == []
    # One left out, and the wrong order.
    assert [place for place, _ in chain_problems([checked[0], checked[2]])] == [1, 1, 1]
    assert list(chain_problems(checked[::-1]))
    other = check_statement(file_of(world.ben, close(world.ben)[0]))
    assert "another partner" in next(chain_problems([checked[0], other]))[1]


def test_issuing_twice_is_the_same_as_once(world: World) -> None:
    shop = traded(world)
    (facts,) = close(shop)
    assert issue(shop) == []
    with shop.transaction() as session:
        assert statements_of(session, partner_id=shop.partner_id) == [facts]
    with transaction(world.services.console) as session:
        due = partners_due(session, until=last_closed(world.now), limit=100_000)
    assert shop.partner_id not in due
    assert world.ben.partner_id in due


def test_who_issues_at_the_same_moment_makes_one_chain(world: World) -> None:
    shop = traded(world)
    world.installation.clock.moment = next_month(next_month(world.now)) + timedelta(hours=3)
    with ThreadPoolExecutor(4) as pool:
        made = [each for found in pool.map(lambda _: issue(shop), range(4)) for each in found]
    with shop.transaction() as session:
        stored = statements_of(session, partner_id=shop.partner_id)
    assert [facts.number for facts in stored] == [2, 1]
    assert sorted(made, key=lambda facts: -facts.number) == stored
    assert not list(chain_problems([check_statement(file_of(shop, facts)) for facts in stored[::-1]]))


def test_a_file_stays_the_same_when_the_company_takes_another_name(world: World) -> None:
    shop = traded(world)
    (facts,) = close(shop)
    before = file_of(shop, facts)
    with transaction(world.services.console) as session:
        session.execute(text("UPDATE company SET name = 'Southlight'"))
    try:
        assert file_of(shop, facts) == before
        assert close(shop)[0].company == "Southlight"
    finally:
        with transaction(world.services.console) as session:
            session.execute(text("UPDATE company SET name = 'Northlight Goods'"))


def test_an_entry_of_the_boundary_belongs_to_the_month_that_begins(world: World) -> None:
    begins = next_month(world.now)
    ends = next_month(begins)
    for at, amount in ((begins, 1), (ends - MICROSECOND, 20), (ends, 300), (begins - MICROSECOND, 4000)):
        moves(world.ada, at, amount, fact="sale")
    world.installation.clock.moment = ends
    before, month, after = close(world.ada)
    assert [facts.closing - facts.opening for facts in (before, month, after)] == [4000, 21, 300]
    for facts in (before, month, after):
        assert check_statement(file_of(world.ada, facts)).problems == []


def test_the_next_month_is_the_next_from_any_day() -> None:
    for day, following in (
        (datetime(2027, 1, 31, 23, tzinfo=UTC), 2),
        (datetime(2027, 12, 1, tzinfo=UTC), 1),
    ):
        assert next_month(day).month == following
        assert next_month(day).day == 1


def test_a_month_is_closed_three_hours_after_its_end(world: World) -> None:
    ends = next_month(world.now)
    just_before = ends + timedelta(hours=3) - MICROSECOND
    assert last_closed(just_before) == month_of(world.now)
    assert last_closed(just_before + MICROSECOND) == ends
    with world.ada.transaction() as session, pytest.raises(ValueError, match="can be closed"):
        issue_statements(session, partner_id=world.ada.partner_id, until=ends, now=just_before)
    assert read_month("2026-02", now=datetime(2026, 3, 1, 3, tzinfo=UTC)) == datetime(2026, 3, 1, tzinfo=UTC)
    for typed in ("2026-03", "2026-13", "26-03", "March", "", "0000-01"):
        with pytest.raises(Refusal):
            read_month(typed, now=datetime(2026, 3, 1, 3, tzinfo=UTC))


def test_a_fact_that_nobody_thought_of_still_appears(world: World) -> None:
    moves(world.ada, world.now, 500, fact="prize_of_the_year")
    moves(world.ada, world.now, -90, fact="fee_share")
    moves(world.ada, world.now, -100, fact="dispute_lost")
    moves(world.ada, world.now, 70, fact="transfer_reversed")
    (facts,) = close(world.ada)
    written = file_of(world.ada, facts).decode()
    assert ",Prize of the year," in written
    assert "subtotal,disputes,1,-1.00\nsubtotal,fee shares,1,-0.90\n" in written
    assert "subtotal,payouts reversed,1,0.70\nsubtotal,other,1,5.00\nentries,4\nclosing,3.80\n" in written
    assert check_statement(written.encode()).problems == []


@pytest.mark.parametrize(
    ("fact", "kind"),
    [
        ("sale", "sales"), ("refund", "refunds"), ("refund_failed", "refunds"), ("dispute_lost", "disputes"),
        ("dispute_regained", "disputes"), ("dispute_fee", "disputes"), ("fee_share", "fee shares"),
        ("payout", "payouts"), ("payout_reversed", "payouts reversed"), ("gift", "other"), ("", "other"),
    ],
)  # fmt: skip
def test_each_fact_counts_as_one_kind_for_ever(fact: str, kind: str) -> None:
    assert kind_of(fact) == kind


def test_what_a_sheet_would_take_for_a_formula_is_harmless(world: World) -> None:
    world.goods(f"bad-{world.number},=HYPERLINK(1),,,bad-{world.number},20.00,9\n")
    world.ada.buy((f"bad-{world.number}", 1))
    (facts,) = close(world.ada)
    written = file_of(world.ada, facts)
    assert b",'=HYPERLINK(1)," in written
    assert check_statement(written).problems == []


def test_partners_see_their_own_alone(world: World) -> None:
    shop = traded(world)
    (facts,) = close(shop)
    with world.ben.transaction() as session:
        for partner_id in (world.ben.partner_id, shop.partner_id):
            with pytest.raises(NotFound):
                read_statement(session, partner_id=partner_id, statement_id=facts.statement_id)
        assert statements_of(session, partner_id=shop.partner_id) == []


@pytest.mark.parametrize("statement", ["UPDATE statements SET closing = 0", "DELETE FROM statements"])
@pytest.mark.parametrize("engine", ["face", "console"])
def test_no_role_may_change_a_statement(world: World, engine: str, statement: str) -> None:
    change = f"{statement} WHERE partner_id = '{world.ada.partner_id}'"
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction(getattr(world.services, engine)) as session,
    ):
        session.execute(text(change))


def test_verify_finds_an_entry_that_came_into_a_closed_month(world: World) -> None:
    shop = traded(world)
    (facts,) = close(shop)
    # No role of the program could; the owner of the tables, who is held to row-level security too, can.
    with Session(world.services.owner) as session:
        for table in ("statements", "ledger_entries", "orders", "order_lines"):
            session.execute(text(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"))
        session.execute(
            text("""
                INSERT INTO ledger_entries (partner_id, entry_id, source, position, debit, credit, amount,
                                            currency, posted_at)
                VALUES (:p, :id, :source, 1, 'stripe_clearing', 'partner_payable', 1, 'USD', :at)
            """),
            {"p": shop.partner_id, "id": new_id(), "source": f"late:{new_id()}", "at": facts.begins},
        )
        found = {finding.check for finding in verify(session) if str(facts.statement_id) in finding.detail}
        session.rollback()
    world.services.owner.dispose()
    assert found == {"no statement's chain is broken", "each statement's hash is that of its content"}


def _altered(change: Callable[[str], str]) -> Callable[[bytes], bytes]:
    return lambda data: change(data.decode()).encode()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda s: s.replace("28.80,28.80", "28.81,28.80"), "make 28.81, and the file says 28.80"),
        (lambda s: s.replace("closing,17.20", "closing,17.21"), "its entries lead to 17.20"),
        (lambda s: s.replace("entries,4", "entries,5"), "5 entries, and 4 are there"),
        (lambda s: s.replace("sales,2,36.80", "sales,2,36.81"), "The sum of sales is not 36.80"),
        (lambda s: s.replace("partner,Ada", "partner,Ado"), "The hash differs"),
        (lambda s: s.replace("Mug, Oat", "Mug, Oak", 1), "The hash differs"),
        (lambda s: s.replace(",1001,", ",1002,", 1), "The hash differs"),
        (lambda s: "".join(row for row in s.splitlines(True) if not row.startswith("2,")), "2 was to come"),
        (lambda s: s.replace("opening,0.00", "opening,1.00"), "opens with nothing"),
    ],
)
def test_what_was_altered_is_said_in_words(world: World, change: Callable[[str], str], told: str) -> None:
    shop = traded(world)
    (facts,) = close(shop)
    data = file_of(shop, facts)
    altered = _altered(change)(data)
    assert altered != data
    problems = check_statement(altered).problems
    assert any(told in problem for problem in problems), problems
    assert any("The hash differs" in problem for problem in problems)


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"sku,price\nmug,1.00\n", b"hash," + b"0" * 64 + b"\n"])
def test_what_is_no_statement_is_said_so(data: bytes) -> None:
    with pytest.raises(NotAStatement):
        check_statement(data)


_KEPT: list[bytes] = []


@pytest.fixture
def written(world: World) -> bytes:
    if not _KEPT:
        shop = traded(world)
        _KEPT.append(file_of(shop, close(shop)[0]))
    return _KEPT[0]


def test_no_character_can_be_altered_unnoticed(written: bytes) -> None:
    original = written.decode()

    @settings(max_examples=1500)
    @given(
        st.integers(0, len(original) - 1),
        st.sampled_from(["put", "take", "replace"]),
        st.one_of(
            st.sampled_from("0123456789,.-\n\r\"' aZ=\ufeff"), st.characters(exclude_categories=["Cs"])
        ),
    )
    def alter(place: int, how: str, character: str) -> None:
        rest = original[place + (how != "put") :]
        altered = original[:place] + ("" if how == "take" else character) + rest
        try:
            problems = check_statement(altered.encode()).problems
        except NotAStatement:
            return
        # What is left as it was in meaning: another kind of line end, or the mark that a sheet puts before.
        same = altered.removeprefix("\ufeff").replace("\r\n", "\n").removesuffix(
            "\n"
        ) == original.removesuffix("\n")
        assert bool(problems) != same, (place, how, character)

    alter()


def test_a_file_that_was_given_a_new_hash_breaks_the_chain(world: World) -> None:
    from hashlib import sha256

    shop = traded(world)
    (first,) = close(shop)
    (second,) = close(shop)
    body = file_of(shop, first).decode().replace("partner,Ada", "partner,Eve").rpartition("hash,")[0]
    forged = check_statement(f"{body}hash,{sha256(body.encode()).hexdigest()}\n".encode())
    assert forged.problems == []
    ((place, told),) = chain_problems([forged, check_statement(file_of(shop, second))])
    assert place == 1
    assert first.hash in told


def test_the_world_still_adds_up(world: World) -> None:
    shop = traded(world)
    close(shop)
    keys = {str(shop.partner_id)}
    with transaction(world.services.console) as session:
        assert not [finding for finding in verify(session) if keys & set(finding.detail.split())]
    assert isinstance(shop.partner_id, UUID)
