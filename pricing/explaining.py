"""Why a listing costs what it costs: everything that its price at one moment was made from.

It is read with the statement that prices are read with and worked out by the functions that work
them out, so that an explanation is of the price that shoppers see, and not of a second opinion.

Retail rules and wholesale prices keep their periods, so that any moment can be asked for. The
smallest margin, tax, the partner's price list and its standing choice keep none: a price of the past
is judged by today's, and whoever shows it has to say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import Session

from kit.errors import NotFound
from kit.money import Money
from pricing.offers import InForce, event_wholesale, in_force
from pricing.reading import VARIANTS, Selection, read_prices, rule_of, terms_of
from pricing.rounding import round_price
from pricing.rules import Rule, Steps, Terms, price_steps

# Which of the two lists a wholesale price came from is told by its period and amount; where both hold
# the same, it is the partner's own, as for the price itself.
EXPLAINED = Selection(
    VARIANTS.found,
    only=VARIANTS.only,
    keep_hidden=True,
    columns="""
       , lower(w.valid) AS wholesale_since
       , (SELECT jsonb_build_array(l.name, x.price_list_id = terms.price_list_id, x.reason)
            FROM wholesale_prices x JOIN price_lists l ON l.price_list_id = x.price_list_id
           WHERE x.variant_id = v.variant_id AND x.currency = terms.currency
             AND x.price_list_id IN (terms.price_list_id, terms.default_list_id)
             AND x.valid = w.valid AND x.amount = w.amount
           ORDER BY x.price_list_id = terms.price_list_id DESC LIMIT 1) AS wholesale_from
       , (SELECT l.name FROM price_lists l WHERE l.price_list_id = terms.price_list_id) AS own_list
       , lower(r.valid) AS rule_since, upper(r.valid) AS rule_until, r.actor AS rule_actor
       , (SELECT n.title FROM collections n
           WHERE r.scope = 'collection' AND n.collection_id = r.scope_id) AS collection
    """,
)


@dataclass(frozen=True, slots=True)
class UsedRule:
    """The rule that priced a listing. ``name`` is the title of its collection, product or variant, and
    empty for the store's. It is in force from ``since``, and until ``until`` unless that is None.
    A ``planned`` one lies over the standing rule of its scope for that time.
    ``actor`` is who set it, as recorded: show it to nobody without ``tenants.actors``."""

    rule_id: UUID
    rule: Rule
    name: str
    since: datetime
    until: datetime | None
    planned: bool
    actor: str


@dataclass(frozen=True, slots=True)
class UsedWholesale:
    """The wholesale price in force. ``price_list`` names the list that it stands in; without ``own``
    that is the default list, because the partner's, ``own_list``, has none. ``reason`` is why it was
    set, in the words of the company's staff."""

    amount: Money
    price_list: str
    own: bool
    own_list: str
    since: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class UsedEvent:
    """The sale event that the store takes part in, which lowers wholesale until ``ends``. ``off_bps`` is
    its cut of wholesale, ``pass_on_bps`` the share of that saving which the price is lowered by."""

    name: str
    off_bps: int
    pass_on_bps: int
    ends: datetime


@dataclass(frozen=True, slots=True)
class UsedSale:
    """The store's own sale, in basis points of the price. ``ends`` is None for one without an end."""

    off_bps: int
    ends: datetime | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """How one listing is priced at the moment ``at``.

    ``rule`` or ``wholesale`` is None where there was none, and then there are no ``steps`` and no
    price. ``steps`` come to the regular price, and ``figures`` tell what ``event`` and ``sale`` make of
    it; these are None where the listing is paused. ``ceiling`` is the company's, None for none.
    ``state`` is the product's today: draft, active or archived; ``hidden`` says that the partner keeps
    it out of the store today. ``past`` says that ``at`` lies behind the moment of asking, so that
    ``terms`` are younger than the price that they judge.
    """

    at: datetime
    past: bool
    variant_id: UUID
    product_id: UUID
    sku: str
    product: str
    variant: str
    state: str
    hidden: bool
    terms: Terms
    rule: UsedRule | None
    wholesale: UsedWholesale | None
    steps: Steps | None
    ceiling: Money | None
    event: UsedEvent | None
    sale: UsedSale | None
    figures: InForce | None

    @property
    def name(self) -> str:
        """The product with its variant, such as: Mug, Oat."""
        return f"{self.product}, {self.variant}" if self.variant else self.product

    @property
    def price(self) -> Money | None:
        """What shoppers pay for a unit, before delivery; None while it has no price."""
        return None if self.figures is None else self.money(self.figures.price)

    @property
    def cost(self) -> Money | None:
        """What the company takes for a unit at this moment, in an event less than its list says."""
        if self.wholesale is None:
            return None
        cut = self.event.off_bps if self.event else 0
        return self.money(event_wholesale(self.wholesale.amount.minor, cut))

    @property
    def floor(self) -> Money | None:
        """The lowest price allowed, as the store shows it; None without a wholesale price."""
        return None if self.cost is None else self.money(self.terms.lowest(self.cost.minor))

    @property
    def earn(self) -> Money | None:
        """What the partner earns on a unit: the price without tax, less what the company takes."""
        if self.price is None or self.cost is None:
            return None
        return self.money(self.terms.net(self.price.minor)) - self.cost

    @property
    def tax(self) -> Money | None:
        """The highest tax that can lie in the price, in stores that show prices with tax."""
        return None if self.price is None else self.price - self.money(self.terms.net(self.price.minor))

    @property
    def overtaken(self) -> bool:
        """Whether a fixed price lay under the floor, so that the standing choice treated it."""
        return (
            self.rule is not None
            and self.steps is not None
            and self.rule.rule.method == "fixed"
            and self.steps.target < self.steps.floor
        )

    @property
    def lifted(self) -> bool:
        """Whether the price was raised to the floor, after the standing choice if there was one."""
        return self.steps is not None and self.steps.raised != self.steps.treated

    @property
    def rounded_up(self) -> bool:
        """Whether rounding went up because the nearest ending lies under the floor."""
        if self.rule is None or self.steps is None or self.steps.raised is None:
            return False
        nearest = round_price(
            self.steps.raised, self.rule.rule.rounding, floor=0, currency=self.terms.currency
        )
        return self.rule.rule.method != "fixed" and nearest < self.steps.floor

    @property
    def capped(self) -> bool:
        """Whether the company's ceiling lowered what the rule came to."""
        return self.steps is not None and self.steps.price != self.steps.rounded

    def money(self, minor: int) -> Money:
        return Money(minor, self.terms.currency)


def explain(
    session: Session, *, partner_id: UUID, store_id: UUID, variant_id: UUID, at: datetime, now: datetime
) -> Explanation:
    """Return how a store prices a variant at a moment, which may lie behind or ahead of ``now``.

    What is scheduled for the moment counts, of sale events what the partner may know of at ``now``;
    today's settings judge it. Raises NotFound when there is
    no such variant or the store is not the partner's.
    """
    rows = read_prices(
        session,
        partner_id=partner_id,
        store_id=store_id,
        now=at,
        selection=EXPLAINED,
        choice=[variant_id],
        asked=now,
    )
    if not rows:
        raise NotFound("There is no such product in this store.")
    return _explanation(rows[0], at, past=at < now)


def _explanation(row: Row[Any], at: datetime, *, past: bool) -> Explanation:
    terms, rule = terms_of(row), rule_of(row)
    variant = ", ".join(row.options)
    names = {"variant": variant or row.title, "product": row.title, "collection": row.collection or ""}
    wholesale = used = steps = None
    if row.wholesale is not None:
        price_list, own, reason = row.wholesale_from
        amount = Money(row.wholesale, terms.currency)
        wholesale = UsedWholesale(amount, price_list, own, row.own_list, row.wholesale_since, reason)
    if rule is not None:
        name = names.get(rule.scope, "")
        used = UsedRule(
            row.rule_id, rule, name, row.rule_since, row.rule_until, row.layer == "planned", row.rule_actor
        )
    if rule is not None and wholesale is not None:
        steps = price_steps(rule, wholesale=wholesale.amount.minor, terms=terms, ceiling=row.ceiling)
    event = sale = None
    if row.event_id is not None:
        event = UsedEvent(row.event, row.event_off_bps, row.pass_on_bps, row.event_ends)
    if row.sale_off_bps is not None:
        sale = UsedSale(row.sale_off_bps, row.sale_ends)
    return Explanation(
        at=at,
        past=past,
        variant_id=row.variant_id,
        product_id=row.product_id,
        sku=row.sku,
        product=row.title,
        variant=variant,
        state=row.state,
        hidden=row.hidden,
        terms=terms,
        rule=used,
        wholesale=wholesale,
        steps=steps,
        ceiling=None if row.ceiling is None else Money(row.ceiling, terms.currency),
        event=event,
        sale=sale,
        figures=in_force(row, terms),
    )
