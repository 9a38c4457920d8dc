"""What comes off a cart: the coupon or promotion that its code names, and promotions that need none.

Everything that decides it comes with the cart's own reading, in one snapshot with the prices. Uses are
counted from orders: one that was not paid in time, or whose payment failed, is no use, and what an unpaid
order of this very cart uses is not lost to its shopper.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from kit.money import Money
from orders.view import CartDiscount, CodeProblem
from pricing.discounts import Discount, Discounts, Goods, smallest_charge, work_out
from pricing.offers import in_force
from pricing.reading import terms_of
from pricing.rules import Terms

_USES = """
    SELECT count(*) FROM order_discounts d
      JOIN orders o ON o.partner_id = d.partner_id AND o.order_id = d.order_id
     WHERE d.partner_id = :partner_id AND o.partner_id = :partner_id AND o.store_id = :store_id
       AND d.discount_id = {discount} AND o.payment NOT IN ('expired', 'failed')
       AND NOT (o.cart_id = :{cart} AND o.payment = 'awaiting')
"""
# One that was withdrawn still says when that was, unless the code was given to another since.
_COUPON = """
    (SELECT jsonb_build_array(k.coupon_id, k.code, k.code, k.kind, k.value, NULL, k.scope, k.scope_id,
            CAST('[]' AS jsonb), lower(k.valid), least(upper(k.valid), k.withdrawn_at), k.smallest_order, 0,
            k.most_uses, k.most_per_customer, CASE WHEN k.most_uses IS NOT NULL THEN ({uses}) END)
       FROM coupons k
      WHERE k.partner_id = :partner_id AND k.store_id = :store_id AND k.code = {code}
      ORDER BY k.withdrawn_at DESC NULLS FIRST LIMIT 1)
"""
_PROMOTIONS = """
    (SELECT jsonb_agg(jsonb_build_array(m.promotion_id, m.name, m.code, m.kind, m.value, m.currency, m.scope,
            m.scope_id, m.price_lists, lower(m.valid), least(upper(m.valid), m.withdrawn_at), NULL,
            m.limit_bps, m.most_per_store, m.most_per_customer,
            CASE WHEN m.most_per_store IS NOT NULL THEN ({uses}) END) ORDER BY m.promotion_id)
       FROM promotions m WHERE {which})
"""


def _of_coupon(code: str, cart: str) -> str:
    return _COUPON.format(code=code, uses=_USES.format(discount="k.coupon_id", cart=cart))


def _of_promotions(which: str, cart: str) -> str:
    return _PROMOTIONS.format(which=which, uses=_USES.format(discount="m.promotion_id", cart=cart))


_ITS_CODE = "(SELECT c.code FROM carts c WHERE c.partner_id = :partner_id AND c.cart_id = :choice)"
_BY_ITSELF = "(m.code IS NULL AND m.valid @> CAST(:now AS timestamptz) AND m.withdrawn_at IS NULL)"
# What a reading of a cart brings for its discounts.
COLUMNS = f""",
    {_ITS_CODE} AS code, {_of_coupon(_ITS_CODE, "choice")} AS coupon,
    {_of_promotions(f"{_BY_ITSELF} OR m.code = {_ITS_CODE}", "choice")} AS promotions,
    ARRAY(SELECT m.collection_id FROM collection_products m WHERE m.product_id = pr.product_id) AS collections
"""  # noqa: S608 - constant text
_BY_CODE = text(
    f"SELECT {_of_coupon(':code', 'cart_id')} AS coupon,"
    f" {_of_promotions('m.code = :code', 'cart_id')} AS promotions"
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A coupon or promotion with what decides whether a cart gets it. ``used`` counts its uses in the
    store, and is None where they are not limited."""

    discount: Discount
    begins: datetime
    ends: datetime | None
    currency: str | None
    price_lists: frozenset[UUID]
    smallest_order: int | None
    most: int | None
    most_per_customer: int | None
    used: int | None


@dataclass(frozen=True, slots=True)
class Offers:
    """What a cart could get: what its code names, and the promotions that need no code."""

    code: str
    named: tuple[Offer, ...]
    by_itself: tuple[Offer, ...]

    @property
    def limited_by_customer(self) -> list[UUID]:
        """Those of which each customer gets a few only."""
        both = (*self.named, *self.by_itself)
        return [offer.discount.discount_id for offer in both if offer.most_per_customer is not None]


def offers_of(rows: Sequence[Row[Any]]) -> Offers:
    """What the reading of a cart brought."""
    if not rows:
        return Offers("", (), ())
    return _offers(rows[0].code or "", rows[0])


def offers_by_code(
    session: Session, rows: Sequence[Row[Any]], *, partner_id: UUID, store_id: UUID, cart_id: UUID, code: str
) -> Offers:
    """What the same cart could get with another code."""
    found = session.execute(
        _BY_CODE, {"partner_id": partner_id, "store_id": store_id, "cart_id": cart_id, "code": code}
    ).one()
    return Offers(code, _offers(code, found).named, offers_of(rows).by_itself)


def _offers(code: str, row: Row[Any]) -> Offers:
    coupon = [_offer("partner", *row.coupon)] if row.coupon else []
    promotions = [_offer("company", *item) for item in row.promotions or ()]
    named = [offer for offer in promotions if offer.discount.code]
    # Of promotions that had this code, the last one is meant; a coupon of the store's own comes first.
    named.sort(key=lambda offer: (offer.ends is None, offer.ends or offer.begins), reverse=True)
    return Offers(
        code,
        tuple((coupon or named)[:1]),
        tuple(offer for offer in promotions if not offer.discount.code),
    )


def _offer(funder: Any, *values: Any) -> Offer:
    key, name, code, kind, value, currency, scope, scope_id, lists, begins, ends, *limits = values
    smallest, limit_bps, most, most_per_customer, used = limits
    return Offer(
        discount=Discount(UUID(key), funder, name, code or "", kind, value, scope, UUID(scope_id), limit_bps),
        begins=datetime.fromisoformat(begins),
        ends=datetime.fromisoformat(ends) if ends else None,
        currency=currency,
        price_lists=frozenset(UUID(item) for item in lists),
        smallest_order=smallest,
        most=most,
        most_per_customer=most_per_customer,
        used=used,
    )


def goods_of(rows: Sequence[Row[Any]]) -> list[Goods]:
    """The cart's lines as discounts see them. A line that cannot be sold costs nothing here."""
    return [_goods(row, terms_of(row)) for row in rows]


def _goods(row: Row[Any], terms: Terms) -> Goods:
    found = in_force(row, terms)
    if found is None:
        return Goods(row.product_id, frozenset(), 0, 0, 0)
    many = row.quantity
    return Goods(
        product_id=row.product_id,
        collections=frozenset(row.collections),
        amount=found.price * many,
        lowest=found.lowest * many,
        wholesale=found.wholesale * many,
    )


def discounts_of(
    rows: Sequence[Row[Any]],
    offers: Offers,
    *,
    now: datetime,
    used_by_customer: Mapping[UUID, int] | None = None,
) -> tuple[tuple[CartDiscount, ...], CodeProblem | None]:
    """What comes off the cart's lines, and why its code takes nothing off, where it does not.

    ``used_by_customer`` counts the customer's own uses, once it has said who it is.
    """
    if not rows or not (offers.code or offers.by_itself):
        return (), None
    terms, lines = terms_of(rows[0]), goods_of(rows)
    state = _State(terms, rows[0].price_list_id, lines, now, used_by_customer or {})
    named = next(iter(offers.named), None)
    problem = state.problem(offers.code, named) if offers.code else None
    coupon = promotion = None
    if named is not None and problem is None:
        coupon, promotion = _sorted(named.discount)
    by_itself = [item.discount for item in offers.by_itself if state.problem("", item) is None]
    found = work_out(
        lines,
        terms=terms,
        coupon=coupon,
        # The one that was named comes first, so that it is taken where another gives the same.
        promotions=[promotion, *by_itself] if promotion else by_itself,
        least=smallest_charge(terms.currency),
    )
    if named is not None and problem is None:
        problem = _without_effect(offers.code, named.discount, found)
    shown = tuple(
        CartDiscount(
            funder=item.discount.funder,
            discount_id=item.discount.discount_id,
            name=item.discount.name,
            code=item.discount.code,
            amount=Money(item.amount, terms.currency),
            asked=Money(item.asked, terms.currency),
            parts=item.parts,
        )
        for item in found.given
    )
    return shown, problem


def _sorted(named: Discount) -> tuple[Discount | None, Discount | None]:
    return (named, None) if named.funder == "partner" else (None, named)


def _without_effect(code: str, named: Discount, found: Discounts) -> CodeProblem | None:
    """Why a code that may be used takes nothing off."""
    if any(item.discount.discount_id == named.discount_id for item in found.given):
        return None
    better = named.funder == "company" and found.promotion is not None
    return CodeProblem(code, "better_offer" if better else "lowest")


@dataclass(frozen=True, slots=True)
class _State:
    """What offers are judged by."""

    terms: Terms
    price_list_id: UUID
    lines: Sequence[Goods]
    now: datetime
    used_by_customer: Mapping[UUID, int]

    def problem(self, code: str, offer: Offer | None) -> CodeProblem | None:
        """Why this cart does not get an offer now, the reason that can be mended last first."""
        if offer is None or self._elsewhere(offer):
            return CodeProblem(code, "unknown")
        if offer.ends is not None and offer.ends <= self.now:
            return CodeProblem(code, "ended", moment=offer.ends)
        if offer.begins > self.now:
            return CodeProblem(code, "not_begun", moment=offer.begins)
        if offer.most is not None and (offer.used or 0) >= offer.most:
            return CodeProblem(code, "used_up")
        mine = self.used_by_customer.get(offer.discount.discount_id, 0)
        if offer.most_per_customer is not None and mine >= offer.most_per_customer:
            return CodeProblem(code, "used_by_customer", times=offer.most_per_customer)
        if not any(line.amount and offer.discount.covers(line) for line in self.lines):
            return CodeProblem(code, "not_for_these")
        missing = (offer.smallest_order or 0) - sum(line.amount for line in self.lines)
        if missing > 0:
            return CodeProblem(code, "too_small", amount=Money(missing, self.terms.currency))
        return None

    def _elsewhere(self, offer: Offer) -> bool:
        """Whether it is for stores of another currency, or of other price lists."""
        if offer.currency is not None and offer.currency != self.terms.currency:
            return True
        return bool(offer.price_lists) and self.price_list_id not in offer.price_lists


_COUNTED = text("""
    SELECT d.discount_id, count(*) AS uses, count(*) FILTER (WHERE lower(o.email) = :email) AS mine
      FROM order_discounts d
      JOIN orders o ON o.partner_id = d.partner_id AND o.order_id = d.order_id
     WHERE d.partner_id = :partner_id AND o.partner_id = :partner_id AND o.store_id = :store_id
       AND d.discount_id = ANY(CAST(:discounts AS uuid[])) AND o.payment NOT IN ('expired', 'failed')
       AND NOT (o.cart_id = :cart_id AND o.payment = 'awaiting')
     GROUP BY d.discount_id
""")


def count_uses(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    cart_id: UUID,
    discounts: Sequence[UUID],
    email: str,
) -> dict[UUID, tuple[int, int]]:
    """How often discounts were used in a store, and how often by the customer of this e-mail address.

    What an unpaid order of the cart uses does not count.
    """
    rows = session.execute(
        _COUNTED,
        {
            "partner_id": partner_id,
            "store_id": store_id,
            "cart_id": cart_id,
            "discounts": list(discounts),
            "email": email.strip().lower(),
        },
    )
    return {row.discount_id: (row.uses, row.mine) for row in rows}


def limited(offers: Offers, given: Sequence[CartDiscount]) -> list[Offer]:
    """Those discounts of a cart that may be used a limited number of times."""
    mine = {item.discount_id for item in given}
    return [
        offer
        for offer in (*offers.named, *offers.by_itself)
        if offer.discount.discount_id in mine and (offer.most, offer.most_per_customer) != (None, None)
    ]


def over_limit(offer: Offer, uses: int, mine: int) -> bool:
    """Whether an offer was used as often as it may be, by everybody or by this customer."""
    return (offer.most is not None and uses >= offer.most) or (
        offer.most_per_customer is not None and mine >= offer.most_per_customer
    )
