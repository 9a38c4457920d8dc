"""Theme folders: finding them, their chain of parents, and the file behind ``theme@version/path``."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path
from typing import Any

from themes.settings import Schema, SchemaError

API = 1

# These belong to the core, and so do all mails and the pages of accounts: every theme shows the same
# checkout, legal texts and mail structure.
PROTECTED = frozenset(
    (
        "templates/case.html",
        "templates/case_new.html",
        "templates/checkout.html",
        "templates/confirmation.html",
        "templates/newsletter.html",
        "templates/order.html",
        "templates/policy.html",
        "templates/return.html",
        "snippets/case_form.html",
        "snippets/fields.html",
        "snippets/newsletter.html",
        "snippets/policies.html",
        "snippets/returns.html",
    )
)


class ThemeError(ValueError):
    """A theme folder cannot be used; the message says what is wrong and where."""


class UnknownTheme(LookupError):
    """No theme has this name and version."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A ready choice of settings that a partner can start from. ``pages`` maps a page to its sections."""

    id: str
    label: str
    settings: dict[str, Any]
    pages: dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Face:
    """A typeface. ``stack`` is CSS; ``file`` is the asset that the first of the stack needs, empty where it
    is on every device; ``mail`` is the stack for mail, which loads no files."""

    stack: str
    file: str
    mail: str


@dataclass(frozen=True, slots=True)
class Theme:
    """One version of a theme. ``chain`` lists its folder and then its ancestors' folders.

    ``faces`` are its typefaces by the value that a font setting keeps, beside ``system``, and ``text_face``
    names the one of running text. ``tokens`` maps a choice, and its value, to CSS custom properties
    without their dashes.
    """

    id: str
    version: int
    label: str
    folder: Path
    chain: tuple[tuple[str, Path], ...]
    schema: Schema
    sections: dict[str, Schema]
    presets: tuple[Preset, ...]
    faces: dict[str, Face]
    text_face: str
    tokens: dict[str, dict[str, dict[str, str]]]
    asset_hash: str = field(default="")

    @property
    def name(self) -> str:
        return f"{self.id}@{self.version}"

    def preset(self, preset_id: str) -> Preset:
        """Raises UnknownTheme when the theme has no such preset."""
        for preset in self.presets:
            if preset.id == preset_id:
                return preset
        raise UnknownTheme(f"{self.name} has no preset {preset_id!r}")


class Registry:
    """The themes of an installation, read once. Raises ThemeError for a folder that is no theme."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._raw = {
            found["id"]: (folder.resolve(), found) for folder in folders for found in [_read(folder)]
        }
        self._themes: dict[str, Theme] = {}
        for theme_id in self._raw:
            theme = self._build(theme_id)
            self._themes[theme.name] = theme

    @property
    def themes(self) -> tuple[Theme, ...]:
        return tuple(self._themes.values())

    def theme(self, name: str) -> Theme:
        """Return a theme by ``id@version``; an id alone means its installed version. Raises UnknownTheme."""
        found = self._themes.get(name)
        if found is None and "@" not in name:
            found = next((theme for theme in self.themes if theme.id == name), None)
        if found is None:
            raise UnknownTheme(f"there is no theme {name!r}")
        return found

    def resolve(self, name: str) -> Path | None:
        """Return the file behind ``theme@version/path``: the theme's own, or else its nearest ancestor's.

        None when nobody has it, and for every path that would leave a theme's folder.
        """
        theme_name, _, path = name.partition("/")
        found = self.find(theme_name, path)
        return found[1] if found else None

    def find(self, theme_name: str, path: str) -> tuple[str, Path] | None:
        """As ``resolve``, with the name of the theme that owns the file."""
        steps = path.split("/")
        if (
            "\\" in path
            or "\0" in path
            or any(step in ("", ".", "..") or step.startswith(".") for step in steps)
        ):
            return None
        try:
            chain = self.theme(theme_name).chain
        except UnknownTheme:
            return None
        # The last of the chain is the core's own folder; only it may answer for what is protected.
        protected = path in PROTECTED or steps[0] == "mail" or steps[:2] == ["templates", "account"]
        for owner, folder in chain[-1:] if protected else chain:
            candidate = folder.joinpath(*steps)
            # A link inside a theme's folder must not lead out of it either.
            if candidate.is_file() and candidate.resolve().is_relative_to(folder):
                return owner, candidate
        return None

    def _build(self, theme_id: str) -> Theme:
        lineage: list[str] = []
        current: str | None = theme_id
        while current:
            if current in lineage:
                raise ThemeError(f"theme {theme_id!r} is its own ancestor")
            if current not in self._raw:
                raise ThemeError(f"theme {lineage[-1]!r} names a parent {current!r} that is not installed")
            lineage.append(current)
            current = self._raw[current][1].get("parent")
        folder, raw = self._raw[theme_id]
        chain = tuple((f"{each}@{self._raw[each][1]['version']}", self._raw[each][0]) for each in lineage)
        sections: dict[str, Schema] = {}
        for _, ancestor in reversed(chain):
            for path in sorted((ancestor / "sections").glob("*.toml")):
                sections[path.stem] = _schema(path)
        settings_file = next(
            (each / "settings.toml" for _, each in chain if (each / "settings.toml").is_file()), None
        )
        schema = _schema(settings_file) if settings_file else Schema(label=raw["label"], groups=())
        presets = tuple(
            Preset(each["id"], each["label"], each.get("settings", {}), each.get("pages", {}))
            for each in raw.get("presets", [])
        )
        ancestry = [self._raw[each][1] for each in reversed(lineage)]
        faces, text_face = _faces(theme_id, ancestry, schema)
        return Theme(
            raw["id"],
            raw["version"],
            raw["label"],
            folder,
            chain,
            schema,
            sections,
            presets,
            faces,
            text_face,
            {name: values for each in ancestry for name, values in each["tokens"].items()},
            tree_hash(folder / "assets"),
        )


def _faces(theme_id: str, ancestry: list[dict[str, Any]], schema: Schema) -> tuple[dict[str, Face], str]:
    """The faces of a theme and of those before it, and the name of the one for its text."""
    faces = {"system": Face("system-ui,Arial,sans-serif", "", "Arial,sans-serif")}
    text_face = "system"
    for each in ancestry:
        text_face = each.get("text_face", text_face)
        for name, raw in each["faces"].items():
            if not isinstance(raw, dict) or not raw.get("stack"):
                raise ThemeError(f"theme {each['id']!r}: the face {name!r} needs a stack")
            faces[name] = Face(raw["stack"], raw.get("file", ""), raw.get("mail", "Arial,sans-serif"))
    offered = [option.value for each in schema.settings if each.type == "font" for option in each.options]
    for name in (text_face, *offered):
        if name not in faces:
            raise ThemeError(f"theme {theme_id!r}: there is no face {name!r}")
    return faces, text_face


def _read(folder: Path) -> dict[str, Any]:
    try:
        raw = tomllib.loads((folder / "theme.toml").read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ThemeError(f"{folder.name}/theme.toml cannot be read: {error}") from None
    for key, kind in (("id", str), ("version", int), ("label", str), ("api", int)):
        if not isinstance(raw.get(key), kind):
            raise ThemeError(f"{folder.name}/theme.toml: {key!r} is missing, or is no {kind.__name__}")
    if raw["api"] != API:
        raise ThemeError(f"theme {raw['id']!r} is made for theme API {raw['api']}; this is {API}")
    for key in ("faces", "tokens"):
        if not isinstance(raw.setdefault(key, {}), dict):
            raise ThemeError(f"{folder.name}/theme.toml: {key!r} is no table")
    return raw


def _schema(path: Path) -> Schema:
    try:
        return Schema.read(path.read_text(encoding="utf-8"))
    except (SchemaError, tomllib.TOMLDecodeError) as error:
        raise ThemeError(f"{path.parent.parent.name}/{path.parent.name}/{path.name}: {error}") from None


def tree_hash(folder: Path) -> str:
    """Name a folder of assets by its content, so that relative links inside it keep working."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


@lru_cache(maxsize=1)
def installed() -> Registry:
    """Return the themes that come with the program and those that operators added as packages.

    A package offers themes through the entry point group ``awning.themes``; each entry loads to the
    path of a theme folder, or to a module whose folder it is.
    """
    own = Path(__file__).parent
    folders = [path.parent for path in sorted(own.glob("*/theme.toml"))]
    for entry in entry_points(group="awning.themes"):
        loaded = entry.load()
        folders.append(Path(loaded) if isinstance(loaded, str | Path) else Path(str(files(loaded))))
    return Registry(folders)
