"""Discounts in figures and entries: everything adds up at any rate, and tampering is noticed."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from orders.quoting import Priced, charge, charge_line
from payments.ledger.posting import sale_entries
from payments.ledger.shares import SoldLine
from payments.verify import verify
from tests.orders.test_discounting import bought, coupon, promotion, use
from tests.world import World

amounts = st.integers(0, 100_000_000)


@given(amounts, amounts, amounts, st.integers(0, 10_000), st.booleans())
def test_net_and_discounts_are_the_net_of_the_listed_amount(
    paid: int, partner_off: int, company_off: int, tax_bps: int, tax_inclusive: bool
) -> None:
    line = Priced(paid + partner_off + company_off, True, partner_off, company_off)
    found = charge_line(line, tax_bps=tax_bps, tax_inclusive=tax_inclusive)
    listed = charge(line.listed, tax_bps=tax_bps, tax_inclusive=tax_inclusive)
    assert found.net + found.partner_discount + found.company_discount == listed.net
    assert min(found.partner_discount, found.company_discount, found.net, found.tax) >= 0
    assert found.shown == paid
    assert found.net + (found.tax if tax_inclusive else 0) == paid
    assert found.partner_discount <= partner_off
    assert found.company_discount <= company_off
    # Tax is on what the shopper pays, and on nothing else.
    assert (found.net, found.tax) == (
        charge(paid, tax_bps=tax_bps, tax_inclusive=tax_inclusive).net,
        charge(paid, tax_bps=tax_bps, tax_inclusive=tax_inclusive).tax,
    )


@given(
    st.lists(
        st.tuples(st.integers(1, 10**8), amounts, amounts, st.integers(0, 10_000)), min_size=1, max_size=5
    )
)
def test_entries_of_a_line_are_what_was_paid_and_what_the_company_paid(
    lines: list[tuple[int, int, int, int]],
) -> None:
    sold = [
        SoldLine(UUID(int=place), 1, wholesale, margin, tax, (wholesale + margin) * share // 10_000)
        for place, (wholesale, margin, tax, share) in enumerate(lines)
    ]
    entries = sale_entries(order_id=UUID(int=9), lines=sold, delivery=490, delivery_tax=0)
    assert all(entry.amount > 0 for entry in entries)
    for line in sold:
        mine = [entry for entry in entries if entry.line_id == line.line_id]
        net = line.wholesale + line.margin - line.promotion
        assert sum(e.amount for e in mine if e.debit == "stripe_clearing") == net + line.tax
        assert sum(e.amount for e in mine if e.debit == "promotions") == line.promotion
        assert sum(e.amount for e in mine if e.credit == "wholesale_revenue") == line.wholesale
        assert sum(e.amount for e in mine if e.credit == "partner_payable") == line.margin
        assert sum(e.amount for e in mine if e.credit == "tax_payable") == line.tax


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ("order_discounts SET net = net - 1", "an order's discounts are what came off its lines"),
        ("order_discounts SET amount = amount + 1", "an order's discounts are what came off its lines"),
        (
            "order_lines SET partner_discount = partner_discount + 1",
            "each line's listed price is what was paid for it and what came off",
        ),
        (
            "ledger_entries SET debit = 'stripe_clearing' WHERE debit = 'promotions'",
            "the company pays its discount of each line, and gets its wholesale whole",
        ),
        (
            "ledger_entries SET amount = amount + 1 WHERE debit = 'promotions'",
            "the company pays its discount of each line, and gets its wholesale whole",
        ),
    ],
)
def test_verify_notices_discounts_that_were_tampered_with(world: World, change: str, check: str) -> None:
    coupon(world.ben, "SPRING")
    with promotion(world):
        cart = world.ben.fill_cart((world.mug, 1))
        use(world.ben, cart, "SPRING")
        order = bought(world.ben, cart)
    owner = create_engine(world.services.database.owner_url)
    with owner.connect() as connection, connection.begin() as transaction:
        # The owner sees the rows only where row-level security is not forced on it too.
        for table in ("ledger_entries", "orders", "order_lines", "order_discounts", "retail_rules"):
            connection.execute(text(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"))
        mine = f"{'AND' if 'WHERE' in change else 'WHERE'} order_id = :order"
        connection.execute(text(f"UPDATE {change} {mine}"), {"order": order.order_id})
        found = {finding.check for finding in verify(Session(connection))}
        transaction.rollback()
    owner.dispose()
    assert check in found
