"""What stands in a cell of a table."""

from __future__ import annotations


class Number(str):
    """A cell that the file itself calls a number, as a plain decimal: whatever the reader's marks for
    decimals and thousands are, this one is clear."""

    __slots__ = ()


class Formula(str):
    """A cell that is worked out from others. What it came to when the file was saved may be stale."""

    __slots__ = ()


Cells = list[str]
