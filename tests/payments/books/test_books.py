"""The company's books: accounts and tax of a period are what the orders and refunds of it come to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kit.errors import Refusal
from kit.money import Money
from orders.reading import read_order
from payments.books.accounts import AccountSums, sums_by_account, sums_by_partner
from payments.books.journal import Wanted, journal, journal_page
from payments.books.periods import Period, month, quarter, read_days, read_period
from payments.books.tax import TaxReport, tax_reports
from payments.refunds.asking import RefundAsked
from payments.statements.periods import next_month
from storage.database import transaction
from tests.payments.test_disputes import decide, dispute
from tests.payments.test_refunds import give_back, lines
from tests.world import CONTACT, GERMAN, World

CALIFORNIA = replace(CONTACT, region="CA", city="San Francisco", postcode="94103")


@pytest.fixture
def fresh(world: World) -> Period:
    """A month in which nobody did anything yet."""
    world.installation.clock.moment = next_month(world.now) + timedelta(days=4)
    return month(world.now.year, world.now.month)


def sums(world: World, period: Period) -> dict[str, dict[str, AccountSums]]:
    with transaction(world.services.console) as session:
        found = sums_by_account(session, period=period)
    return {currency: {each.account: each for each in rows} for currency, rows in found.items()}


def taxes(world: World, period: Period) -> dict[str, TaxReport]:
    with transaction(world.services.console) as session:
        return {report.currency: report for report in tax_reports(session, period=period)}


def test_accounts_are_what_orders_and_refunds_of_the_period_come_to(world: World, fresh: Period) -> None:
    before = sums(world, fresh)
    first = world.ada.buy((world.mug, 3), contact=CALIFORNIA)
    second = world.ada.buy((world.tote, 2))
    third = world.ben.buy((world.mug, 2), contact=GERMAN)
    give_back(world.ada, first, RefundAsked(units={lines(world.ada, first)[0]: 1}))
    give_back(world.ben, third, RefundAsked(delivery=450))
    found = sums(world, fresh)
    for currency, shop, orders, back in (
        ("USD", world.ada, (first, second), 2160 + 156),
        ("EUR", world.ben, (third,), 450),
    ):
        with shop.transaction() as session:
            read = [read_order(session, partner_id=shop.partner_id, order_id=each) for each in orders]
        paid = sum(order.total.minor for order in read)
        wholesale = sum(line.wholesale.minor for order in read for line in order.lines)
        margin = sum(order.margin.minor for order in read)
        clearing = found[currency]["stripe_clearing"]
        fees = found[currency].get("processing_fees")
        assert clearing.change.minor == paid - back - (fees.change.minor if fees else 0)
        goods_back = (1200, 960) if currency == "USD" else (0, 0)
        assert found[currency]["wholesale_revenue"].change.minor == -(wholesale - goods_back[0])
        assert found[currency]["partner_payable"].change.minor == -(margin - goods_back[1])
        # Double entry: all accounts together hold nothing, and each opens where it closed.
        assert sum(each.closing.minor for each in found[currency].values()) == 0
        assert sum(each.debit.minor for each in found[currency].values()) == sum(
            each.credit.minor for each in found[currency].values()
        )
        for account, each in found[currency].items():
            opened = before.get(currency, {}).get(account)
            assert each.opening.minor == (opened.closing.minor if opened else 0)
        with transaction(world.services.console) as session:
            of = {
                each.partner_id: each.sums
                for each in sums_by_partner(session, period=fresh, currency=currency, limit=10_000)
            }
        assert -of[shop.partner_id].closing.minor == margin - goods_back[1]
        other = world.ben if shop is world.ada else world.ada
        assert other.partner_id not in of
        assert (
            sum(each.closing.minor for each in of.values())
            == found[currency]["partner_payable"].closing.minor
        )


def test_tax_by_country_and_rate_is_the_ledgers_to_the_unit(world: World, fresh: Period) -> None:
    first = world.ada.buy((world.mug, 1), contact=CALIFORNIA)
    world.ada.buy((world.tote, 2))
    third = world.ben.buy((world.mug, 2), contact=GERMAN)
    give_back(world.ben, third, RefundAsked(units={lines(world.ben, third)[0]: 1}, delivery=450))
    give_back(world.ada, first, RefundAsked(units={lines(world.ada, first)[0]: 1}))
    found = taxes(world, fresh)
    for report in found.values():
        assert report.agrees
    rows = {(row.country, row.region, row.rate_bps, row.of): row for row in found["USD"].rows}
    # A mug of 21.60 at 7.25 % is 1.57 of tax; its delivery of 4.90 has 0.36. The mug came back, delivery not.
    assert set(rows) == {
        ("US", "CA", 725, "goods"), ("US", "CA", 725, "delivery"), ("US", "", 0, "goods"), ("US", "", 0, "delivery"),
    }  # fmt: skip
    mug, delivery = rows["US", "CA", 725, "goods"], rows["US", "CA", 725, "delivery"]
    assert (mug.sold_net.minor, mug.sold_tax.minor) == (2160, 157)
    assert (mug.net.minor, mug.tax.minor) == (0, 0)
    assert (delivery.net.minor, delivery.tax.minor) == (490, 36)
    # Ben's prices contain 19 %: 25.70 of each mug is 21.60 net, and delivery of 4.50 is 3.78 net.
    rows = {(row.country, row.region, row.rate_bps, row.of): row for row in found["EUR"].rows}
    goods, delivery = rows["DE", "", 1900, "goods"], rows["DE", "", 1900, "delivery"]
    assert goods.back_net.minor * 2 == pytest.approx(goods.sold_net.minor, abs=2)
    assert (delivery.sold_net.minor, delivery.sold_tax.minor) == (378, 72)
    assert (delivery.net.minor, delivery.tax.minor) == (0, 0)
    assert found["EUR"].tax == found["EUR"].ledger == goods.tax


def test_a_period_without_anything_has_no_tax(world: World, fresh: Period) -> None:
    assert taxes(world, fresh) == {}
    assert all(
        not each.debit and not each.credit for rows in sums(world, fresh).values() for each in rows.values()
    )


def test_the_journal_has_every_entry_once_by_page_and_as_a_stream(world: World, fresh: Period) -> None:
    world.ada.buy((world.mug, 1), (world.tote, 1), contact=CALIFORNIA)
    world.ben.buy((world.mug, 1), contact=GERMAN)
    with transaction(world.services.console) as session:
        whole = list(journal(session, wanted=Wanted(fresh)))
        pages = [
            entry
            for offset in range(0, len(whole) + 3, 3)
            for entry in journal_page(session, wanted=Wanted(fresh), limit=3, offset=offset)
        ]
        assert pages == whole
        tax = list(journal(session, wanted=Wanted(fresh, account="tax_payable", currency="USD")))
        of_ben = list(journal(session, wanted=Wanted(fresh, partner_id=world.ben.partner_id)))
    assert {entry.partner_id for entry in whole} == {world.ada.partner_id, world.ben.partner_id}
    # Three for two lines and delivery; all at the rate of California.
    assert [(entry.rate_bps, entry.country, entry.region) for entry in tax] == [(725, "US", "CA")] * 3
    assert {entry.partner_id for entry in of_ben} == {world.ben.partner_id}
    assert {entry.store for entry in of_ben if entry.order_id} == {world.ben.slug}
    for currency, rows in sums(world, fresh).items():
        for account, each in rows.items():
            entries = [entry for entry in whole if entry.amount.currency == currency]
            debit = sum(entry.amount.minor for entry in entries if entry.debit == account)
            credit = sum(entry.amount.minor for entry in entries if entry.credit == account)
            assert (each.debit, each.credit) == (Money(debit, currency), Money(credit, currency)), account


def test_periods_are_read_and_refused() -> None:
    assert read_period("2026-02") == month(2026, 2) == read_days("2026-02-01", "2026-02-28")
    assert read_period("2026-q4") == quarter(2026, 4) == read_days("2026-10-01", "2026-12-31")
    assert (quarter(2026, 4).until - quarter(2026, 4).since).days == 92
    for typed in ("2026-13", "2026-q5", "2026", "", "year", "26-01"):
        with pytest.raises(Refusal):
            read_period(typed)
    for first, last in (
        ("2026-02-30", "2026-03-01"),
        ("2026-03-02", "2026-03-01"),
        ("", ""),
        ("2026-01-01", "2099-01-01"),
        ("0001-01-01", "9999-12-31"),
    ):
        with pytest.raises(Refusal):
            read_days(first, last)


def test_a_lost_dispute_gives_its_tax_back(world: World, fresh: Period) -> None:
    kept = world.ben.buy((world.tote, 1), contact=GERMAN)
    lost = world.ben.buy((world.mug, 3), contact=GERMAN)
    dispute(world.ben, lost)
    assert decide(world.ben, lost, "lose").state == "lost"
    report = taxes(world, fresh)["EUR"]
    assert report.agrees
    with world.ben.transaction() as session:
        order = read_order(session, partner_id=world.ben.partner_id, order_id=kept)
        gone = read_order(session, partner_id=world.ben.partner_id, order_id=lost)
    assert report.tax == order.tax
    assert report.net == order.total - order.tax
    assert sum(row.back_tax.minor for row in report.rows) == gone.tax.minor
    assert sum(row.back_net.minor for row in report.rows) == (gone.total - gone.tax).minor
