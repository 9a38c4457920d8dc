"""The end of an account: nothing of it stays."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from orders.accounts.models import Account, AccountAddress, AccountSession, ShopperLink


def remove_accounts(session: Session, *, partner_id: UUID, account_ids: Sequence[UUID]) -> None:
    """Remove accounts with their sessions, addresses and links. What was bought stays as it was."""
    if not account_ids:
        return
    for table in (AccountSession, AccountAddress, ShopperLink, Account):
        session.execute(
            delete(table).where(table.partner_id == partner_id, table.account_id.in_(account_ids))
        )
