"""`awning price explain`, and the words that it shares with the portal."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import cli
from app.price_report import report
from app.price_words import lines, no_price, read_moment, unlisted
from app.ui.charts import stairs
from kit.errors import Refusal
from kit.money import Money
from pricing.explaining import Explanation, UsedEvent, UsedRule, UsedSale, UsedWholesale
from pricing.lists import create_price_list
from pricing.offers import Reductions, event_wholesale, reduced
from pricing.rules import Rule, Terms, price_steps, retail_price
from storage.database import transaction
from tenants.terms import set_price_list
from tests.pricing.test_rules import ceilings, reductions, rules, terms, wholesale_prices
from tests.world import World

MOMENT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_the_chain_is_printed_in_sentences(world: World) -> None:
    said = report(world.services, slug=world.ada.slug, sku=world.mug)
    assert (
        said[0] == f"Mug, Oat ({world.mug}) in the store {world.ada.slug}, at {world.now:%Y-%m-%d %H:%M} UTC"
    )
    assert said[1:] == [
        f"The store's rule: 80% on wholesale, since {world.now:%Y-%m-%d %H:%M} UTC.",
        f"Wholesale: USD 12.00. {said[2].split('. ', 1)[1]}",
        "Asked by the rule: USD 21.60. Wholesale and the rule's part.",
        "Lowest price allowed: USD 13.00. USD 12.00 wholesale and USD 1.00 smallest margin.",
        "Price: USD 21.60. What shoppers see, before delivery.",
        "The partner earns: USD 9.60. The price less wholesale.",
    ]
    assert any("EUR 25.71" in line for line in report(world.services, slug=world.ben.slug, sku=world.mug))


def test_the_past_names_what_changed_since(world: World) -> None:
    at = (world.now - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M")
    world.later(minutes=5)
    said = report(world.services, slug=world.ada.slug, sku=world.mug, at=at)
    assert "The company has no wholesale price for it in USD at this moment." in said
    assert "The audit log holds no change of these since then." in said
    with transaction(world.services.console) as session:
        gold = create_price_list(
            session, name=f"Gold {world.number}", customer_fields=[], actor="tests", now=world.now
        )
        set_price_list(
            session, partner_id=world.ada.partner_id, price_list_id=gold, actor="tests", now=world.now
        )
    changed = f"Changed since: the partner's price list, at {world.now:%Y-%m-%d %H:%M} UTC."
    assert changed in report(world.services, slug=world.ada.slug, sku=world.mug, at=at)
    assert changed not in report(world.services, slug=world.ben.slug, sku=world.mug, at=at)


def run(monkeypatch: pytest.MonkeyPatch, world: World, *words: str) -> int:
    monkeypatch.setattr(cli, "_services", lambda: world.services)
    monkeypatch.setattr(sys, "argv", ["awning", "price", "explain", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


def test_the_command(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, world, world.ada.slug, world.mug, "--at", world.now.isoformat()) == 0
    assert "The partner earns: USD 9.60." in capsys.readouterr().out
    for wrong, words in (
        (["nowhere", world.mug], "There is no store with the address 'nowhere'."),
        ([world.ada.slug, "no-such"], "There is no variant with the SKU 'no-such'."),
        ([world.ada.slug, world.mug, "--at", "soon"], "“soon” is not a moment."),
        ([world.ada.slug, world.mug, "--at", "9999-01-01"], "up to two years ahead"),
        ([world.ada.slug, world.mug, "--at", "0001-01-01T00:00+14:00"], "from the year 2000 on"),
    ):
        assert run(monkeypatch, world, *wrong) == 1
        told = capsys.readouterr()
        assert words in told.err
        assert len(told.err.strip().splitlines()) == 1
        assert told.out == ""


@given(
    rules,
    wholesale_prices,
    terms,
    st.sampled_from(["store", "product", "collection", "variant"]),
    ceilings,
    st.none() | reductions,
)
def test_the_lines_end_in_the_price_and_the_margin(
    rule: Rule, wholesale: int, terms: Terms, scope: str, ceiling: int | None, by: Reductions | None
) -> None:
    rule = Rule(scope, rule.method, rule.value, rule.rounding, rule.judged_wholesale)
    price = retail_price(rule, wholesale=wholesale, terms=terms, ceiling=ceiling)
    by = by or Reductions()
    figures = None if price is None else reduced(price, wholesale=wholesale, terms=terms, by=by)
    found = Explanation(
        at=MOMENT,
        past=False,
        variant_id=uuid4(),
        product_id=uuid4(),
        sku="mug",
        product="Mug",
        variant="",
        state="active",
        hidden=False,
        terms=terms,
        rule=UsedRule(uuid4(), rule, "Kitchen", MOMENT, None, False, "ada"),
        wholesale=UsedWholesale(Money(wholesale, terms.currency), "Standard", True, "Standard", MOMENT, ""),
        steps=price_steps(rule, wholesale=wholesale, terms=terms, ceiling=ceiling),
        ceiling=None if ceiling is None else Money(ceiling, terms.currency),
        event=UsedEvent("Spring", by.event_bps, by.pass_on_bps, MOMENT) if by.event_bps else None,
        sale=UsedSale(by.sale_bps, None) if by.sale_bps else None,
        figures=figures,
    )
    said = lines(found, say=str, when=str, earns="Earn")
    assert unlisted(found) == ""
    if figures is None:
        assert "pause" in no_price(found)
        assert not any(line.result for line in said)
        return
    assert no_price(found) == ""
    results = [line for line in said if line.result]
    tax = next((line.amount for line in said if line.label == "Tax in it"), None)
    cost = event_wholesale(wholesale, by.event_bps)
    assert results[0].amount == Money(figures.price, terms.currency)
    earned = Money(figures.price - cost, terms.currency)
    assert results[1].amount == earned + (tax or Money(0, terms.currency))
    amounts = {line.label: line.amount for line in said}
    # Each amount follows from the lines before it, up to the result.
    regular = amounts.get("Regular price", results[0].amount)
    off = [amounts.get(label) for label in ("Off for shoppers", "The store's sale")]
    assert sum((amount for amount in off if amount), regular) == results[0].amount
    labels = [line.label for line in said]
    before = said[labels.index("Regular price" if "Regular price" in labels else "Price") - 1]
    if before.label.startswith(("Rounded", "Lifted", "Lowered")):
        assert before.amount == regular
    elif rule.method != "fixed":
        assert amounts["Asked by the rule"] == regular


def test_moments() -> None:
    assert read_moment(" 2026-03-02T09:00 ", zone=UTC, now=MOMENT) == MOMENT
    assert read_moment("2026-03-02T11:00+02:00", zone=UTC, now=MOMENT) == MOMENT
    assert read_moment("2026-03-02", zone=UTC, now=MOMENT) == MOMENT - timedelta(hours=9)
    for wrong in ("", "now", "2026-13-01", "2028-03-04", "1999-12-31"):
        with pytest.raises(Refusal) as refused:
            read_moment(wrong, zone=UTC, now=MOMENT)
        assert refused.value.field == "at"


def test_stairs_hold_an_amount_until_it_changes_and_leave_gaps() -> None:
    hours = [MOMENT + timedelta(hours=count) for count in range(5)]
    drawn = stairs(
        [
            [(hours[0], 1000), (hours[2], None), (hours[3], 3000)],
            [(hours[0], None), (hours[2], 2000)],
        ],
        now=hours[4],
        currency="USD",
    )
    assert drawn
    first, second = drawn.paths
    assert [Money(3000, "USD"), Money(2000, "USD"), Money(1000, "USD")] == list(drawn.scale)
    assert first == "M0.0 124.0H500.0M750.0 0.0H1000"
    assert second == "M500.0 62.0H1000"
    assert drawn.today is None
    assert stairs([[(MOMENT, 1000)]], now=hours[4], currency="USD") is None
    ahead = stairs([[(hours[0], 1000), (hours[4], 2000)]], now=hours[2], currency="USD")
    assert ahead
    assert ahead.today is not None
    assert 40 < ahead.today < 50
