"""Finding what a shopper types, among what one store shows: exact first, then forgiving.

The words are looked for as they are, as beginnings and by their stems. Where that finds nothing, each word
that the store does not know is read as the nearest one that it does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from catalog.words import allowed_errors, asked_words, code_of, distance, fold, neighbours
from pricing.precedence import WHOLESALE_IN_FORCE

MOST_FOUND = 240
# Of what a very broad word finds no more than this is ranked; the exact title and number always are.
_MOST_RANKED = 1_000
_MOST_WORDS = 8
_MOST_NEAR = 12
_MOST_READINGS = 6
_SHORTEST_PART = 4


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, best first, at most ``MOST_FOUND``.

    ``read_as`` is what the words were taken for where they were misspelt, else empty. With nothing found
    ``near`` has what comes nearest, and ``read_as`` the words that would find something.
    """

    products: tuple[UUID, ...] = ()
    read_as: str = ""
    near: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class _Reading:
    """What a typed word may stand for: ``shown`` says it, and any of ``words`` counts for it."""

    shown: str
    words: tuple[str, ...]


@dataclass(slots=True)
class _Asked:
    """A question to the documents in the making: its text of SQL, and what its places hold."""

    values: dict[str, str] = field(default_factory=dict)

    def all_of(self, readings: Sequence[_Reading]) -> str:
        return " && ".join(self._any_of(reading) for reading in readings)

    def any_of(self, readings: Sequence[_Reading]) -> str:
        return " || ".join(self._any_of(reading) for reading in readings)

    def _any_of(self, reading: _Reading) -> str:
        forms = []
        for word in reading.words:
            # Stems are there in both languages: a store's words are often of more than one.
            begins, whole = f"w{len(self.values)}", f"w{len(self.values) + 1}"
            self.values |= {begins: f"{word}:*", whole: word}
            forms += [
                f"to_tsquery('simple', :{begins})",
                f"plainto_tsquery('english', :{whole})",
                f"plainto_tsquery('german', :{whole})",
            ]
        return f"({' || '.join(forms)})"


_TERMS = """
terms AS MATERIALIZED (
  SELECT s.currency, p.price_list_id AS own_list,
         (SELECT d.price_list_id FROM price_lists d WHERE d.is_default) AS default_list
    FROM stores s JOIN partners p ON p.partner_id = s.partner_id
   WHERE s.partner_id = :partner_id AND p.partner_id = :partner_id AND s.store_id = :store_id
)"""
_PRICED = """
    SELECT 1 FROM variants v WHERE v.product_id = d.product_id AND EXISTS ({wholesale})
""".replace(
    "{wholesale}",
    WHOLESALE_IN_FORCE.partition("ORDER BY")[0].format(
        variant="v.variant_id",
        currency="terms.currency",
        own_list="terms.own_list",
        default_list="terms.default_list",
        at="CAST(:now AS timestamptz)",
    ),
)
_VISIBLE = """
    JOIN products p ON p.product_id = d.product_id AND p.state = 'active'
   WHERE NOT EXISTS (
     SELECT 1 FROM hidden_products h
      WHERE h.partner_id = :partner_id AND h.store_id = :store_id AND h.product_id = d.product_id)"""
# What has no price is left out of the best alone: asking of everything that a short word finds is slow. The
# question is worked out once: written where it is used, a plan made for any values would do it for each row.
_FIND = """
WITH {terms},
asked AS MATERIALIZED (SELECT {query} AS words),
matched AS (
  (SELECT d.* FROM asked CROSS JOIN search_documents d WHERE d.words @@ asked.words LIMIT {ranked})
  UNION ALL
  (SELECT d.* FROM search_documents d WHERE d.title = :title)
  UNION ALL
  (SELECT d.* FROM search_documents d WHERE d.codes @> ARRAY[CAST(:code AS text)])
),
best AS (
  SELECT d.product_id, p.position,
         CASE WHEN CAST(:code AS text) = ANY(d.codes) THEN 0 WHEN d.title = :title THEN 1
              WHEN starts_with(d.title, :title) THEN 2 ELSE 3 END AS tier,
         ts_rank(d.words, asked.words) AS rank
    FROM asked CROSS JOIN matched d {visible}
   ORDER BY tier, rank DESC, p.position, d.product_id LIMIT :most
)
SELECT d.product_id FROM best d CROSS JOIN terms WHERE EXISTS ({priced})
 ORDER BY d.tier, d.rank DESC, d.position, d.product_id
"""
_KNOWN = text(f"""
WITH {_TERMS}
SELECT c.word FROM unnest(CAST(:words AS text[])) AS c (word) CROSS JOIN terms
 WHERE EXISTS (
   SELECT 1 FROM search_documents d {_VISIBLE}
      AND d.words @@ to_tsquery('simple', c.word || ':*') AND EXISTS ({_PRICED}))
""")  # noqa: S608 - constant text
_NEAR = text("""
SELECT t.typed, w.word
  FROM unnest(CAST(:typed AS text[])) AS t (typed)
 CROSS JOIN LATERAL (
   (SELECT x.word FROM search_words x ORDER BY x.word <-> t.typed LIMIT 40)
   UNION
   (SELECT x.word FROM search_words x
     WHERE length(t.typed) >= :shortest AND x.word LIKE '%' || t.typed || '%' LIMIT 40)
 ) w
UNION ALL
SELECT t.typed, x.word FROM unnest(CAST(:short AS text[]), CAST(:other AS text[])) AS t (typed, other)
  JOIN search_words x ON x.word = t.other
""")


def find(
    session: Session, *, partner_id: UUID, store_id: UUID, query: str, now: datetime, most: int = MOST_FOUND
) -> Found:
    """Find products of a store by what somebody typed. Whatever was typed is only ever looked for."""
    words = asked_words(query, most=_MOST_WORDS)
    if not words:
        return Found()
    keys = {"partner_id": partner_id, "store_id": store_id, "now": now}
    plain = [_Reading(word, (word,)) for word in words]
    found = _find(session, keys, plain, all_of=True, typed=query, most=most)
    if found:
        return Found(found)
    readings = _readings(session, keys, words)
    known = [readings[word] for word in words if word in readings]
    read_as = " ".join(reading.shown for reading in known)
    if len(known) == len(words):
        found = _find(session, keys, known, all_of=True, typed=read_as, most=most)
        if found:
            return Found(found, read_as if read_as != " ".join(words) else "")
    if not known:
        return Found()
    near = _find(session, keys, known, all_of=False, typed=read_as, most=_MOST_NEAR)
    return Found((), read_as, near)


def _find(
    session: Session,
    keys: Mapping[str, object],
    readings: Sequence[_Reading],
    *,
    all_of: bool,
    typed: str,
    most: int,
) -> tuple[UUID, ...]:
    asked = _Asked()
    query = asked.all_of(readings) if all_of else asked.any_of(readings)
    given = {**keys, **asked.values, "code": code_of(typed), "title": fold(typed).strip()}
    given["most"] = most
    # What is found by its words and by its title or number too stands there twice.
    return tuple(dict.fromkeys(session.scalars(_statement(query), given)))


@lru_cache(maxsize=256)
def _statement(query: str) -> TextClause:
    return text(
        _FIND.format(terms=_TERMS, query=query, visible=_VISIBLE, priced=_PRICED, ranked=_MOST_RANKED)
    )


def _readings(session: Session, keys: Mapping[str, object], words: Sequence[str]) -> dict[str, _Reading]:
    """What each word may stand for, of the words that lead to something in this store."""
    swapped = [(word, other) for word in words if len(word) < 7 for other in neighbours(word)]
    rows = session.execute(
        _NEAR,
        {
            "typed": list(words),
            "shortest": _SHORTEST_PART,
            "short": [typed for typed, _ in swapped],
            "other": [other for _, other in swapped],
        },
    )
    ranked: dict[str, set[tuple[float, str]]] = {word: set() for word in words}
    for typed, word in rows:
        errors = _errors(typed, word)
        if errors is not None:
            ranked[typed].add((errors, word))
    tried = {word: sorted(near)[:_MOST_READINGS] for word, near in ranked.items()}
    asked = sorted({*words, *(near for those in tried.values() for _, near in those)})
    known = set(session.scalars(_KNOWN, {**keys, "words": asked}))
    readings = {}
    for word in words:
        if word in known:
            readings[word] = _Reading(word, (word,))
            continue
        possible = [(errors, near) for errors, near in tried[word] if near in known]
        if possible and possible[0][0] == _PART:
            # Part of a longer word, as in compounds: all of them are meant.
            readings[word] = _Reading(word, tuple(near for errors, near in possible if errors == _PART))
        elif possible:
            readings[word] = _Reading(possible[0][1], (possible[0][1],))
    return readings


_PART = 0.5


def _errors(typed: str, word: str) -> float | None:
    """How far a known word is from what was typed; None where it is too far to be meant."""
    most = allowed_errors(typed)
    if len(typed) >= _SHORTEST_PART and typed in word:
        return _PART
    errors = distance(typed, word, most)
    if errors <= most:
        return errors
    # Somebody who is still typing has written the beginning of a word, perhaps with a slip.
    if len(typed) >= _SHORTEST_PART and distance(typed, word[: len(typed)], 1) <= 1:
        return most + 1
    return None
