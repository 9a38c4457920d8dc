"""The page for operators names exactly what the program listens to."""

from __future__ import annotations

import re
from pathlib import Path

from payments.inbox import HANDLED

_PAGE = Path(__file__).parents[2] / "docs" / "going-live.md"


def test_operators_are_told_of_every_event_that_is_acted_upon() -> None:
    (block,) = re.findall(r"```\n(checkout.*?)```", _PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert tuple(block.split()) == HANDLED
