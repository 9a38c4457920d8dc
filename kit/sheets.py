"""What a cell of a table has to look like so that a spreadsheet takes it for what it is."""

from __future__ import annotations


def harmless(cell: str) -> str:
    """A text that no sheet takes for a formula: one that begins like it gets an apostrophe before it."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
