"""Pages composed of sections: each has a type that the theme knows, and settings of that type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from themes.registry import Theme
from themes.settings import Need

MOST_SECTIONS = 25


@dataclass(frozen=True, slots=True)
class Section:
    """One section of a page, its settings complete. ``id`` tells it from others, where it has one."""

    type: str
    settings: dict[str, Any]
    needs: tuple[Need, ...]
    id: str = ""


@dataclass(frozen=True, slots=True)
class Composition:
    """The sections that can be shown, and what was wrong: ``"2.heading"`` names a setting of section 2."""

    sections: tuple[Section, ...]
    problems: dict[str, str]


def compose(theme: Theme, page: list[Any]) -> Composition:
    """Judge a page's sections against the theme.

    Sections that are hidden are left out; those of an unknown type are left out and reported.
    """
    sections: list[Section] = []
    problems: dict[str, str] = {}
    if len(page) > MOST_SECTIONS:
        problems[""] = f"A page holds at most {MOST_SECTIONS} sections."
    for position, given in enumerate(page[:MOST_SECTIONS]):
        kind = given.get("type") if isinstance(given, dict) else None
        schema = theme.sections.get(kind) if isinstance(kind, str) else None
        if schema is None or not isinstance(kind, str):
            problems[str(position)] = "This theme has no such section."
            continue
        if given.get("hidden") is True:
            continue
        settings = given.get("settings", {})
        chosen = schema.choose(settings if isinstance(settings, dict) else {})
        sections.append(Section(kind, chosen.values, schema.needs, str(given.get("id", ""))))
        problems.update({f"{position}.{key}": problem for key, problem in chosen.problems.items()})
    return Composition(tuple(sections), problems)
