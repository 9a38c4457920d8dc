"""The comparison with Stripe as lines of text, for whoever runs the installation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time

from kit.errors import Refusal
from kit.money import Money
from payments.reconciliation.differences import Difference, Reconciliation


def first_day(typed: str, *, now: datetime) -> datetime | None:
    """The beginning of a day in UTC, as typed; None when nothing was. Raises Refusal for what is no day, or
    is still to come."""
    if not typed.strip():
        return None
    try:
        found = datetime.combine(date.fromisoformat(typed.strip()), time(), UTC)
    except ValueError:
        raise Refusal(f"“{typed[:30]}” is not a day, such as 2026-03-01.", field="since") from None
    if found > now:
        raise Refusal("This day is still to come. Choose one up to today.", field="since")
    return found


def sentences(found: Reconciliation, *, since: datetime | None) -> Iterator[str]:
    """Totals, then each difference with its cause, then one line that sums up."""
    for total in found.totals:
        yield (
            f"{total.currency}: ours {total.ours}, Stripe's {total.stripes}, difference {total.difference},"
            f" of it under way {total.under_way}; sent to the bank {-total.to_bank},"
            f" to partners {-total.to_partners}."
        )
    for heading, differences, count in (
        ("Differs", found.differences, found.real),
        ("Under way", found.under_way, found.waiting),
    ):
        for each in differences:
            yield f"{heading}: {_sentence(each)}"
        if count > len(differences):
            yield f"{heading}: {count - len(differences)} more, not listed."
    begins = f"since {since:%Y-%m-%d}" if since else "from the beginning"
    counted = f"{found.real} differences, {found.waiting} under way"
    yield f"{found.movements} movements at Stripe {begins}: {counted}."


def _sentence(each: Difference) -> str:
    order = f", order {each.number}" if each.number else ""
    return (
        f"{each.cause.what} ({each.stripe_id}{order}, {each.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC):"
        f" ours {_amount(each.ours)}, Stripe's {_amount(each.stripes)}. {each.cause.why} {each.cause.then}"
    )


def _amount(amount: Money | None) -> str:
    return "nothing" if amount is None else str(amount)
