"""What stands around every page of a face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of the navigation. ``current`` marks the page's own; ``count`` is shown when not zero."""

    label: str
    href: str
    icon: str
    current: bool = False
    count: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """Links under a heading, which may be empty."""

    links: Sequence[Link]
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Shell:
    """``brand`` is the company's name and ``face`` what this is of it, such as Partners. ``home`` is
    where the brand leads. ``dense`` sets the console's tighter measure. A face without sign-in leaves
    ``person`` empty."""

    brand: str
    face: str
    home: str
    navigation: Sequence[Group] = ()
    person: str = ""
    role: str = ""
    sign_out: str = ""
    dense: bool = False
