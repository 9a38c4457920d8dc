"""What publishing a draft would change, thing by thing; and what of it today's theme has no place for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from themes.content import Content, theme_of
from themes.registry import Theme
from themes.settings import Schema, Setting

_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs: where, and how it was and will be, in words that may be empty."""

    where: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Aside:
    """Something that is kept although the theme does not know it. ``section_id`` is set for a whole
    section, ``key`` for a setting of the look; ``words`` name it."""

    words: str
    page: str = ""
    section_id: str = ""
    key: str = ""


def differences(before: Content, after: Content) -> tuple[Difference, ...]:
    """Say what differs between two looks."""
    found: list[Difference] = []
    old_theme, new_theme = theme_of(before), theme_of(after)
    if old_theme.id != new_theme.id:
        found.append(Difference("Theme", old_theme.label, new_theme.label))
    found += _settings("", new_theme.schema, before.settings, after.settings)
    for page in dict.fromkeys((*before.pages, *after.pages)):
        found += _sections(new_theme, before.pages.get(page, []), after.pages.get(page, []))
    return tuple(found)


def kept_aside(content: Content) -> tuple[Aside, ...]:
    """Name what the look's theme does not know: it is not shown, and comes back with a theme that does."""
    theme = theme_of(content)
    known = {setting.id for setting in theme.schema.settings}
    found = [Aside(f"Setting “{key}”", key=key) for key in content.settings if key not in known]
    for page, sections in content.pages.items():
        for section in sections:
            schema = theme.sections.get(section["type"])
            if schema is None:
                named = str(section["type"]) or "without a type"
                found.append(Aside(f"Section “{named}”", page=page, section_id=section["id"]))
                continue
            names = {setting.id for setting in schema.settings}
            lost = [key for key in section["settings"] if key not in names]
            if lost:
                listed = ", ".join(f"“{key}”" for key in lost)
                found.append(Aside(f"{schema.label}: setting {listed}", page=page))
    return tuple(found)


def said(setting: Setting, value: Any) -> str:
    """A setting's value in a few words."""
    if value is None or value == "":
        return "none"
    if setting.type in ("choice", "font", "color_scheme"):
        return next((option.label for option in setting.options if option.value == value), str(value))
    if setting.type == "bool":
        return "yes" if value else "no"
    if setting.type == "image":
        return str(value.get("alt") or "a picture") if isinstance(value, dict) else "a picture"
    plain = " ".join(re.sub(r"<[^>]*>", " ", str(value)).split())
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"


def _settings(where: str, schema: Schema, before: dict[str, Any], after: dict[str, Any]) -> list[Difference]:
    old, new = schema.choose(before).values, schema.choose(after).values
    found = []
    for setting in schema.settings:
        if old[setting.id] != new[setting.id]:
            label = f"{where}: {setting.label}" if where else setting.label
            words = said(setting, old[setting.id]), said(setting, new[setting.id])
            # Two pictures, or two long texts, may read the same and differ.
            found.append(Difference(label, *(words if words[0] != words[1] else ("", "changed"))))
    return found


def _sections(theme: Theme, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[Difference]:
    old = {section["id"]: section for section in before}
    new = {section["id"]: section for section in after}
    found = [
        Difference(_label(theme, section), "", "removed") for name, section in old.items() if name not in new
    ]
    stayed = [name for name in old if name in new]
    order = [name for name in new if name in old]
    # Whoever takes one out and puts it elsewhere has moved one, not all that it passed.
    moved = _moved(stayed, order)
    for name, section in new.items():
        label = _label(theme, section)
        if name not in old:
            found.append(Difference(label, "", "hidden" if section.get("hidden") else "added"))
            continue
        if name in moved:
            found.append(
                Difference(label, f"place {stayed.index(name) + 1}", f"place {order.index(name) + 1}")
            )
        if bool(old[name].get("hidden")) != bool(section.get("hidden")):
            words = ("shown", "hidden")
            found.append(Difference(label, *(words if section.get("hidden") else words[::-1])))
        schema = theme.sections.get(section["type"])
        if schema is not None:
            found += _settings(label, schema, old[name]["settings"], section["settings"])
    return found


def _moved(before: list[str], after: list[str]) -> set[str]:
    """The fewest that must have moved: all but a longest run that kept its order."""
    runs: list[list[str]] = []
    longest: list[str] = []
    for name in after:
        run: list[str] = []
        for each in runs:
            if before.index(each[-1]) < before.index(name) and len(each) > len(run):
                run = each
        runs.append([*run, name])
        if len(runs[-1]) > len(longest):
            longest = runs[-1]
    return set(after) - set(longest)


def _label(theme: Theme, section: dict[str, Any]) -> str:
    schema = theme.sections.get(section["type"])
    return schema.label if schema else str(section["type"])
