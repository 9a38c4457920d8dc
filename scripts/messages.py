"""Bring the catalogues of the stores' languages up to what the templates and the code say."""

from __future__ import annotations

import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

from app.languages import FOLDER, LANGUAGES

ROOT = Path(__file__).resolve().parent.parent
_WORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "spoken": None, "say": (2,)}
_LEFT_OUT = tuple(
    f'"{name}'
    for name in (
        "POT-Creation",
        "PO-Revision",
        "Last-Translator",
        "Language-Team",
        "Report-Msgid",
        "Generated-By",
        "Project-Id",
    )
)


def extracted() -> Catalog:
    """Every text that shoppers read, with the places where it stands."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found = Catalog(project="Awning", version="", charset="utf-8", header_comment="# The words of stores.")
    for folder in ("app", "themes"):
        patterns = [(pattern.removeprefix(f"{folder}/"), method) for pattern, method in methods]
        chosen = {pattern.removeprefix(f"{folder}/"): given for pattern, given in options.items()}
        for name, _, message, comments, context in extract_from_dir(
            ROOT / folder, patterns, chosen, keywords=_WORDS
        ):
            # Lines move with every edit, and would change the catalogues with it.
            found.add(message, None, [(f"{folder}/{name}", None)], auto_comments=comments, context=context)
    return found


def catalogue(language: str) -> Catalog:
    """A language's words as they are written down."""
    path = FOLDER / language / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return Catalog(locale=language, project="Awning", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def write(language: str, words: Catalog) -> None:
    """Write a language's words down, without who and when, which the history knows."""
    words.header_comment = f"# The words of stores in {LANGUAGES[language]}."
    words.fuzzy = False
    out = io.BytesIO()
    write_po(out, words, width=110, sort_output=True, include_lineno=False)
    kept = [line for line in out.getvalue().decode().split("\n") if not line.startswith(_LEFT_OUT)]
    path = FOLDER / language / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(kept), encoding="utf-8")


def main() -> int:
    """Take in new texts, and drop those that nothing says any more. What has words keeps them."""
    template = extracted()
    for language in LANGUAGES:
        if language == "en":
            continue
        words = catalogue(language)
        words.update(template, no_fuzzy_matching=True, update_creation_date=False)
        words.obsolete.clear()
        write(language, words)
        missing = [message.id for message in words if message.id and not spoken(message.string)]
        print(f"{language}: {len(words)} texts, {len(missing)} of them without words")
        for text in missing:
            print(f"  {text}")
    return 0


def spoken(string: str | tuple[str, ...]) -> bool:
    """Whether a text has words in all its forms."""
    return all(string) if isinstance(string, tuple) else bool(string)


if __name__ == "__main__":
    sys.exit(main())
