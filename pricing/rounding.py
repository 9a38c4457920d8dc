"""Endings of retail prices, such as .99. Rounding that would pass a limit goes up instead."""

from __future__ import annotations

from kit.money import ceil_div, decimals

_ENDINGS = {"99": 99, "95": 95, "90": 90, "00": 0}
_STEPS = {"nearest_5": 5, "nearest_10": 10}


def round_price(minor: int, rounding: str, *, floor: int, currency: str) -> int:
    """Return the price nearest to ``minor`` with the ending asked for, never below ``floor``.

    Amounts are minor units. An ending is the last hundredth part of a major unit: with three
    decimals, .99 is 990; a currency without decimals has no such ending, and its price only has to
    reach the floor. A tie goes up. When the nearest allowed ending is below the floor, the next one
    above is taken.
    """
    found = _grid(rounding, currency)
    if found is None:
        return max(minor, floor)
    step, ending = found
    below = (minor - ending) // step * step + ending
    nearest = below if minor - below < below + step - minor else below + step
    if nearest < floor or nearest <= 0:
        nearest = ceil_div(max(floor, 1) - ending, step) * step + ending
    return nearest


def round_down(minor: int, rounding: str, *, floor: int, currency: str) -> int:
    """Return the highest price with the ending asked for that is not above ``minor``.

    Where that is below ``floor``, no price in between has the ending, and it is ``minor`` itself.
    """
    found = _grid(rounding, currency)
    if found is None:
        return minor
    step, ending = found
    below = (minor - ending) // step * step + ending
    return below if below >= max(floor, 1) else minor


def _grid(rounding: str, currency: str) -> tuple[int, int] | None:
    """How far prices with an ending are apart, and where they lie; None where every price will do."""
    if rounding in _STEPS:
        return _STEPS[rounding], 0
    if rounding in _ENDINGS and decimals(currency) >= 2:
        step = 10 ** decimals(currency)
        return step, _ENDINGS[rounding] * step // 100
    return None
