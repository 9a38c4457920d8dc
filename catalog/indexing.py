"""What search knows of each product, kept by the code that writes products and collections."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from catalog.models import CollectionProduct
from catalog.words import code_of, fold, words_of

_BATCH = 500
_TAGS = re.compile(r"<[^>]*>")
# A description longer than this says nothing new further down.
_MOST_WORDS = 1500

_READ = text("""
    SELECT p.product_id, p.title, p.summary, p.description, p.kind, p.vendor, p.tags, p.option_names,
           (SELECT array_agg(v.sku) FROM variants v WHERE v.product_id = p.product_id) AS codes,
           (SELECT array_agg(DISTINCT value) FROM variants v, unnest(v.options) value
             WHERE v.product_id = p.product_id) AS values,
           (SELECT array_agg(c.title) FROM collection_products m
              JOIN collections c ON c.collection_id = m.collection_id
             WHERE m.product_id = p.product_id) AS collections
      FROM products p WHERE p.product_id = ANY(CAST(:products AS uuid[]))
""")


def _weighed(name: str, weight: str) -> str:
    """The words of one part of a document, as they stand and by their stems."""
    forms = (
        f"to_tsvector('{language}', CAST(:{name} AS text))" for language in ("simple", "english", "german")
    )
    return f"setweight({' || '.join(forms)}, '{weight}')"


_PARTS = {"called": "A", "said": "B", "around": "C", "described": "D"}
_WRITE = text(f"""
    INSERT INTO search_documents (product_id, title, codes, words)
    VALUES (:product_id, :title, :codes, {" || ".join(_weighed(*part) for part in _PARTS.items())})
    ON CONFLICT (product_id) DO UPDATE
       SET title = EXCLUDED.title, codes = EXCLUDED.codes, words = EXCLUDED.words
""")  # noqa: S608 - constant text
_LEARN = text("""
    INSERT INTO search_words (word) SELECT unnest(CAST(:words AS text[])) ON CONFLICT DO NOTHING
""")


def index_products(session: Session, products: Iterable[UUID]) -> None:
    """Write down anew what search knows of products, after they or what stands in them changed."""
    # In one order, so that two who write at once wait for one another and not in a circle.
    for some in _batches(sorted(set(products))):
        rows = session.execute(_READ, {"products": some}).all()
        if not rows:
            continue
        documents, vocabulary = [], set()
        for row in rows:
            parts = _parts(row)
            documents.append(
                {
                    "product_id": row.product_id,
                    "title": fold(row.title).strip(),
                    "codes": sorted({code_of(code) for code in row.codes or ()}),
                    **{name: " ".join(words) for name, words in parts.items()},
                }
            )
            # A slip in a word of the long text is not looked for: it would find everything by chance.
            vocabulary |= {
                word
                for name in ("called", "said", "around")
                for word in parts[name]
                if len(word) > 2 and not word.isdigit()
            }
        session.execute(_WRITE, documents)
        session.execute(_LEARN, {"words": sorted(vocabulary)})


def index_collection(session: Session, *, collection_id: UUID) -> None:
    """The same for all that stands in a collection, whose title leads to it."""
    index_products(
        session,
        session.scalars(
            select(CollectionProduct.product_id).where(CollectionProduct.collection_id == collection_id)
        ),
    )


def _parts(row: Row[Any]) -> dict[str, list[str]]:
    plain = _TAGS.sub(" ", row.description)
    return {
        "called": words_of(row.title),
        "said": words_of(" ".join((row.kind, *row.tags, *(row.values or ())))),
        "around": words_of(" ".join((row.summary, row.vendor, *row.option_names, *(row.collections or ())))),
        "described": [*words_of(" ".join(row.codes or ())), *words_of(plain)][:_MOST_WORDS],
    }


def _batches(ids: Sequence[UUID]) -> Iterable[list[UUID]]:
    return ([*ids[at : at + _BATCH]] for at in range(0, len(ids), _BATCH))
