"""Discounts as arithmetic: nothing is lost, no line goes under its limit, and what fits is given."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from kit.ids import NIL
from pricing.discounts import Discount, Goods, give, largest, smallest_charge, spread, work_out
from pricing.floor import FloorPolicy
from pricing.rules import Terms

NET = Terms("USD", FloorPolicy(), tax_inclusive=False, highest_tax_bps=0)
GROSS = Terms("EUR", FloorPolicy(), tax_inclusive=True, highest_tax_bps=1900)
MUG, TOTE, SHELF = UUID(int=1), UUID(int=2), UUID(int=3)


def goods(amount: int, lowest: int, *, product: UUID = MUG, wholesale: int | None = None) -> Goods:
    shelves = frozenset({SHELF}) if product == TOTE else frozenset()
    return Goods(product, shelves, amount, lowest, lowest if wholesale is None else wholesale)


def coupon(kind: str, value: int, scope: str = "all", scope_id: UUID = NIL) -> Discount:
    return Discount(UUID(int=9), "partner", "TEN", "TEN", kind, value, scope, scope_id)


def promotion(kind: str, value: int, limit_bps: int = 0, number: int = 20) -> Discount:
    return Discount(UUID(int=number), "company", "Spring", "", kind, value, limit_bps=limit_bps)


amounts = st.integers(1, 10_000_000)
lines_of = st.lists(
    st.builds(
        lambda amount, low, product: goods(amount, amount * low // 100, product=product),
        amounts,
        st.integers(0, 100),
        st.sampled_from([MUG, TOTE]),
    ),
    min_size=1,
    max_size=8,
)
discounts = st.one_of(
    st.builds(coupon, st.just("percent"), st.integers(1, 10_000)),
    st.builds(coupon, st.just("amount"), amounts),
    st.builds(coupon, st.just("amount"), amounts, st.just("product"), st.just(TOTE)),
    st.builds(coupon, st.just("percent"), st.integers(1, 10_000), st.just("collection"), st.just(SHELF)),
)


@given(amounts, st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)), min_size=1, max_size=9))
def test_parts_add_up_to_the_amount_or_to_all_that_fits(amount: int, parts: list[tuple[int, int]]) -> None:
    weights, limits = [w for w, _ in parts], [limit for _, limit in parts]
    found = spread(amount, weights, limits)
    fits = sum(limit for weight, limit in parts if weight)
    assert sum(found) == min(amount, fits)
    for part, weight, limit in zip(found, weights, limits, strict=True):
        assert 0 <= part <= limit
        assert weight or not part


@given(amounts, st.lists(amounts, min_size=1, max_size=9))
def test_where_all_fits_parts_are_the_exact_shares_but_for_less_than_a_unit(
    amount: int, weights: list[int]
) -> None:
    found = spread(amount, weights, [amount] * len(weights))
    total = sum(weights)
    assert all(
        abs(part * total - amount * weight) < total for part, weight in zip(found, weights, strict=True)
    )


@given(lines_of, discounts, st.integers(0, 500))
def test_a_coupon_stops_at_each_floor_and_leaves_enough_to_pay(
    lines: list[Goods], discount: Discount, least: int
) -> None:
    found = give(discount, lines, terms=NET, off=[0] * len(lines), least=least)
    for line, part in zip(lines, found.parts, strict=True):
        assert line.amount - part >= min(line.lowest, line.amount)
        assert not part or discount.covers(line)
    cost = sum(line.amount for line in lines)
    assert found.amount <= found.asked
    assert not found.amount or cost - found.amount >= least
    # What was not given could not have been: every line that it is for is at its limit, or the cart is.
    if found.amount < min(found.asked, sum(line.amount for line in lines if discount.covers(line))):
        stopped = all(flag for flag, line in zip(found.stopped, lines, strict=True) if discount.covers(line))
        assert stopped or cost - found.amount == least or cost <= least


@given(lines_of, discounts, st.integers(1, 10_000), st.integers(0, 10_000), st.sampled_from([NET, GROSS]))
def test_a_promotion_comes_after_the_coupon_and_stops_at_the_companys_own_limit(
    lines: list[Goods], first: Discount, percent: int, limit_bps: int, terms: Terms
) -> None:
    second = promotion("percent", percent, limit_bps)
    found = work_out(lines, terms=terms, coupon=first, promotions=[second], least=50)
    assert found.coupon == work_out(lines, terms=terms, coupon=first, promotions=[], least=50).coupon
    for index, line in enumerate(lines):
        company = found.parts("company", len(lines))[index]
        left = line.amount - found.parts("partner", len(lines))[index] - company
        assert left >= 0
        if company:
            assert left >= terms.shown(line.wholesale * limit_bps // 10_000)


@given(lines_of, st.lists(st.integers(1, 10_000), min_size=1, max_size=4))
def test_the_promotion_that_gives_most_is_taken(lines: list[Goods], percents: list[int]) -> None:
    offers = [promotion("percent", value, 2000, number) for number, value in enumerate(percents, 30)]
    found = work_out(lines, terms=NET, coupon=None, promotions=offers, least=0)
    best = max(
        work_out(lines, terms=NET, coupon=None, promotions=[item], least=0).parts("company", len(lines))
        for item in offers
    )
    assert sum(found.parts("company", len(lines))) >= sum(best)


@given(lines_of)
def test_the_largest_that_fits_does_and_a_unit_more_does_not(lines: list[Goods]) -> None:
    for kind in ("amount", "percent"):
        most = largest(kind, lines)
        if most:
            found = give(coupon(kind, most), lines, terms=NET, off=[0] * len(lines), least=0)
            assert found.amount == found.asked
    more = give(
        coupon("amount", largest("amount", lines) + 1), lines, terms=NET, off=[0] * len(lines), least=0
    )
    assert more.amount < more.asked


def test_what_does_not_fit_moves_to_the_other_lines() -> None:
    slim, wide = goods(1000, 900), goods(1000, 100)
    found = give(coupon("amount", 500), [slim, wide], terms=NET, off=[0, 0], least=0)
    assert found.parts == (100, 400)
    assert found.stopped == (True, False)


def test_a_fraction_goes_to_the_largest() -> None:
    lines = [goods(100, 0), goods(100, 0), goods(101, 0)]
    assert give(coupon("amount", 100), lines, terms=NET, off=[0, 0, 0], least=0).parts == (33, 33, 34)


def test_a_promotion_under_the_floor_keeps_what_the_company_wants() -> None:
    line = goods(2400, 1300, wholesale=1200)
    found = work_out(
        [line],
        terms=NET,
        coupon=coupon("percent", 9000),
        promotions=[promotion("percent", 9000, 5000)],
        least=50,
    )
    assert found.parts("partner", 1) == (1100,)
    # Ninety percent of the 13.00 that are left would be 11.70, and 6.00 have to be paid.
    assert found.parts("company", 1) == (700,)


def test_every_cart_stays_payable() -> None:
    found = work_out(
        [goods(100, 0, wholesale=1)], terms=NET, coupon=None, promotions=[promotion("percent", 10_000)],
        least=smallest_charge("USD"),
    )  # fmt: skip
    assert found.parts("company", 1) == (50,)
    assert smallest_charge("JPY") == 50
    assert smallest_charge("ISK") == 1000
