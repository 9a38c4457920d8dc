"""Who keeps something of a shopper: each room says what it has, and erases it.

The list of all rooms stands in ``app.keepers``; what a room does not name there is neither given out nor
erased.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose data is meant: a customer of one store, by its address.

    ``email`` is in small letters. ``customer_id`` is None for an address that never bought and never
    registered. ``order_id`` narrows to one order: all that somebody may see whose address is not proven.
    """

    partner_id: UUID
    store_id: UUID
    email: str
    customer_id: UUID | None
    order_id: UUID | None = None

    @property
    def keys(self) -> dict[str, Any]:
        """The parameters of a statement about it."""
        return {
            "partner_id": self.partner_id,
            "store_id": self.store_id,
            "email": self.email,
            "customer_id": self.customer_id,
            "only": self.order_id,
        }


@dataclass(frozen=True, slots=True)
class Keeper:
    """A room that keeps something of shoppers.

    ``give`` returns it by the name under which it stands in the file that a shopper gets: values of JSON,
    and nothing that is not the shopper's own. ``erase`` removes or replaces what is not needed any more, at
    once and for good; what belongs to an order may wait for it, and is erased by ``erase_order`` as soon as
    nothing of the order is open. Each takes the session of the shopper's partner.
    """

    name: str
    give: Callable[[Session, Whose], dict[str, Any]]
    erase: Callable[[Session, Whose, datetime], None] | None = None
    erase_order: Callable[[Session, UUID, UUID, datetime], None] | None = None
