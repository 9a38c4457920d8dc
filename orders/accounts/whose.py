"""Whose data somebody may ask for: all of a proven address, or the one order of an account without one."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from orders.accounts.signing import Shopper
from orders.keepers import Whose
from orders.models import Customer


def whose_address(session: Session, *, partner_id: UUID, store_id: UUID, email: str) -> Whose:
    """All that a store keeps of an address. The caller has made sure that it is the asker's."""
    customer_id = session.scalar(
        select(Customer.customer_id).where(
            Customer.partner_id == partner_id, Customer.store_id == store_id, Customer.email == email
        )
    )
    return Whose(partner_id, store_id, email, customer_id)


def whose_account(shopper: Shopper) -> Whose:
    """What somebody who is signed in may ask for."""
    return Whose(
        shopper.partner_id,
        shopper.store_id,
        shopper.email,
        shopper.customer_id,
        None if shopper.proven else shopper.order_id,
    )
