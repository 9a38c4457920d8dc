"""Words as search compares them: without case, accents and marks, and how far apart two of them are."""

from __future__ import annotations

import re
import unicodedata

_LONGEST = 40
# Letters that a decomposition leaves whole. The Arabic ones are those that people write either way.
_FOLDED = str.maketrans(
    {"ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i", "ى": "ي", "ة": "ه"}
    | dict.fromkeys("'’ʼ‘`´ـ")
)
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
# Words that say nothing of what somebody looks for, once another word is there.
_SMALL = frozenset(
    "a an and at by for from in of on or the to with"
    " am an auf aus bei das dem den der die ein eine einem einen einer eines fur im in mit und von zu"
    " من في على مع او الى".split()
)


def fold(text: str) -> str:
    """A text as search compares it: lower case, letters without accents, no invisible characters."""
    apart = unicodedata.normalize("NFKD", text.casefold().translate(_FOLDED))
    plain = "".join(letter for letter in apart if unicodedata.category(letter) not in ("Mn", "Cf"))
    # Marks may hide a letter from the first translation.
    return plain.casefold().translate(_FOLDED)


def words_of(text: str) -> list[str]:
    """The words of a text in their order, folded. What is joined by hyphens comes apart and as a whole."""
    found = []
    for match in _WORD.findall(fold(text)):
        parts = match.split("-")
        found += [part[:_LONGEST] for part in parts]
        if len(parts) > 1:
            found.append("".join(parts)[:_LONGEST])
    return found


def asked_words(text: str, *, most: int) -> list[str]:
    """The words that somebody looks for, each once: without small ones, unless there is nothing else."""
    words = list(dict.fromkeys(re.findall(r"[^\W_]+", fold(text))))
    large = [word for word in words if word not in _SMALL]
    return [word[:_LONGEST] for word in (large or words)][:most]


def code_of(text: str) -> str:
    """An article number as search compares it: letters and digits alone."""
    return "".join(re.findall(r"[^\W_]+", fold(text)))[:255]


def distance(one: str, other: str, most: int) -> int:
    """How many letters have to be put in, left out, changed or swapped with their neighbour to make one
    word of the other. Anything beyond ``most`` is answered as one more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        last, before, row = before, row, [i]
        for j, against in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != against))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == against:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def allowed_errors(word: str) -> int:
    """How many slips of the finger search forgives in a word: one in a short one, two in others."""
    return (len(word) > 2) + (len(word) > 4)


def neighbours(word: str) -> list[str]:
    """What a short word may have been meant as: one letter less, or two that changed places.

    Trigrams tell long words apart well, and short ones hardly.
    """
    less = {word[:at] + word[at + 1 :] for at in range(len(word))}
    swapped = {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)}
    return sorted((less | swapped) - {word, ""})
