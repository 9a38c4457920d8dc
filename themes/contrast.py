"""Whether a colour that was chosen can be read on what it stands on, and the nearest one that can."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from themes.colour import TEXT, contrast, toward
from themes.settings import Setting
from themes.tokens import Look


@dataclass(frozen=True, slots=True)
class Readability:
    """What a colour reaches on ``ground``, of the contrast that is needed. ``nearest`` passes."""

    ground: str
    reached: float
    needed: float
    nearest: str

    @property
    def passes(self) -> bool:
        return self.reached >= self.needed


def readability(shown: Look, setting: Setting, colour: Any) -> Readability | None:
    """Judge a colour setting on the one that it must be readable on; None where there is nothing to judge.

    That other setting is a colour itself, or a choice by which a colour of the look is named.
    """
    other = setting.requires_contrast_with
    if setting.type != "color" or not other or not isinstance(colour, str):
        return None
    chosen = shown.settings.get(other)
    ground = chosen if isinstance(chosen, str) and chosen.startswith("#") else shown.tokens.get(other)
    if ground is None:
        return None
    reached = contrast(colour, ground)
    # Rounded down, so that what misses by a little is not shown as reached.
    return Readability(ground, int(reached * 10) / 10, TEXT, toward(colour, ground, TEXT))
