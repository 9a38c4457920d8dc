"""Two stores live through anything that may happen to prices, in any order.

After each step, what shops ask is what the book says, each price explains itself, and no page of the
cache outlives its prices. Each order line is worked out again: nothing lies under its floor but by what
the company gives, and margins are exact.

``STORY_STEPS`` says how many steps are taken at least; the suite takes some hundreds, ``make story`` ten
thousand.
"""

from __future__ import annotations

import os
import sys
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.story.promises import Promises
from tests.story.rush import Rush
from tests.world import Installation

STEPS = int(os.environ.get("STORY_STEPS", "500"))
_EXAMPLES, _LENGTH = 10, 50


class Story(Rush, Promises):
    """Whatever the company, two partners and their shoppers may do."""


def test_two_stores_live_through_anything(
    installation: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    saw = Counter[str]()
    machine = type("Story", (Story,), {"installation": installation, "saw": saw})
    while saw["step"] < STEPS:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=_EXAMPLES,
                stateful_step_count=_LENGTH,
                database=None,
                phases=(Phase.generate, Phase.shrink) if STEPS < 5000 else (Phase.generate,),
                print_blob=True,
                suppress_health_check=list(HealthCheck),
            ),
        )
    if "STORY_STEPS" in os.environ:
        with capsys.disabled():
            sys.stdout.write("".join(f"{count:8,} {what}\n" for what, count in saw.most_common()))
    # A story in which nothing happens would prove nothing.
    assert {"order", "order in a rush", "reduced price", "refused under the floor"} <= set(saw)
    if STEPS >= 5000:
        assert {
            "order with a coupon", "order with a promotion", "line under its floor by the company",
            "price changed in the bag", "code refused", "event price", "paused",
        } <= set(+saw)  # fmt: skip
