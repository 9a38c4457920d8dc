"""Units of stock: held while a checkout is open, given back when it ends without a sale."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from kit.errors import Refusal
from storage.revisions import every_store_changed


class SoldOut(Refusal):
    """Not enough units are left of some variants; none was held."""

    def __init__(self, variant_ids: set[UUID]) -> None:
        super().__init__("Some of this has just sold out.", field="cart")
        self.variant_ids = variant_ids


# The rows are locked in the order of their keys, so that two orders for the same goods cannot
# wait for each other. A concurrent change of a row makes PostgreSQL judge it anew before writing.
_WANTED = """
    WITH wanted AS (
      SELECT * FROM unnest(CAST(:variants AS uuid[]), CAST(:quantities AS bigint[]))
               AS w (variant_id, quantity)
    ), locked AS (
      SELECT variant_id FROM stock_levels WHERE variant_id = ANY(CAST(:variants AS uuid[]))
       ORDER BY variant_id FOR UPDATE
    )
"""
_HOLD = text(f"""{_WANTED}
    UPDATE stock_levels k SET held = k.held + w.quantity
      FROM wanted w JOIN locked USING (variant_id)
     WHERE k.variant_id = w.variant_id
       AND (NOT k.counted OR k.oversell OR k.on_hand - k.held >= w.quantity)
    RETURNING k.variant_id, k.counted AND NOT k.oversell AND k.on_hand = k.held AS flipped
""")  # noqa: S608 - constant text
_RELEASE = text(f"""{_WANTED}
    UPDATE stock_levels k SET held = k.held - w.quantity
      FROM wanted w JOIN locked USING (variant_id)
     WHERE k.variant_id = w.variant_id
    RETURNING k.variant_id, k.counted AND NOT k.oversell AND k.on_hand - k.held = w.quantity AS flipped
""")  # noqa: S608 - constant text
_TAKE = text(f"""{_WANTED}
    UPDATE stock_levels k SET held = k.held - w.quantity, on_hand = k.on_hand - w.quantity
      FROM wanted w JOIN locked USING (variant_id)
     WHERE k.variant_id = w.variant_id
""")  # noqa: S608 - constant text
_PUT_BACK = text(f"""{_WANTED}
    UPDATE stock_levels k SET on_hand = k.on_hand + w.quantity
      FROM wanted w JOIN locked USING (variant_id)
     WHERE k.variant_id = w.variant_id
    RETURNING k.variant_id,
              k.counted AND NOT k.oversell AND k.on_hand - k.held BETWEEN 1 AND w.quantity AS flipped
""")  # noqa: S608 - constant text


def hold(session: Session, *, quantities: Mapping[UUID, int]) -> None:
    """Promise units to an order. Raises SoldOut, with what ran out; then nothing is held.

    Variants without a stock level are not counted and always available.
    """
    rows = session.execute(_HOLD, _parameters(quantities)).all()
    if len(rows) < len(quantities):
        held = {row.variant_id for row in rows}
        counted = session.execute(
            text("SELECT variant_id FROM stock_levels WHERE variant_id = ANY(CAST(:variants AS uuid[]))"),
            {"variants": list(quantities)},
        ).scalars()
        if missing := set(counted) - held:
            raise SoldOut(missing)
    if any(row.flipped for row in rows):
        every_store_changed(session)


def release(session: Session, *, quantities: Mapping[UUID, int]) -> None:
    """Give held units back."""
    rows = session.execute(_RELEASE, _parameters(quantities)).all()
    if any(row.flipped for row in rows):
        every_store_changed(session)


def take(session: Session, *, quantities: Mapping[UUID, int]) -> None:
    """Take held units out of the stock, because they have left."""
    session.execute(_TAKE, _parameters(quantities))


def put_back(session: Session, *, quantities: Mapping[UUID, int]) -> None:
    """Add units to the stock that came back and can be sold again."""
    rows = session.execute(_PUT_BACK, _parameters(quantities)).all()
    if any(row.flipped for row in rows):
        every_store_changed(session)


def _parameters(quantities: Mapping[UUID, int]) -> dict[str, object]:
    return {"variants": list(quantities), "quantities": list(quantities.values())}
