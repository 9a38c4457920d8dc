"""What is wrong with a theme: its settings, its files, and every page that it shows."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.store.rendering import Renderer
from app.theme_check.goods import storefront
from app.theme_check.markup import problems_of
from app.theme_check.pages import pages
from app.theme_check.rendering import application, show
from themes.colour import TEXT, contrast
from themes.registry import Preset, Registry, Theme
from themes.sections import compose
from themes.tokens import look

MOST_CSS, MOST_SCRIPT, MOST_FONTS = 20_000, 15_000, 2
_SHEETS = ("css/base.css", "css/theme.css")
_ADDRESS = re.compile(r"""(?:url\(\s*|@import\s+)["']?((?:[a-z]+:)?//[^"')\s]+)""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong: ``where`` is a preset, a file or a page."""

    where: str
    problem: str


def check_theme(theme: Theme, registry: Registry) -> Iterator[Finding]:
    """Judge a theme. Nothing found means that it can be offered to partners."""
    if not theme.presets:
        yield Finding("theme.toml", "has no preset, so that no partner could begin with it")
    for preset in theme.presets:
        yield from (Finding(f"preset {preset.id}", problem) for problem in _preset(theme, preset, registry))
    yield from _files(theme, registry)
    yield from _pages(theme, registry)


def _preset(theme: Theme, preset: Preset, registry: Registry) -> Iterator[str]:
    chosen = theme.schema.choose(preset.settings)
    yield from (f"chooses {key}: {problem}" for key, problem in chosen.problems.items())
    for page, given in preset.pages.items():
        for where, problem in compose(theme, given).problems.items():
            yield f"page {page}, section {where}: {problem}"
    for scheme in ("light", "dark"):
        shown = look(theme.name, {**preset.settings, "scheme": scheme}, registry)
        reached = contrast(shown.tokens["ink"], shown.tokens["paper"])
        if reached < TEXT:
            yield f"has text at {reached:.2f} to 1 on its {scheme} paper, {TEXT} at least"
        if len(shown.fonts) > MOST_FONTS:
            yield f"needs {len(shown.fonts)} font files, {MOST_FONTS} at most"
        for font in shown.fonts:
            if registry.resolve(f"{theme.name}/assets/{font}") is None:
                yield f"names a font file {font} that is not there"


def _files(theme: Theme, registry: Registry) -> Iterator[Finding]:
    for name in theme.sections:
        if registry.resolve(f"{theme.name}/sections/{name}.html") is None:
            yield Finding(f"sections/{name}.toml", "has settings and no template beside it")
    sheets = [registry.resolve(f"{theme.name}/assets/{name}") for name in _SHEETS]
    css = b"".join(path.read_bytes() for path in sheets if path)
    if (size := len(gzip.compress(css))) > MOST_CSS:
        yield Finding("assets/css", f"has {size} bytes compressed, {MOST_CSS} at most")
    for address in _ADDRESS.findall(css.decode()):
        yield Finding("assets/css", f"loads {address}, and a store loads nothing from elsewhere")
    scripts = [path for _, folder in theme.chain for path in sorted((folder / "assets").rglob("*.js"))]
    if (size := sum(len(gzip.compress(path.read_bytes())) for path in scripts)) > MOST_SCRIPT:
        yield Finding("assets/js", f"has {size} bytes compressed, {MOST_SCRIPT} at most")


def _pages(theme: Theme, registry: Registry) -> Iterator[Finding]:
    app, renderer = application(), Renderer(registry, core_instead=False)
    for page, sample in pages(theme).items():
        for preset in theme.presets or (None,):
            for locale in ("en_US", "ar"):
                shop = storefront(theme, preset, locale=locale)
                where = f"page {page!r}, {preset.id if preset else 'no preset'}, {locale}"
                try:
                    shown = show(app, renderer, shop, *sample)
                except Exception as error:
                    yield Finding(where, f"cannot be shown: {type(error).__name__}: {error}")
                    continue
                yield from (Finding(where, problem) for problem in problems_of(shown))
