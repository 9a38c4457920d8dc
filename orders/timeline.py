"""Writing an order's permanent timeline."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from kit.ids import new_id
from orders.models import OrderEvent
from storage.database import insert_rows


def note(
    session: Session, *, partner_id: UUID, order_id: UUID, kind: str, now: datetime, **data: Any
) -> None:
    """Add an entry to an order's timeline. ``data`` holds what its sentence needs: see ``orders.reading``."""
    event = {"event_id": new_id(), "order_id": order_id, "at": now, "kind": kind, "data": data}
    insert_rows(session, OrderEvent, [{"partner_id": partner_id, **event}])
