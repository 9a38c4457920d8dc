"""Why a price is what it is, in words: the same lines for a partner's page and for the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from kit.errors import Refusal
from kit.money import Money
from pricing.explaining import Explanation, UsedRule

Say = Callable[[Money], str]
_EARLIEST = 2000
_AHEAD = timedelta(days=731)
_ENDINGS = {"99": ".99", "95": ".95", "90": ".90", "00": "whole amounts"}
_STEPS = {"nearest_5": 5, "nearest_10": 10}
_CHOICES = {
    "keep_percentage": "the choice for such prices is to keep the margin's percentage",
    "keep_amount": "the choice for such prices is to keep the margin's amount",
    "lift": "the choice for such prices is to lift them to the floor",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One step. ``amount`` is None where the step is no amount; ``result`` marks what comes of it all."""

    label: str
    detail: str
    amount: Money | None
    result: bool = False


def lines(found: Explanation, *, say: Say, when: Callable[[datetime], str], earns: str) -> list[Line]:
    """The steps from rule and wholesale to price and margin, or to why there is no price.

    ``say`` and ``when`` word an amount and a moment; ``earns`` is what to call the margin.
    """
    made = [_rule_line(found, say, when), _wholesale_line(found, when)]
    made += _target_lines(found, say)
    made += _raising_lines(found, say)
    made += _reducing_lines(found, say, when)
    made += _result_lines(found, earns)
    return [line for line in made if line is not None]


def no_price(found: Explanation) -> str:
    """Why there is no price, in a sentence; empty where there is one."""
    if found.price is not None:
        return ""
    if found.wholesale is None:
        return f"The company has no wholesale price for it in {found.terms.currency} at this moment."
    if found.rule is None:
        return "No rule of the store covers it at this moment."
    return "Wholesale has overtaken its fixed price, and the choice for such prices is to pause them."


def unlisted(found: Explanation) -> str:
    """Why the store does not show it today, whatever its price; empty where it does."""
    if found.state != "active":
        return "The company does not offer this product at present."
    return "The store does not show this product: it is hidden." if found.hidden else ""


def todays_settings(whose: str) -> str:
    """What has no dates of its own, so that a moment of the past cannot be told exactly as it was."""
    return (
        f"Prices and rules are kept with their dates. The smallest margin, tax, the company's"
        f" highest prices, {whose} price list and the"
        " choice for prices that wholesale overtakes are not: today's judge the past too."
    )


def rule_title(used: UsedRule) -> str:
    """Where a rule stands, such as: Rule of the collection Kitchen. A rule that was planned and will end says
    so; one without an end is a rule like any other."""
    for_a_while = used.planned and used.until is not None
    match used.rule.scope:
        case "variant":
            return "Planned price" if used.planned else "Own price"
        case "product" | "collection" as scope:
            return f"{'Planned rule' if for_a_while else 'Rule'} of the {scope} {used.name}"
        case _:
            return "The store's planned rule" if for_a_while else "The store's rule"


def rule_detail(used: UsedRule, say: Say, currency: str) -> str:
    """What a rule asks for, such as: 80% on wholesale."""
    rule = used.rule
    match rule.method:
        case "markup":
            asks = f"{rule.value / 100:g}% on wholesale"
        case "margin":
            asks = f"{say(Money(rule.value, currency))} on wholesale"
        case _:
            asks = f"fixed at {say(Money(rule.value, currency))}"
    return asks if rule.rounding == "none" else f"{asks}, rounded to {_ending(rule.rounding, say, currency)}"


def read_moment(text: str, *, zone: tzinfo, now: datetime) -> datetime:
    """Read a moment in ISO 8601; without an offset it is one of ``zone``.

    Raises Refusal for what is no moment, and for one of which no price can be known: prices are not
    planned further ahead than two years.
    """
    try:
        found = datetime.fromisoformat(text.strip())
        found = found.replace(tzinfo=zone) if found.tzinfo is None else found
        ahead = found - now
    except (ValueError, OverflowError):
        raise Refusal(
            f"“{text.strip()[:40]}” is not a moment. Write it like 2026-03-02T09:00.", field="at"
        ) from None
    if ahead > _AHEAD:
        raise Refusal("Prices can be asked for up to two years ahead.", field="at")
    if found.year < _EARLIEST:
        raise Refusal(f"Prices can be asked for from the year {_EARLIEST} on.", field="at")
    return found


def _ending(rounding: str, say: Say, currency: str) -> str:
    if rounding in _STEPS:
        return f"the nearest {say(Money(_STEPS[rounding], currency))}"
    return _ENDINGS[rounding]


def _rule_line(found: Explanation, say: Say, when: Callable[[datetime], str]) -> Line | None:
    used = found.rule
    if used is None:
        return None
    asks = rule_detail(used, say, found.terms.currency)
    until = f" until {when(used.until)}" if used.until is not None else ""
    asks = asks[:1].upper() + asks[1:]
    return Line(rule_title(used), f"{asks}, since {when(used.since)}{until}", None)


def _wholesale_line(found: Explanation, when: Callable[[datetime], str]) -> Line | None:
    used = found.wholesale
    if used is None:
        return None
    origin = f"{used.price_list} list"
    if not used.own:
        origin = f"{used.price_list} list, because the {used.own_list} list has no price for it"
    return Line("Wholesale", f"{origin}, since {when(used.since)}", used.amount)


def _target_lines(found: Explanation, say: Say) -> list[Line]:
    made: list[Line] = []
    steps, rule = found.steps, found.rule
    if steps is not None and rule is not None and rule.rule.method != "fixed":
        made.append(
            Line(
                "Asked by the rule", f"Wholesale and the rule's part{_tax(found)}", found.money(steps.target)
            )
        )
    if found.wholesale is not None:
        cost = found.wholesale.amount
        margin = found.money(found.terms.floor.net_floor(cost.minor)) - cost
        detail = f"{say(cost)} wholesale and {say(margin)} smallest margin{_tax(found)}"
        made.append(Line("Lowest price allowed", detail, found.money(found.terms.lowest(cost.minor))))
    return made


def _tax(found: Explanation) -> str:
    rate = found.terms.highest_tax_bps
    return f", with {rate / 100:g}% tax" if found.terms.tax_inclusive and rate else ""


def _raising_lines(found: Explanation, say: Say) -> list[Line]:
    steps, used = found.steps, found.rule
    if (
        steps is None
        or used is None
        or steps.treated is None
        or steps.raised is None
        or steps.rounded is None
        or steps.price is None
    ):
        return []
    made = []
    if found.overtaken:
        choice = _CHOICES[found.terms.on_rise]
        detail = f"The fixed price {say(found.money(steps.target))} lies under the floor; {choice}"
        after = steps.raised if found.terms.on_rise == "lift" else steps.treated
        made.append(Line("Overtaken by wholesale", detail, found.money(after)))
    if found.lifted and not (found.overtaken and found.terms.on_rise == "lift"):
        detail = f"{say(found.money(steps.treated))} would be under it"
        made.append(Line("Lifted to the lowest price", detail, found.money(steps.raised)))
    if used.rule.method != "fixed" and used.rule.rounding != "none":
        ending = _ending(used.rule.rounding, say, found.terms.currency)
        if found.rounded_up:
            detail = f"{say(found.money(steps.raised))} went up: the nearest lies under the lowest price"
        elif steps.rounded == steps.raised:
            detail = "It changed nothing"
        else:
            detail = f"From {say(found.money(steps.raised))}"
        made.append(Line(f"Rounded to {ending}", detail, found.money(steps.rounded)))
    if found.capped and found.ceiling is not None:
        detail = f"The company allows no more than {say(found.ceiling)}"
        if found.ceiling.minor < steps.floor:
            detail = "The company's ceiling lies under the lowest price, so that is the highest, too"
        made.append(Line("Lowered to the ceiling", detail, found.money(steps.price)))
    return made


def _reducing_lines(found: Explanation, say: Say, when: Callable[[datetime], str]) -> list[Line]:
    """What a sale event and the store's sale take off, after the regular price that they take it off."""
    figures, cost = found.figures, found.cost
    if figures is None or cost is None or (found.event is None and found.sale is None):
        return []
    made = [Line("Regular price", "What shoppers pay while nothing lowers it", found.money(figures.regular))]
    if found.event is not None:
        event = found.event
        detail = f"{event.off_bps / 100:g}% less for you until {when(event.ends)}"
        made.append(Line(f"Wholesale in {event.name}", detail, cost))
        share = f"{event.pass_on_bps / 100:g}% of that saving is passed on{_tax(found)}"
        made.append(Line("Off for shoppers", share, -found.money(figures.passed_on)))
    if found.sale is not None:
        until = f" until {when(found.sale.ends)}" if found.sale.ends else ""
        rate = f"{found.sale.off_bps / 100:g}%{until}, out of the margin"
        stopped = figures.price == figures.lowest and figures.given < (
            (figures.price + figures.given) * found.sale.off_bps // 10_000
        )
        made.append(
            Line(
                "The store's sale",
                f"{rate}; it stopped at the lowest price" if stopped else rate,
                -found.money(figures.given),
            )
        )
    return made


def _result_lines(found: Explanation, earns: str) -> list[Line]:
    price, tax, earn = found.price, found.tax, found.earn
    if price is None or tax is None or earn is None:
        return []
    made = [Line("Price", "What shoppers see, before delivery", price, result=True)]
    if tax.minor:
        rate = f"At {found.terms.highest_tax_bps / 100:g}%, the highest rate that the store can charge"
        made.append(Line("Tax in it", rate, -tax))
    return [
        *made,
        Line(
            earns,
            "The price without tax, less wholesale" if tax.minor else "The price less wholesale",
            earn,
            result=True,
        ),
    ]
