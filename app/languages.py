"""The languages that stores speak, and their words.

The catalogues are read as people write them (``app/locales``), when a language is first needed: there is no
compiled file that could be older than what it was made from.
"""

from __future__ import annotations

from functools import lru_cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.core import UnknownLocaleError
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

FOLDER = Path(__file__).parent / "locales"
# Each by the name that its own speakers give it. English is what the words are written in.
LANGUAGES = {"en": "English", "de": "Deutsch", "ar": "العربية"}


@lru_cache(maxsize=64)
def known_locale(name: str) -> str:
    """A locale as Babel knows it; English where it knows none of that name."""
    try:
        return str(Locale.parse(name.replace("-", "_")))
    except (UnknownLocaleError, ValueError):
        return "en"


def language_of(locale: str) -> str:
    """The language of a locale, such as ``de`` of ``de_AT``."""
    return known_locale(locale).partition("_")[0]


@lru_cache(maxsize=256)
def locale_in(locale: str, language: str) -> str:
    """The same country's locale in another language, or that language's own where there is none.

    Amounts and dates are then written as speakers of the language know them.
    """
    if language_of(locale) == language:
        return locale
    territory = Locale.parse(known_locale(locale)).territory
    found = known_locale(f"{language}_{territory}") if territory else language
    return found if language_of(found) == language else language


@lru_cache(maxsize=16)
def translations(language: str) -> NullTranslations:
    """The words of a language; of one without a catalogue, and of English, those of the program."""
    path = FOLDER / language / "LC_MESSAGES" / "messages.po"
    if language not in LANGUAGES or not path.exists():
        return NullTranslations()
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


def say(locale: str, text: str, **values: object) -> str:
    """A text of the program in a locale's language. Values stand in it as ``%(name)s``."""
    translated = translations(language_of(locale)).gettext(text)
    return translated % values if values else translated
