"""docs/prices.md tells what the program does: every worked example in it is worked here.

The examples stand in the guide between ``<!-- example NAME -->`` and ``<!-- end -->``. ``make guide``
writes them anew; without it, one that says anything else than the program does fails.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.guide.examples import EXAMPLES
from tests.world import World

GUIDE = Path(__file__).parents[2] / "docs" / "prices.md"
_BLOCK = re.compile(r"(<!-- example ([\w-]+) -->\n)(.*?)(\n<!-- end -->)", re.DOTALL)


def told() -> dict[str, str]:
    return {name: body.strip() for _, name, body, _ in _BLOCK.findall(GUIDE.read_text())}


def test_the_guide_has_every_example_once() -> None:
    names = [found[1] for found in _BLOCK.findall(GUIDE.read_text())]
    assert sorted(names) == sorted(EXAMPLES)


@pytest.mark.xdist_group("guide")
@pytest.mark.parametrize("name", EXAMPLES)
def test_the_guide_says_what_happens(world: World, name: str) -> None:
    made = EXAMPLES[name](world)
    if os.environ.get("AWNING_WRITE_GUIDE"):
        written = _BLOCK.sub(
            lambda found: f"{found[1]}\n{made}\n{found[4]}" if found[2] == name else found[0],
            GUIDE.read_text(),
        )
        GUIDE.write_text(written)
        return
    assert told()[name] == made.strip()
