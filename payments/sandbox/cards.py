"""Stripe's test cards that the sandbox honours, and what each of them does."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Card:
    """A test card. ``decline`` is a pair of error code and decline code, or None when the card pays."""

    number: str
    title: str
    brand: str = "visa"
    decline: tuple[str, str] | None = None
    message: str = ""
    challenge: bool = False
    available_at_once: bool = False
    disputed: bool = False
    refund_fails: bool = False
    risk: str = "normal"

    @property
    def last4(self) -> str:
        return self.number[-4:]


_DECLINED = "Your card was declined."

CARDS = (
    Card("4242424242424242", "Pays"),
    Card("5555555555554444", "Pays, with another brand", brand="mastercard"),
    Card("4000002500003155", "Asks for 3-D Secure", challenge=True),
    Card("4000000000000002", "Is declined", decline=("card_declined", "generic_decline"), message=_DECLINED),
    Card(
        "4000000000009995",
        "Has insufficient funds",
        decline=("card_declined", "insufficient_funds"),
        message="Your card has insufficient funds.",
    ),
    Card(
        "4000000000000069",
        "Has expired",
        decline=("expired_card", "expired_card"),
        message="Your card has expired.",
    ),
    Card("4000000000000077", "Pays, available at once", available_at_once=True),
    Card("4000000000000259", "Pays, then is disputed", disputed=True),
    Card("4000000000009235", "Pays, with a raised risk of fraud", risk="elevated"),
    Card("4000000000007726", "Pays, but a refund fails later", refund_fails=True),
)
_BY_NUMBER = {card.number: card for card in CARDS}


def find_card(number: str) -> Card | None:
    """Return the test card with this number, however it is spaced, or None for any other card."""
    return _BY_NUMBER.get("".join(character for character in number if character not in " -"))
