"""What an address asks of a list: filters and sort, read from it and written back into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from kit.money import Money
from pricing.listing import ProductListing, VariantListing
from pricing.narrowing import Facet, Wanted, key_of

PAGE = 24
SORTS = ("featured", "newest", "price", "-price", "title")
_MOST_SHOWN = 40 * PAGE
_MOST_CHOSEN = 60
_OPTION = "o-"
_CACHED_CHOICES = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks. ``low`` and ``high`` are prices in minor units, ``shown`` how many to show."""

    wanted: Wanted = field(default_factory=Wanted)
    low: int | None = None
    high: int | None = None
    sort: str = "featured"
    shown: int = PAGE

    @property
    def by_price(self) -> bool:
        return self.low is not None or self.high is not None

    @property
    def filtered(self) -> bool:
        return bool(self.wanted.options) or self.wanted.in_stock or self.by_price

    @property
    def cacheable(self) -> bool:
        """Whether the page is worth remembering: few are asked for again that are this special."""
        return not self.by_price and sum(map(len, self.wanted.options.values())) <= _CACHED_CHOICES

    def pairs(self, *, shown: int = PAGE, currency: str = "USD") -> list[tuple[str, str]]:
        """The address's query, in one order."""
        pairs = [
            (f"{_OPTION}{group}", value)
            for group in sorted(self.wanted.options)
            for value in sorted(self.wanted.options[group])
        ]
        for name, amount in (("min", self.low), ("max", self.high)):
            if amount is not None:
                pairs.append((name, _plain(amount, currency)))
        if self.wanted.in_stock:
            pairs.append(("in_stock", "1"))
        if self.sort != "featured":
            pairs.append(("sort", self.sort))
        if shown != PAGE:
            pairs.append(("shown", str(shown)))
        return pairs


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on: what it says, and the address without it. ``kind`` is option, low, high, stock."""

    kind: str
    text: str
    amount: Money | None
    url: str


def read_asked(args: MultiDict[str, str], currency: str) -> Asked:
    """Read what an address asks. Whatever it does not know, and whatever is no price, asks for nothing."""
    options: dict[str, set[str]] = {}
    taken = 0
    for name in args:
        if not name.startswith(_OPTION):
            continue
        group = key_of(name[len(_OPTION) : 80])
        for value in args.getlist(name):
            if taken < _MOST_CHOSEN and (key := key_of(value[:80])) and group:
                options.setdefault(group, set()).add(key)
                taken += 1
    sort = args.get("sort", "featured")
    return Asked(
        Wanted({group: frozenset(values) for group, values in options.items()}, args.get("in_stock") == "1"),
        _amount(args.get("min", ""), currency),
        _amount(args.get("max", ""), currency),
        sort if sort in SORTS else "featured",
        _shown(args.get("shown", "")),
    )


def address(path: str, asked: Asked, before: Mapping[str, str], *, currency: str, shown: int = PAGE) -> str:
    """The address of a list as it is asked for; ``before`` is what else stands in its query."""
    pairs = [*before.items(), *asked.pairs(shown=shown, currency=currency)]
    return f"{path}?{urlencode(pairs)}" if pairs else path


def chips(
    path: str, asked: Asked, facets: tuple[Facet, ...], before: Mapping[str, str], *, currency: str
) -> list[Chip]:
    """What is on, each with the address that takes it off alone."""
    found = []

    def without(other: Asked) -> str:
        return address(path, other, before, currency=currency)

    for facet in facets:
        for choice in facet.choices:
            if choice.chosen:
                left = {**asked.wanted.options, facet.key: asked.wanted.options[facet.key] - {choice.key}}
                rest = replace(asked.wanted, options={key: values for key, values in left.items() if values})
                found.append(Chip("option", choice.value, None, without(replace(asked, wanted=rest))))
    if asked.low is not None:
        found.append(Chip("low", "", Money(asked.low, currency), without(replace(asked, low=None))))
    if asked.high is not None:
        found.append(Chip("high", "", Money(asked.high, currency), without(replace(asked, high=None))))
    if asked.wanted.in_stock:
        rest = replace(asked.wanted, in_stock=False)
        found.append(Chip("stock", "", None, without(replace(asked, wanted=rest))))
    return found


def in_range(product: ProductListing, asked: Asked) -> frozenset[tuple[str, ...]]:
    """The options of those variants whose price lies in the range that is asked for."""
    return frozenset(variant.options for variant in product.variants if _fits(variant, asked))


def _fits(variant: VariantListing, asked: Asked) -> bool:
    if variant.price is None:
        return False
    price = variant.price.minor
    return (asked.low is None or price >= asked.low) and (asked.high is None or price <= asked.high)


def sorted_products(products: list[ProductListing], sort: str) -> list[ProductListing]:
    """Products in another order than the list's own."""
    if sort in ("price", "-price"):
        return sorted(products, key=lambda item: item.prices[0].minor, reverse=sort == "-price")
    return products


def _amount(text: str, currency: str) -> int | None:
    text = text.strip()[:20].replace(",", ".")
    try:
        amount = Money.parse(text, currency).minor
    except ValueError:
        return None
    return amount if 0 <= amount < 10**12 else None


def _plain(amount: int, currency: str) -> str:
    return str(Money(amount, currency).decimal)


def _shown(text: str) -> int:
    """How many to show: whole pages, so that few addresses differ."""
    count = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else PAGE
    return min(max(-(-count // PAGE) * PAGE, PAGE), _MOST_SHOWN)
