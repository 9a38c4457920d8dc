"""How far prices lie from their floors: any number of listings in a few columns, for a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

COLUMNS = 24
# One price in fifty may lie outside of the picture, so that a few dear things do not press all others
# together; it is counted in the last column.
_OUTSIDE = 50


@dataclass(frozen=True, slots=True)
class Spread:
    """Listings by their price less their floor, in columns of ``width`` minor units each.

    ``floor`` is the column that begins at the floor. ``columns`` maps a column's place to how many of its
    listings are under the floor, and how many are not. ``beyond`` of the last column's lie further away
    than the column is wide.
    """

    width: int
    floor: int
    columns: tuple[tuple[int, int, int], ...]
    beyond: int


def spread_of(distances: Mapping[tuple[int, bool], int]) -> Spread:
    """Put listings, counted by distance in minor units and whether they are under, into columns."""
    lowest = min((distance for distance, _ in distances), default=0)
    highest = _highest(distances)
    span = max(highest, 1) - min(lowest, 0)
    # The floor lies between two columns, so that no column holds listings of both sides.
    width = max(1, -(-span // (COLUMNS - 2)))
    floor = -(-max(-lowest, 0) // width) + (1 if lowest < 0 else 0)
    counted: dict[int, list[int]] = {}
    beyond = 0
    for (distance, under), number in distances.items():
        column = floor + distance // width
        beyond += number if column >= COLUMNS else 0
        counted.setdefault(min(max(column, 0), COLUMNS - 1), [0, 0])[not under] += number
    return Spread(
        width,
        floor,
        tuple((column, under, above) for column, (under, above) in sorted(counted.items())),
        beyond,
    )


def _highest(distances: Mapping[tuple[int, bool], int]) -> int:
    """The distance that all but the few furthest listings keep within."""
    left = sum(distances.values()) // _OUTSIDE
    for (distance, _), number in sorted(distances.items(), reverse=True):
        left -= number
        if left < 0:
            return distance
    return 0
