"""What a theme lets a partner choose: typed settings, and the judging of what was chosen."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import Any, Literal

import nh3
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

Kind = Literal[
    "color",
    "color_scheme",
    "font",
    "image",
    "choice",
    "range",
    "bool",
    "text",
    "richtext",
    "url",
    "product",
    "collection",
    "menu",
]

# What a section may ask the store for, beside what a partner chose.
Need = Literal["products", "sale"]

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_HANDLE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_KEY = re.compile(r"[0-9a-f]{64}")
_RICH = frozenset(("p", "br", "strong", "em", "a", "ul", "ol", "li", "h3"))
_LONGEST_TEXT = 300
_LONGEST_RICH = 10_000


class SchemaError(ValueError):
    """A settings file of a theme is wrong; the message names the setting."""


class Option(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    value: str
    label: str


class Setting(BaseModel):
    """One thing to choose. ``requires_contrast_with`` names the setting it must be readable on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    type: Kind
    label: str
    help: str = ""
    default: Any = None
    options: tuple[Option, ...] = ()
    min: int = 0
    max: int = 100
    step: int = Field(default=1, gt=0)
    optional: bool = False
    requires_contrast_with: str = ""

    @model_validator(mode="after")
    def _default_is_allowed(self) -> Setting:
        if self.type in ("choice", "font", "color_scheme") and not self.options:
            raise ValueError(f"{self.id}: a {self.type} needs options")
        if self.default is None:
            if not self.optional:
                raise ValueError(f"{self.id}: a setting that is not optional needs a default")
        elif problem := self.judge(self.default)[1]:
            raise ValueError(f"{self.id}: its default is not allowed: {problem}")
        return self

    def judge(self, value: Any) -> tuple[Any, str]:
        """Return (value as it is kept, empty) or (None, a sentence that says what is allowed)."""
        if value is None or value == "":
            return (None, "") if self.optional else (None, "An answer is needed.")
        return _JUDGES[self.type](self, value)


class Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    label: str
    settings: tuple[Setting, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """``values`` is complete: defaults stand in for what was not chosen or not allowed.

    ``problems`` maps each refused or unknown key to its sentence.
    """

    values: dict[str, Any]
    problems: dict[str, str]


class Schema(BaseModel):
    """All settings of a theme, or of a section. ``about`` tells a partner what a section is for.

    ``needs`` are what a section shows beside its settings: ``products`` are those of its setting
    ``collection``, as many as its ``count``; ``sale`` is the moment until which something is reduced.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: str = ""
    about: str = ""
    needs: tuple[Need, ...] = ()
    groups: tuple[Group, ...] = ()

    @classmethod
    def read(cls, text: str) -> Schema:
        """Read a settings file. Raises SchemaError, or tomllib.TOMLDecodeError."""
        try:
            schema = cls.model_validate(tomllib.loads(text))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(step) for step in first["loc"])
            raise SchemaError(f"{where}: {first['msg']}") from None
        ids = [setting.id for setting in schema.settings]
        for each in ids:
            if ids.count(each) > 1:
                raise SchemaError(f"{each} is defined twice")
        kinds = {setting.id: setting.type for setting in schema.settings}
        if "products" in schema.needs and (kinds.get("collection"), kinds.get("count")) != (
            "collection",
            "range",
        ):
            raise SchemaError("a section that needs products has a collection and a range named count")
        return schema

    @property
    def settings(self) -> tuple[Setting, ...]:
        return tuple(setting for group in self.groups for setting in group.settings)

    def choose(self, given: dict[str, Any]) -> Chosen:
        """Judge what was chosen against this schema."""
        values: dict[str, Any] = {}
        problems: dict[str, str] = {}
        known = set()
        for setting in self.settings:
            known.add(setting.id)
            values[setting.id] = setting.default
            if setting.id in given:
                value, problem = setting.judge(given[setting.id])
                if problem:
                    problems[setting.id] = problem
                else:
                    values[setting.id] = value
        for key in given:
            if key not in known:
                problems[key] = "This theme has no such setting."
        return Chosen(values, problems)


def clean_rich_text(html: str) -> str:
    """Return HTML with only plain structure and links that lead to pages or mail addresses."""
    return nh3.clean(
        html,
        tags=set(_RICH),
        attributes={"a": {"href"}},
        url_schemes={"https", "http", "mailto"},
        link_rel="noopener nofollow",
    )


def _colour(setting: Setting, value: Any) -> tuple[Any, str]:
    if isinstance(value, str) and _COLOUR.fullmatch(value):
        return value.lower(), ""
    return None, "Write a colour as # and six digits, such as #643038."


def _choice(setting: Setting, value: Any) -> tuple[Any, str]:
    if any(option.value == value for option in setting.options):
        return value, ""
    allowed = ", ".join(option.value for option in setting.options)
    return None, f"Choose one of: {allowed}."


def _range(setting: Setting, value: Any) -> tuple[Any, str]:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if whole and setting.min <= value <= setting.max and (value - setting.min) % setting.step == 0:
        return value, ""
    return None, f"Choose a number from {setting.min} to {setting.max} in steps of {setting.step}."


def _bool(setting: Setting, value: Any) -> tuple[Any, str]:
    return (value, "") if isinstance(value, bool) else (None, "Choose yes or no.")


def _text(setting: Setting, value: Any) -> tuple[Any, str]:
    if isinstance(value, str) and len(value) <= _LONGEST_TEXT and "\0" not in value:
        return value.strip(), ""
    return None, f"Write at most {_LONGEST_TEXT} characters."


def _rich(setting: Setting, value: Any) -> tuple[Any, str]:
    if isinstance(value, str) and len(value) <= _LONGEST_RICH:
        return clean_rich_text(value), ""
    return None, f"Write at most {_LONGEST_RICH:,} characters."


def _url(setting: Setting, value: Any) -> tuple[Any, str]:
    internal = isinstance(value, str) and value.startswith("/") and not value.startswith(("//", "/\\"))
    if isinstance(value, str) and len(value) <= 500 and (internal or value.startswith("https://")):
        return value, ""
    return None, "Write a path such as /collections/mugs, or an address that begins with https://."


def _image(setting: Setting, value: Any) -> tuple[Any, str]:
    # A picture is kept as what a page needs of it, so that showing it asks nobody.
    if (
        isinstance(value, dict)
        and set(value) <= {"key", "width", "height", "alt", "sizes"}
        and isinstance(value.get("key"), str)
        and _KEY.fullmatch(value["key"])
        and all(
            isinstance(value.get(side), int) and 0 < value[side] <= 20_000 for side in ("width", "height")
        )
        and isinstance(value.get("alt", ""), str)
        and all(isinstance(width, int) for width in value.get("sizes", ()))
    ):
        return {"alt": "", **value, "sizes": list(value.get("sizes", ()))}, ""
    return None, "Choose a picture that was uploaded."


def _handle(setting: Setting, value: Any) -> tuple[Any, str]:
    if isinstance(value, str) and len(value) <= 200 and _HANDLE.fullmatch(value):
        return value, ""
    return None, "Choose one from the list."


_JUDGES = {
    "color": _colour,
    "color_scheme": _choice,
    "font": _choice,
    "choice": _choice,
    "range": _range,
    "bool": _bool,
    "text": _text,
    "richtext": _rich,
    "url": _url,
    "image": _image,
    "product": _handle,
    "collection": _handle,
    "menu": _handle,
}
