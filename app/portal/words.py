"""States and rules in the portal's words: an icon, a word, and how it stands."""

from __future__ import annotations

from app.ui.formats import country_name, percent, plain_money, when
from kit.money import Money
from pricing.grid import PricedBy
from pricing.rules import Rule

ROUNDINGS = (
    ("none", "Not rounded"),
    ("99", "To .99"),
    ("95", "To .95"),
    ("90", "To .90"),
    ("00", "To whole amounts"),
    ("nearest_5", "To the nearest .05"),
    ("nearest_10", "To the nearest .10"),
)
METHODS = (("markup", "Markup"), ("margin", "Margin"), ("fixed", "Fixed price"))

# Each is a word, its icon, and its tone: good, attention, failed, or empty.
_PAYMENT = {
    "awaiting": ("Awaiting payment", "clock", ""),
    "paid": ("Paid", "circle-dot", "good"),
    "partly_refunded": ("Partly refunded", "rotate-ccw", "attention"),
    "refunded": ("Refunded", "rotate-ccw", "attention"),
    "expired": ("Not paid in time", "circle-x", ""),
    "failed": ("Payment failed", "circle-x", "failed"),
}
_FULFILMENT = {
    "unfulfilled": ("To be sent", "package", ""),
    "partly_shipped": ("Partly sent", "truck", ""),
    "shipped": ("Sent", "truck", ""),
    "delivered": ("Delivered", "circle-check", "good"),
    "cancelled": ("Cancelled", "ban", "attention"),
    "returned": ("Returned", "rotate-ccw", "attention"),
}
_STORE = {
    "draft": ("Draft, not open yet", "circle-dashed", "attention"),
    "live": ("Open", "circle-check", "good"),
    "paused": ("Paused", "circle-pause", "attention"),
    "closed": ("Closed by the company", "ban", "failed"),
}
# What an entry of the partner's account is, by its fact, with the goods or without.
_EARNINGS = {
    "sale": ("", "Sale"),
    "refund": ("Given back: ", "Goodwill to the shopper"),
    "refund_failed": ("Refund that came back: ", "Refund that came back"),
    "fee_share": ("Your part of Stripe’s fee: ", "Your part of Stripe’s fee"),
    "dispute_lost": ("Dispute lost: ", "Dispute lost"),
    "dispute_regained": ("Lost dispute given back: ", "Lost dispute given back"),
    "dispute_fee": ("Stripe’s fee of a lost dispute: ", "Stripe’s fee of a lost dispute"),
    "payout": ("Paid out: ", "Paid out"),
    "payout_reversed": ("Payout that came back: ", "Payout that came back"),
}


def earning_words(fact: str, title: str) -> str:
    """What an entry of the partner's account is: ``title`` names the goods, where it is about some."""
    about, alone = _EARNINGS.get(fact, (f"{fact}: ", fact))
    return f"{about}{title}" if title else alone


def payment_status(state: str) -> tuple[str, str, str]:
    return _PAYMENT[state]


def fulfilment_status(state: str) -> tuple[str, str, str]:
    return _FULFILMENT[state]


def store_status(state: str) -> tuple[str, str, str]:
    return _STORE[state]


def rule_words(rule: Rule, currency: str) -> str:
    """A rule in a few words, such as: 98% markup, to .99."""
    rounding = dict(ROUNDINGS).get(rule.rounding, rule.rounding).lower()
    match rule.method:
        case "markup":
            said = f"{percent(rule.value, 0 if rule.value % 100 == 0 else 2)} markup"
        case "margin":
            said = f"{currency} {plain_money(Money(rule.value, currency))} margin"
        case _:
            said = f"fixed at {currency} {plain_money(Money(rule.value, currency))}"
    return f"{said}, {rounding}"


def rule_target(scope: str, name: str) -> str:
    """What a rule is for, as the lead of a row: the name of its product or collection, or the whole store."""
    return name if scope in ("product", "collection") else "The whole store"


def priced_by(by: PricedBy | None) -> str:
    """What prices a row of the grid, such as: Rule of Kitchen, planned until 3 Dec."""
    if by is None:
        return "No rule"
    match by.scope:
        case "variant":
            said = "Own price"
        case "store":
            said = "Store’s rule"
        case _:
            said = f"Rule of {by.name}"
    return said if by.until is None else f"{said}, planned until {when(by.until)}"


def place_words(address: dict[str, str]) -> str:
    """The parts of an address that are there, on one line."""
    country = country_name(address["country"]) if address.get("country") else ""
    place = " ".join(address[part] for part in ("postcode", "city") if address.get(part))
    parts = (address.get("line1"), address.get("line2"), place, address.get("region"), country)
    return ", ".join(part for part in parts if part)
