"""What a partner may see of its customers: as the company granted it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

FIELDS = ("name", "email", "phone", "address", "city")

# Price lists stand a floor above; what one grants is a plain column, read here by its name.
_GRANTED = text("""
    SELECT coalesce(p.customer_fields, l.customer_fields) AS fields
      FROM partners p JOIN price_lists l ON l.price_list_id = p.price_list_id
     WHERE p.partner_id = :partner_id
""")


def granted_fields(session: Session, *, partner_id: UUID) -> frozenset[str]:
    """Return which of ``FIELDS`` the partner may see: its own grant, or else that of its price list."""
    return frozenset(session.execute(_GRANTED, {"partner_id": partner_id}).scalar_one()) & set(FIELDS)
