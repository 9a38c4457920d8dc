"""Purchases whose margin waits until somebody has looked: a partner's own, and those that Stripe warns of."""

from __future__ import annotations

from collections.abc import Iterable

# At these providers, dots in the first part of an address make no other address.
_DOTLESS = frozenset({"gmail.com", "googlemail.com"})
_WARNED = frozenset({"elevated", "highest"})


def mailbox(email: str) -> str:
    """The mailbox behind an address: in small letters, without a tag after a plus sign, and without dots
    where they do not count."""
    name, _, domain = email.strip().lower().partition("@")
    name = name.partition("+")[0]
    if domain in _DOTLESS:
        name, domain = name.replace(".", ""), "gmail.com"
    return f"{name}@{domain}"


def suspicions(*, email: str, own: Iterable[str], risk: str) -> dict[str, str]:
    """Why a purchase's margin is to be held, by the kind of hold; nothing for nearly all.

    ``own`` are the addresses of the partner's people, ``risk`` is Stripe's level for the payment.
    """
    found = {}
    if mailbox(email) in {mailbox(one) for one in own}:
        found["own_purchase"] = "Bought with the e-mail address of one of the partner's own people."
    if risk in _WARNED:
        found["risk"] = f"Stripe sees {'a very high' if risk == 'highest' else 'a raised'} risk of fraud."
    return found
