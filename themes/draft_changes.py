"""The changes that a draft can go through. Each takes a look as it is and gives it as it will be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from kit.errors import NotFound, Refusal, Refusals
from themes.content import Content, new_section_id, theme_of
from themes.registry import Registry, Theme, UnknownTheme, installed
from themes.sections import MOST_SECTIONS
from themes.settings import Schema

# Pages that are composed of sections; all others follow from the catalogue and from the look's settings.
COMPOSED = ("home",)
# What a preset does not take away: what the partner has written, uploaded or pointed to.
_OWN = frozenset(("image", "text", "richtext", "url", "product", "collection", "menu"))
_BRANDS = ("brand", "brand_2", "brand_3")


@dataclass(frozen=True, slots=True)
class Change:
    """A look after a change. ``words`` say what was changed; changes with the same ``mark`` that follow
    each other at once are one step back. ``section_id`` is the section that the change was about."""

    content: Content
    mark: str
    words: str
    section_id: str = ""


# A change that is still to be made: it is given the draft as it is under lock.
Maker = Callable[[Content], Change]


def set_look(content: Content, given: Mapping[str, Any], *, words: str = "") -> Change:
    """Choose settings of the whole look. Raises Refusals with the sentence of each that is not allowed."""
    theme = theme_of(content)
    settings, labels = _chosen(theme.schema, content.settings, given)
    mark = f"look:{','.join(sorted(given))}"
    return Change(replace(content, settings=settings), mark, words or ", ".join(labels))


def set_section(content: Content, page: str, section_id: str, given: Mapping[str, Any]) -> Change:
    """Choose settings of one section. Raises Refusals, or NotFound where the section is gone."""
    section = content.section(page, section_id)
    schema = _schema(theme_of(content), section)
    settings, labels = _chosen(schema, section["settings"], given)
    mark = f"section:{section_id}:{','.join(sorted(given))}"
    words = f"{schema.label}: {', '.join(labels)}"
    return Change(_put(content, page, {**section, "settings": settings}), mark, words, section_id)


def add_section(content: Content, page: str, kind: str, *, after: str = "") -> Change:
    """Put a new section behind another one, or at the end. Raises Refusal for a full page."""
    _composed(page)
    schema = theme_of(content).sections.get(kind)
    if schema is None:
        raise Refusal("This theme has no such section. Choose one from the list.", field="add")
    made = {"id": new_section_id(), "type": kind, "settings": {}}
    added = _insert(content, page, made, after)
    return Change(added, f"add:{made['id']}", f"{schema.label} added", str(made["id"]))


def duplicate_section(content: Content, page: str, section_id: str) -> Change:
    """Put a copy behind a section. Raises Refusal for a full page."""
    section = content.section(page, section_id)
    made = {**deepcopy(section), "id": new_section_id()}
    added = _insert(content, page, made, section_id)
    return Change(added, f"add:{made['id']}", f"{_label(content, section)} duplicated", str(made["id"]))


def remove_section(content: Content, page: str, section_id: str) -> Change:
    """Take a section off its page."""
    section = content.section(page, section_id)
    left = [each for each in content.pages[page] if each["id"] != section_id]
    words = f"{_label(content, section)} removed"
    return Change(content.with_page(page, left), f"remove:{section_id}", words)


def move_section(content: Content, page: str, section_id: str, to: int) -> Change:
    """Let a section stand at a place of its page, from 0; a place beyond the ends is the end."""
    section = content.section(page, section_id)
    others = [each for each in content.pages[page] if each["id"] != section_id]
    place = min(max(to, 0), len(others))
    moved = [*others[:place], section, *others[place:]]
    words = f"{_label(content, section)} moved"
    return Change(content.with_page(page, moved), f"move:{section_id}", words, section_id)


def shift_section(content: Content, page: str, section_id: str, by: int) -> Change:
    """Let a section change places with its neighbour: −1 is up, 1 is down."""
    return move_section(content, page, section_id, content.place(page, section_id) + by)


def hide_section(content: Content, page: str, section_id: str, hidden: bool) -> Change:
    """Keep a section and do not show it, or show it again."""
    section = content.section(page, section_id)
    kept = {key: value for key, value in section.items() if key != "hidden"}
    if hidden:
        kept["hidden"] = True
    words = f"{_label(content, section)} {'hidden' if hidden else 'shown'}"
    return Change(_put(content, page, kept), f"hide:{section_id}", words, section_id)


def take_preset(
    content: Content, theme_name: str, preset_id: str, *, registry: Registry | None = None
) -> Change:
    """Begin again from a preset: its theme, type, colours and layout. Words, pictures and logo stay."""
    try:
        theme = (registry or installed()).theme(theme_name)
        preset = theme.preset(preset_id)
    except UnknownTheme:
        raise NotFound("There is no such preset any more.") from None
    settings = dict(content.settings)
    for setting in (*theme_of(content, registry).schema.settings, *theme.schema.settings):
        if setting.type not in _OWN:
            settings.pop(setting.id, None)
    for key, value in preset.settings.items():
        setting_of = next((each for each in theme.schema.settings if each.id == key), None)
        if setting_of is None or setting_of.type not in _OWN or key not in settings:
            settings[key] = value
    pages = dict(content.pages)
    for page, sections in preset.pages.items():
        if not pages.get(page):
            pages[page] = [{"settings": {}, **each, "id": new_section_id()} for each in sections]
    words = f"Preset {preset.label}"
    return Change(Content(theme.name, settings, pages), f"preset:{theme.name}:{preset.id}", words)


def take_colours(content: Content, colours: list[str]) -> Change:
    """Take up to three colours, such as those of a logo, as the brand's."""
    known = {setting.id for setting in theme_of(content).schema.settings}
    given = {name: colour for name, colour in zip(_BRANDS, colours, strict=False) if name in known}
    if not given:
        raise Refusal("There is no colour to take. Upload a logo first.", field="logo")
    return set_look(content, given, words="Colours of the logo")


def forget_setting(content: Content, key: str) -> Change:
    """Throw away what was kept of a setting that the theme does not have."""
    if key not in content.settings or any(key == each.id for each in theme_of(content).schema.settings):
        raise NotFound("Nothing is kept under this name.")
    left = {name: value for name, value in content.settings.items() if name != key}
    return Change(replace(content, settings=left), f"forget:{key}", f"{key} thrown away")


def become(content: Content, *, mark: str, words: str) -> Maker:
    """The change to a look as it was once: the published one, or one from the history."""
    return lambda _: Change(content, mark, words)


def _chosen(
    schema: Schema, before: Mapping[str, Any], given: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    known = {setting.id: setting for setting in schema.settings}
    settings, labels, errors = dict(before), [], {}
    for key, wanted in given.items():
        if key not in known:
            errors[key] = "This theme has no such setting."
            continue
        value, problem = known[key].judge(wanted)
        if problem:
            errors[key] = problem
        elif value is None and known[key].default is None:
            settings.pop(key, None)
        else:
            settings[key] = value
        labels.append(known[key].label)
    if errors:
        raise Refusals(errors)
    return settings, labels


def _put(content: Content, page: str, section: dict[str, Any]) -> Content:
    sections = [section if each["id"] == section["id"] else each for each in content.pages[page]]
    return content.with_page(page, sections)


def _insert(content: Content, page: str, section: dict[str, Any], after: str) -> Content:
    sections = content.pages.get(page, [])
    if len(sections) >= MOST_SECTIONS:
        raise Refusal(f"A page holds at most {MOST_SECTIONS} sections. Remove one first.", field="add")
    place = content.place(page, after) + 1 if after else len(sections)
    return content.with_page(page, [*sections[:place], section, *sections[place:]])


def _schema(theme: Theme, section: Mapping[str, Any]) -> Schema:
    schema = theme.sections.get(section["type"])
    if schema is None:
        raise Refusal("This theme has no such section. It is kept aside for a theme that does.")
    return schema


def _label(content: Content, section: Mapping[str, Any]) -> str:
    schema = theme_of(content).sections.get(section["type"])
    return schema.label if schema else str(section["type"])


def _composed(page: str) -> None:
    if page not in COMPOSED:
        raise Refusal("This page has no sections of its own.", field="add")
