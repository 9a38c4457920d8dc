"""Amounts of money: whole minor units in an ISO 4217 currency, never floats."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import total_ordering

# ISO 4217 gives most currencies two decimals; these are the ones that differ.
_ZERO_DECIMALS = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split())
_THREE_DECIMALS = frozenset("BHD IQD JOD KWD LYD OMR TND".split())
# ISO 4217's code where no currency is meant: of a value in percent, of an empty bag, of plain numbers.
NO_CURRENCY = "XXX"
_LARGEST_MINOR = 9_007_199_254_740_991  # Stripe and JSON readers keep integers exact up to 2**53 - 1.


class MixedCurrencies(ValueError):
    """Two amounts of different currencies were combined; there is no implicit exchange."""


class NotAnAmount(ValueError):
    """A text is not an amount of its currency."""


def decimals(currency: str) -> int:
    """Return how many decimals the currency's minor unit has (0, 2 or 3).

    Raises ValueError when ``currency`` is not three capital letters.
    """
    if len(currency) != 3 or not currency.isascii() or not currency.isalpha() or not currency.isupper():
        raise ValueError(f"{currency!r} is not an ISO 4217 currency code such as USD")
    if currency in _ZERO_DECIMALS:
        return 0
    return 3 if currency in _THREE_DECIMALS else 2


@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units of one currency. ``Money(1250, "USD")`` is 12.50 US dollars."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError("Money takes whole minor units as an int")
        decimals(self.currency)

    @classmethod
    def zero(cls, currency: str) -> Money:
        return cls(0, currency)

    @classmethod
    def parse(cls, text: str, currency: str) -> Money:
        """Read a plain decimal such as ``"12.50"`` (dot as decimal mark, no grouping).

        Raises NotAnAmount when the text is no number, is not finite, or has more decimals than
        the currency. Locale-aware reading of what a person typed is done at the edge.
        """
        places = decimals(currency)
        try:
            number = Decimal(text.strip())
        except InvalidOperation:
            raise NotAnAmount(f"{text.strip()!r} is not an amount") from None
        if not number.is_finite():
            raise NotAnAmount(f"{text.strip()!r} is not an amount")
        scaled = number.scaleb(places)
        if abs(scaled) > _LARGEST_MINOR:
            raise NotAnAmount(f"{text.strip()!r} is too large")
        if scaled != scaled.to_integral_value():
            raise NotAnAmount(f"{text.strip()!r} has more than the {places} decimals of {currency}")
        return cls(int(scaled), currency)

    @property
    def decimal(self) -> Decimal:
        """The amount in major units, exact, with the currency's decimals."""
        return Decimal(self.minor).scaleb(-decimals(self.currency))

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise MixedCurrencies(f"{self.currency} and {other.currency} cannot be combined")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __mul__(self, factor: int) -> Money:
        if type(factor) is not int:
            raise TypeError("Money is multiplied by whole numbers; use `share` for rates")
        return Money(self.minor * factor, self.currency)

    __rmul__ = __mul__

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.minor < other.minor

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        return f"{self.currency} {self.decimal}"

    def share(self, basis_points: int) -> Money:
        """Return this rate of the amount, rounded half away from zero to the minor unit."""
        return Money(round_half_up(self.minor * basis_points, 10_000), self.currency)

    def split(self, weights: Sequence[int]) -> list[Money]:
        """Divide into parts in the ratio of the weights; the parts always sum to the whole.

        Whole units are dealt first; what remains goes one unit each to the parts with the largest
        fraction, the earlier part first on a tie. Raises ValueError for negative weights, or when
        all weights are zero.
        """
        total = sum(weights)
        if total <= 0 or any(weight < 0 for weight in weights):
            raise ValueError("split needs weights that are not negative and not all zero")
        sign = -1 if self.minor < 0 else 1
        shares = [divmod(abs(self.minor) * weight, total) for weight in weights]
        left = abs(self.minor) - sum(whole for whole, _ in shares)
        by_fraction = sorted(range(len(shares)), key=lambda index: (-shares[index][1], index))
        extra = set(by_fraction[:left])
        return [
            Money(sign * (whole + (index in extra)), self.currency) for index, (whole, _) in enumerate(shares)
        ]


def total(amounts: Iterable[Money], currency: str) -> Money:
    """Add amounts up; an empty sum is zero of ``currency``. Raises MixedCurrencies."""
    result = Money.zero(currency)
    for amount in amounts:
        result += amount
    return result


def round_half_up(numerator: int, denominator: int) -> int:
    """Divide two integers, rounding a half away from zero. ``denominator`` is positive."""
    magnitude, rest = divmod(abs(numerator), denominator)
    magnitude += 2 * rest >= denominator
    return -magnitude if numerator < 0 else magnitude


def ceil_div(numerator: int, denominator: int) -> int:
    """Divide two integers, rounding up. ``denominator`` is positive."""
    return -(-numerator // denominator)


def basis_points(text: str) -> int:
    """Read a percentage such as ``"106.5"`` as basis points (10650).

    Raises NotAnAmount when the text is no number or has more than two decimals.
    """
    try:
        number = Decimal(text.strip().removesuffix("%").strip())
    except InvalidOperation:
        raise NotAnAmount(f"{text.strip()!r} is not a percentage") from None
    if not number.is_finite() or abs(number) > 1_000_000:
        raise NotAnAmount(f"{text.strip()!r} is not a percentage")
    scaled = number.scaleb(2)
    if scaled != scaled.to_integral_value():
        raise NotAnAmount(f"{text.strip()!r} has more than two decimals")
    return int(scaled.to_integral_value(ROUND_HALF_UP))
