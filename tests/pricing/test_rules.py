"""No rule, rounding, tax or rise of wholesale brings a price under its floor."""

from fractions import Fraction
from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from pricing.floor import FloorPolicy, net_of, with_tax
from pricing.models import METHODS, ROUNDINGS
from pricing.offers import Reductions, reduced
from pricing.rounding import round_price
from pricing.rules import Rule, Terms, price_steps, retail_price

currencies = st.sampled_from(["USD", "JPY", "KWD"])
wholesale_prices = st.integers(1, 10_000_000)
terms = st.builds(
    Terms,
    currency=currencies,
    floor=st.builds(FloorPolicy, st.integers(0, 5000), st.integers(0, 5000)),
    tax_inclusive=st.booleans(),
    highest_tax_bps=st.integers(0, 3000),
    on_rise=st.sampled_from(["keep_percentage", "keep_amount", "lift", "pause"]),
)
rules = st.builds(
    Rule,
    scope=st.just("store"),
    method=st.sampled_from(METHODS),
    value=st.integers(0, 10_000_000),
    rounding=st.sampled_from(ROUNDINGS),
    judged_wholesale=st.none() | wholesale_prices,
)
ceilings = st.none() | st.integers(1, 20_000_000)
reductions = st.builds(
    Reductions,
    event_bps=st.integers(0, 9000),
    pass_on_bps=st.integers(0, 10_000),
    sale_bps=st.integers(0, 9000),
)


@given(rules, wholesale_prices, terms, ceilings)
def test_no_price_is_under_its_floor(rule: Rule, wholesale: int, terms: Terms, ceiling: int | None) -> None:
    price = retail_price(rule, wholesale=wholesale, terms=terms, ceiling=ceiling)
    if price is None:
        assert rule.method == "fixed"
        assert terms.on_rise == "pause"
        return
    assert price >= terms.lowest(wholesale)
    assert terms.net(price) >= terms.floor.net_floor(wholesale) > wholesale


@given(rules, wholesale_prices, terms)
def test_each_step_follows_from_the_one_before_and_the_last_is_the_price(
    rule: Rule, wholesale: int, terms: Terms
) -> None:
    """Worked out a second time, in exact fractions, from nothing but the step before."""
    steps = price_steps(rule, wholesale=wholesale, terms=terms)
    taxed = 1 + Fraction(terms.highest_tax_bps if terms.tax_inclusive else 0, 10_000)
    margin = max(1, terms.floor.margin_minor, ceil(Fraction(wholesale * terms.floor.margin_bps, 10_000)))
    assert steps.floor == ceil((wholesale + margin) * taxed)
    added = ceil(Fraction(wholesale * rule.value, 10_000)) if rule.method == "markup" else rule.value
    assert steps.target == (rule.value if rule.method == "fixed" else ceil((wholesale + added) * taxed))
    if rule.method == "fixed" and steps.target < steps.floor:
        before = rule.judged_wholesale or wholesale
        assert (
            steps.treated
            == {
                "lift": rule.value,
                "keep_percentage": ceil(Fraction(rule.value * wholesale, before)),
                "keep_amount": rule.value + ceil(wholesale * taxed) - ceil(before * taxed),
                "pause": None,
            }[terms.on_rise]
        )
    else:
        assert steps.treated == steps.target
    assert steps.raised == (None if steps.treated is None else max(steps.treated, steps.floor))
    if rule.method == "fixed" or steps.raised is None:
        assert steps.price == steps.raised
    else:
        rounded = round_price(steps.raised, rule.rounding, floor=steps.floor, currency=terms.currency)
        assert steps.price == rounded
    assert steps.price == retail_price(rule, wholesale=wholesale, terms=terms)


@given(rules, wholesale_prices, terms, st.integers(1, 20_000_000))
def test_a_ceiling_lowers_prices_to_it_and_never_under_the_floor(
    rule: Rule, wholesale: int, terms: Terms, ceiling: int
) -> None:
    free = retail_price(rule, wholesale=wholesale, terms=terms)
    price = retail_price(rule, wholesale=wholesale, terms=terms, ceiling=ceiling)
    if free is None or price is None:
        assert free is price is None
        return
    highest = max(ceiling, terms.lowest(wholesale))
    assert price == free if free <= ceiling else price <= highest
    if price < highest and free > ceiling:
        # It went lower than it had to for the ending alone, and no further than to the next one.
        assert rule.rounding != "none"
        assert round_price(price, rule.rounding, floor=0, currency=terms.currency) == price
        assert round_price(highest, rule.rounding, floor=highest, currency=terms.currency) > highest


@given(wholesale_prices, terms, st.integers(0, 10_000_000), reductions)
def test_reductions_stop_at_the_floor_of_their_moment_and_add_up(
    wholesale: int, terms: Terms, above: int, by: Reductions
) -> None:
    regular = terms.lowest(wholesale) + above
    found = reduced(regular, wholesale=wholesale, terms=terms, by=by)
    assert found.lowest <= found.price <= found.regular == regular
    assert found.price == regular - found.passed_on - found.given
    assert found.wholesale == ceil(Fraction(wholesale * (10_000 - by.event_bps), 10_000))
    assert terms.net(found.price) - found.wholesale >= found.net_floor - found.wholesale > 0
    assert found.passed_on <= terms.shown(wholesale) - terms.shown(found.wholesale)
    if not by.sale_bps:
        assert terms.net(found.price) - found.wholesale >= min(
            terms.net(regular) - wholesale, terms.net(found.lowest) - found.wholesale
        ) - (1 if terms.tax_inclusive else 0)
    if not by.event_bps and not by.sale_bps:
        assert found.price == regular


@given(wholesale_prices, st.integers(0, 3000), st.integers(1, 99), st.integers(0, 3000))
def test_a_line_of_many_units_is_not_under_the_floor_either(
    floor: int, highest: int, quantity: int, charged: int
) -> None:
    """Tax rounds on the line, so units that each hold the floor must hold it together too."""
    unit = with_tax(floor, highest)
    assert net_of(unit * quantity, min(charged, highest)) >= floor * quantity


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.sampled_from(ROUNDINGS), currencies)
def test_rounding_goes_up_rather_than_under(minor: int, floor: int, rounding: str, currency: str) -> None:
    assert round_price(minor, rounding, floor=floor, currency=currency) >= floor


def test_endings() -> None:
    def rounded(minor: int, rounding: str, floor: int = 0) -> int:
        return round_price(minor, rounding, floor=floor, currency="USD")

    assert rounded(2554, "99") == 2599
    assert rounded(2540, "99") == 2499
    assert rounded(2540, "99", floor=2500) == 2599
    assert rounded(2512, "95") == 2495
    assert rounded(2500, "00") == 2500
    assert rounded(2551, "00") == 2600
    assert rounded(2512, "nearest_5") == 2510
    assert rounded(2513, "nearest_5") == 2515
    assert rounded(2516, "nearest_10") == 2520
    assert round_price(1234, "99", floor=0, currency="JPY") == 1234
    assert round_price(12_345, "99", floor=0, currency="KWD") == 11_990


def test_a_fixed_price_that_wholesale_overtook_follows_the_standing_choice() -> None:
    rule = Rule("variant", "fixed", 2000, judged_wholesale=1000)

    def price(choice: str) -> int | None:
        policy = Terms("USD", FloorPolicy(100), tax_inclusive=False, highest_tax_bps=0, on_rise=choice)
        return retail_price(rule, wholesale=1950, terms=policy)

    assert price("lift") == 2050
    assert price("keep_amount") == 2950
    assert price("keep_percentage") == 3900
    assert price("pause") is None
