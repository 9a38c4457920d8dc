"""Which partner a transaction belongs to.

Row-level security shows a transaction the rows of the partner named by the setting
``awning.partner``. It is set here and nowhere else, as the first statement of the transaction, as a
literal ``SET LOCAL``: PostgreSQL forgets it at the transaction's end, so a pooled connection carries
nothing over, and Citus hands a literal setting on to its workers, which it does not do for
``set_config()`` or inside a savepoint.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Engine, Table
from sqlalchemy.orm import Session

# These tables name a partner and are still shared: each is read before a tenant is known, or is
# written for the company to read. Everything else with a partner_id is a tenant table.
SHARED_TABLES = frozenset(
    {
        "hostnames",  # A request's host is looked up to learn whose store it is.
        "memberships",  # A person signs in first and then finds the partners that it works for.
        "web_sessions",  # A session is found by its cookie, before it says whose it is.
        "one_time_links",  # A link is found by its token, likewise.
        "audit_log",  # The company's log: the faces may write to it and cannot read it.
    }
)


class TenantSwitched(RuntimeError):
    """A second tenant was asked for in one transaction, or the transaction had begun without one."""


def enter(session: Session, partner_id: UUID) -> None:
    """Make the transaction that begins now this partner's. Call it before any other statement.

    Raises TenantSwitched when the session is inside a transaction already.
    """
    if session.in_transaction():
        raise TenantSwitched("a transaction belongs to one partner from its first statement on")
    if not isinstance(partner_id, UUID):
        raise TypeError("the tenant is a validated UUID")
    session.connection().exec_driver_sql(f"SET LOCAL awning.partner = '{partner_id}'")


@dataclass(frozen=True)
class Tenant:
    """One partner's way into the database: hands out transactions that see this partner alone."""

    engine: Engine
    partner_id: UUID

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """A transaction of this partner. Commits when the block ends, rolls back when it raises."""
        with Session(self.engine, expire_on_commit=False) as session:
            enter(session, self.partner_id)
            yield session
            session.commit()


def is_tenant_table(table: Table) -> bool:
    return "partner_id" in table.columns and table.name not in SHARED_TABLES


def tenant_tables(tables: Iterable[Table]) -> list[Table]:
    """The tables that carry the three walls, by name."""
    return sorted((table for table in tables if is_tenant_table(table)), key=lambda table: table.name)
