"""A look as it is worked on: theme, settings and pages, each section with a name of its own.

What a theme does not know stays where it is: a setting or a section that is missing from today's theme
comes back with the theme that has it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import Any

from kit.errors import NotFound
from themes.registry import Registry, Theme, UnknownTheme, installed

DEFAULT_THEME = "aurora"


@dataclass(frozen=True, slots=True)
class Content:
    """What a look consists of, as it is kept. ``pages`` maps a page to its sections, each a mapping of
    ``id``, ``type``, ``settings`` and, where it is not shown, ``hidden``."""

    theme: str
    settings: dict[str, Any]
    pages: dict[str, list[dict[str, Any]]]

    def section(self, page: str, section_id: str) -> dict[str, Any]:
        """Raises NotFound for a section that the page does not have, or no longer has."""
        return self.pages[page][self.place(page, section_id)]

    def place(self, page: str, section_id: str) -> int:
        """Where a section stands on its page, from 0. Raises NotFound."""
        for place, section in enumerate(self.pages.get(page, ())):
            if section["id"] == section_id:
                return place
        raise NotFound("This section is no longer on the page.")

    def with_page(self, page: str, sections: list[dict[str, Any]]) -> Content:
        return replace(self, pages={**self.pages, page: sections})


def content_of(theme: str | None, settings: Any, pages: Any) -> Content:
    """A kept look as content: sections without a name get one by their place, the same each time."""
    named: dict[str, list[dict[str, Any]]] = {}
    for page, sections in (pages or {}).items():
        taken = {section.get("id") for section in sections if isinstance(section, dict)}
        named[page] = []
        for place, section in enumerate(sections):
            # What is no section at all is kept like one that the theme does not know.
            known = section if isinstance(section, dict) else {"type": "", "kept": section}
            name = known.get("id") or f"s{place + 1}"
            while "id" not in known and name in taken:
                name += "x"
            chosen = known.get("settings")
            named[page].append(
                {**known, "id": str(name), "settings": chosen if isinstance(chosen, dict) else {}}
            )
    return Content(theme or f"{DEFAULT_THEME}@1", dict(settings or {}), named)


def new_section_id() -> str:
    """A name for a section that no other section of the store has."""
    return secrets.token_hex(5)


def theme_of(content: Content, registry: Registry | None = None) -> Theme:
    """The theme of a look; another version of it, or the one that comes with the program, where that is not
    installed any more."""
    themes = registry or installed()
    for name in (content.theme, content.theme.partition("@")[0]):
        try:
            return themes.theme(name)
        except UnknownTheme:
            continue
    return themes.theme(DEFAULT_THEME)


def nameless(content: Content) -> tuple[Any, ...]:
    """What two looks are compared by: whether they show the same. How their sections are named, and which
    version of a theme they were made with, makes no difference."""
    pages = {
        page: [{key: value for key, value in section.items() if key != "id"} for section in sections]
        for page, sections in content.pages.items()
        if sections
    }
    return content.theme.partition("@")[0], content.settings, pages
