"""Coupons and promotions in the words of the portal and the console."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from app.ui.formats import money, percent
from kit.money import Money
from pricing.coupons import CouponView
from pricing.promotions import PromotionView

MOST_LINES = 20


def discount_words(kind: str, value: int, currency: str) -> str:
    """What comes off, such as: 12.5%, or $5.00."""
    if kind == "amount":
        return money(Money(value, currency))
    return percent(value, 0 if value % 100 == 0 else 2)


def scope_words(view: CouponView | PromotionView) -> str:
    """What it is for, in a few words."""
    return view.scope_title or "Everything"


def bag_of(sent: Mapping[str, str]) -> dict[UUID, int]:
    """The goods of a simulated bag, from fields that are named after their variants. What is no quantity
    from 1 to 99 leaves the bag."""
    bag = {}
    for name, typed in sent.items():
        if name.startswith("q-") and typed.strip().isdecimal() and len(typed) < 4:
            try:
                key = UUID(name[2:])
            except ValueError:
                continue
            if 1 <= int(typed) <= 99:
                bag[key] = int(typed)
    return dict(list(bag.items())[:MOST_LINES])
