"""What the editor's page shows: sections, controls with their judgement, presets, and what may be chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from zlib import crc32

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.assets import asset_url
from app.edge import services
from storage.objects import ObjectMissing
from tenants.storefront import MenuItem
from themes.colour import palette_from_picture
from themes.content import Content, theme_of
from themes.contrast import Readability, readability
from themes.pictures import full_name
from themes.registry import Theme, installed
from themes.settings import Schema, Setting
from themes.tokens import Look, look
from themes.writing import taken_out, to_text

Choices = tuple[tuple[str, str], ...]
# What the limits of text are called in themes.settings; a field counts against them while one types.
_LIMITS = {"text": 300, "richtext": 10_000}
_BRANDS = ("brand", "brand-2", "brand-3")


@dataclass(frozen=True, slots=True)
class Control:
    """One setting with what stands in its field. ``typed`` is text; ``note`` says what cleaning took out.

    ``was`` marks what the field held when the page was made, so that a form that is sent whole says which
    of its fields somebody has touched.
    """

    setting: Setting
    value: Any
    typed: str
    was: str
    error: str = ""
    note: str = ""
    contrast: Readability | None = None
    choices: Choices = ()

    @property
    def limit(self) -> int:
        return _LIMITS.get(self.setting.type, 0)

    @property
    def few(self) -> bool:
        """Whether the options fit side by side."""
        labels = [option.label for option in self.setting.options]
        return len(labels) <= 3 and sum(map(len, labels)) <= 26


@dataclass(frozen=True, slots=True)
class Controls:
    """A group of settings under its label."""

    label: str
    controls: tuple[Control, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A section in the list. ``hint`` are its first words; one that the theme does not know is kept aside."""

    id: str
    label: str
    hint: str
    hidden: bool
    known: bool
    first: bool
    last: bool


@dataclass(frozen=True, slots=True)
class Card:
    """A preset to begin from: its colours on its paper, and the face of its headings."""

    theme: str
    theme_label: str
    id: str
    label: str
    face: str
    colours: dict[str, str]
    brands: tuple[str, ...]
    chosen: bool


@dataclass(frozen=True, slots=True)
class Kind:
    """A section that can be added."""

    type: str
    label: str
    words: str


@dataclass(frozen=True, slots=True)
class Answers:
    """What a form held that was refused: its fields as typed, and the sentence of each."""

    typed: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)


def rows(content: Content, page: str) -> tuple[Row, ...]:
    """The sections of a page in their order."""
    theme, sections = theme_of(content), content.pages.get(page, [])
    return tuple(
        Row(
            id=section["id"],
            label=schema.label if (schema := theme.sections.get(section["type"])) else str(section["type"]),
            hint=_hint(schema, section["settings"]) if schema else "",
            hidden=bool(section.get("hidden")),
            known=schema is not None,
            first=place == 0,
            last=place == len(sections) - 1,
        )
        for place, section in enumerate(sections)
    )


def kinds(theme: Theme) -> tuple[Kind, ...]:
    """The sections that a theme has, by label."""
    found = [Kind(kind, schema.label or kind, schema.about) for kind, schema in theme.sections.items()]
    return tuple(sorted(found, key=lambda each: each.label))


def controls(
    schema: Schema, chosen: Mapping[str, Any], answers: Answers, shown: Look, goods: Mapping[str, Choices]
) -> tuple[Controls, ...]:
    """The controls of a schema, with what was chosen or typed. ``goods`` are what handles may name."""
    judged = schema.choose(dict(chosen))
    return tuple(
        Controls(
            group.label,
            tuple(
                _control(setting, judged.values[setting.id], judged.problems, answers, shown, goods)
                for setting in group.settings
            ),
        )
        for group in schema.groups
    )


def _control(
    setting: Setting,
    value: Any,
    problems: Mapping[str, str],
    answers: Answers,
    shown: Look,
    goods: Mapping[str, Choices],
) -> Control:
    error = answers.errors.get(setting.id) or problems.get(setting.id, "")
    kept = in_field(setting, value)
    said = answers.typed.get(setting.id, "" if setting.type == "image" else kept)
    out = taken_out(answers.typed.get(setting.id, "")) if setting.type == "richtext" else []
    note = f"Taken out: {', '.join(out)}. Words, links, lists and headings are kept." if out else ""
    return Control(
        setting,
        value,
        said,
        mark_of(kept),
        error,
        note,
        readability(shown, setting, value),
        goods.get(setting.type, ()),
    )


def in_field(setting: Setting, value: Any) -> str:
    """A value as its field has it; of a picture, the words that describe it."""
    if setting.type == "image":
        return str(value.get("alt", "")) if isinstance(value, dict) else ""
    if setting.type == "bool":
        return "1" if value else ""
    if setting.type == "richtext":
        return to_text(value or "")
    return "" if value is None else str(value)


def mark_of(text: str) -> str:
    """A short mark that tells one text from another."""
    return f"{crc32(text.replace(chr(13), '').strip().encode()):08x}"


def cards(content: Content) -> tuple[Card, ...]:
    """All presets of all themes."""
    found = []
    for theme in installed().themes:
        for preset in theme.presets:
            shown = look(theme.name, preset.settings)
            brands = tuple(
                dict.fromkeys(
                    shown.tokens[name] for name in ("brand", "brand-2", "brand-3") if name in shown.tokens
                )
            )
            same = all(content.settings.get(key) == value for key, value in preset.settings.items())
            found.append(
                Card(
                    theme.name,
                    theme.label,
                    preset.id,
                    preset.label,
                    str(shown.settings.get("display") or theme.text_face),
                    shown.tokens,
                    tuple(brands),
                    same and theme.id == content.theme.partition("@")[0],
                )
            )
    return tuple(found)


def faces_sheet() -> str:
    """A sheet with the display faces of all themes, for the cards: ``.face-…`` by the face's name."""
    out, seen = [], set()
    for theme in installed().themes:
        for name, face in theme.faces.items():
            if not face.file or name in seen:
                continue
            seen.add(name)
            family = face.stack.partition(",")[0]
            out.append(
                f'@font-face{{font-family:{family};src:url("{asset_url(theme, face.file)}") format("woff2");'
                f"font-weight:100 900;font-display:swap}}.face-{name}{{font-family:{face.stack}}}"
            )
    return "\n".join(out)


def logo_colours(content: Content) -> tuple[str, ...]:
    """Up to three colours of the store's logo; none without a logo, or where its file is gone."""
    logo = content.settings.get("logo")
    if not isinstance(logo, dict) or not isinstance(logo.get("key"), str):
        return ()
    return _colours(logo["key"])


@lru_cache(maxsize=256)
def _colours(key: str) -> tuple[str, ...]:
    try:
        return tuple(palette_from_picture(services().objects.get(full_name(key))))
    except (ObjectMissing, OSError, ValueError):
        return ()


_PRODUCTS = text("""
    SELECT p.handle, p.title FROM products p
     WHERE p.state = 'active' AND (:asked = '' OR p.title ILIKE :pattern OR p.handle ILIKE :pattern)
       AND NOT EXISTS (SELECT 1 FROM hidden_products x WHERE x.partner_id = :partner_id
                          AND x.store_id = :store_id AND x.product_id = p.product_id)
     ORDER BY p.product_id DESC LIMIT 30
""")


def products(session: Session, *, partner_id: Any, store_id: Any, asked: str = "") -> Choices:
    """Thirty of the store's products, the newest first: handle and title. ``asked`` is part of either."""
    plain = asked.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    found = session.execute(
        _PRODUCTS,
        {"partner_id": partner_id, "store_id": store_id, "asked": asked, "pattern": f"%{plain}%"},
    )
    return tuple((row.handle, row.title) for row in found)


def places(menu: tuple[MenuItem, ...]) -> dict[str, Choices]:
    """What collections, menus and addresses may name, by the type of the setting."""
    collections: Choices = (("all", "Everything"), *((item.handle, item.title) for item in menu))
    urls: Choices = (
        ("/", "Home"),
        *((f"/collections/{handle}", title) for handle, title in collections),
        *((f"/help/{slug}", slug.capitalize()) for slug in ("delivery", "returns", "contact")),
        ("/search", "Search"),
    )
    return {"collection": collections, "menu": (("main", "All collections"),), "url": urls}


def _hint(schema: Schema, settings: Mapping[str, Any]) -> str:
    values = schema.choose(dict(settings)).values
    for setting in schema.settings:
        if setting.type in ("text", "richtext") and values[setting.id]:
            words = " ".join(to_text(str(values[setting.id])).split())
            return words if len(words) <= 48 else f"{words[:47]}…"
    return ""
