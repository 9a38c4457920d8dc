"""What search knows: a document for each product, and the words in use.

Revision ID: 0019
"""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

# The company's catalogue, and its words: the faces only look things up.
FACE = {"search_documents": "SELECT", "search_words": "SELECT"}
CONSOLE = {"search_documents": "SELECT, INSERT, UPDATE", "search_words": "SELECT, INSERT"}


def upgrade() -> None:
    # A trusted extension: the database's owner may create it where it is installed, as it is on all
    # managed servers.
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.execute("""
        CREATE TABLE search_documents (
            product_id UUID NOT NULL,
            title TEXT NOT NULL,
            codes TEXT[] NOT NULL,
            words TSVECTOR NOT NULL,
            CONSTRAINT search_documents_pkey PRIMARY KEY (product_id),
            CONSTRAINT search_documents_product_id_fkey FOREIGN KEY (product_id)
                REFERENCES products (product_id)
        )
    """)
    # Products are looked for far more often than written: nothing waits outside the index to be searched too.
    for column in ("words", "codes"):
        op.execute(
            f"CREATE INDEX search_documents_{column}_idx ON search_documents USING gin ({column})"
            " WITH (fastupdate = off)"
        )
    op.execute("CREATE INDEX search_documents_title_idx ON search_documents (title)")
    op.execute("""
        CREATE TABLE search_words (
            word TEXT NOT NULL,
            CONSTRAINT search_words_pkey PRIMARY KEY (word)
        )
    """)
    op.execute("CREATE INDEX search_words_word_idx ON search_words USING gist (word gist_trgm_ops)")
    for role, grants in (("awning_face", FACE), ("awning_console", CONSOLE)):
        for table, privileges in grants.items():
            op.execute(f"GRANT {privileges} ON {table} TO {role}")
    _fill(op.get_bind())


def downgrade() -> None:
    raise NotImplementedError("the tables are kept; restore a backup instead")


# Below is what the program did when this was written, kept here so that it stays what it was.
_FOLDED = str.maketrans(
    {"ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i", "ى": "ي", "ة": "ه"}
    | dict.fromkeys("'’ʼ‘`´ـ")
)
_READ = sa.text("""
    SELECT p.product_id, p.title, p.summary, p.description, p.kind, p.vendor, p.tags, p.option_names,
           (SELECT array_agg(v.sku) FROM variants v WHERE v.product_id = p.product_id) AS codes,
           (SELECT array_agg(DISTINCT value) FROM variants v, unnest(v.options) value
             WHERE v.product_id = p.product_id) AS values,
           (SELECT array_agg(c.title) FROM collection_products m
              JOIN collections c ON c.collection_id = m.collection_id
             WHERE m.product_id = p.product_id) AS collections
      FROM products p WHERE p.product_id = ANY(CAST(:products AS uuid[]))
""")
_WRITE = sa.text("""
    INSERT INTO search_documents (product_id, title, codes, words) VALUES (:product_id, :title, :codes,
        setweight(to_tsvector('simple', CAST(:a AS text)) || to_tsvector('english', CAST(:a AS text))
                  || to_tsvector('german', CAST(:a AS text)), 'A')
        || setweight(to_tsvector('simple', CAST(:b AS text)) || to_tsvector('english', CAST(:b AS text))
                  || to_tsvector('german', CAST(:b AS text)), 'B')
        || setweight(to_tsvector('simple', CAST(:c AS text)) || to_tsvector('english', CAST(:c AS text))
                  || to_tsvector('german', CAST(:c AS text)), 'C')
        || setweight(to_tsvector('simple', CAST(:d AS text)) || to_tsvector('english', CAST(:d AS text))
                  || to_tsvector('german', CAST(:d AS text)), 'D'))
""")


def _fill(connection: sa.Connection) -> None:
    ids = list(connection.scalars(sa.text("SELECT product_id FROM products ORDER BY product_id")))
    learn = sa.text(
        "INSERT INTO search_words (word) SELECT unnest(CAST(:words AS text[])) ON CONFLICT DO NOTHING"
    )
    for at in range(0, len(ids), 500):
        documents, known = [], set()
        for row in connection.execute(_READ, {"products": ids[at : at + 500]}).all():
            codes = row.codes or ()
            parts = {
                "a": _words(row.title),
                "b": _words(" ".join((row.kind, *row.tags, *(row.values or ())))),
                "c": _words(
                    " ".join((row.summary, row.vendor, *row.option_names, *(row.collections or ())))
                ),
                "d": (_words(" ".join(codes)) + _words(re.sub(r"<[^>]*>", " ", row.description)))[:1500],
            }
            known |= {w for name in "abc" for w in parts[name] if len(w) > 2 and not w.isdigit()}
            documents.append(
                {
                    "product_id": row.product_id,
                    "title": _fold(row.title).strip(),
                    "codes": sorted({"".join(re.findall(r"[^\W_]+", _fold(code)))[:255] for code in codes}),
                    **{name: " ".join(words) for name, words in parts.items()},
                }
            )
        connection.execute(_WRITE, documents)
        connection.execute(learn, {"words": sorted(known)})


def _fold(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.casefold().translate(_FOLDED))
    plain = "".join(letter for letter in apart if unicodedata.category(letter) not in ("Mn", "Cf"))
    return plain.casefold().translate(_FOLDED)


def _words(text: str) -> list[str]:
    found = []
    for match in re.findall(r"[^\W_]+(?:-[^\W_]+)*", _fold(text)):
        parts = match.split("-")
        found += [part[:40] for part in parts]
        if len(parts) > 1:
            found.append("".join(parts)[:40])
    return found
