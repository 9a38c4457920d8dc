"""Work that commits or vanishes with the transaction that caused it.

Jobs live in PostgreSQL (procrastinate). ``enqueue`` writes them through the caller's own
connection, so a rolled-back transaction leaves no job, and a committed one cannot lose it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import procrastinate
from procrastinate.jobs import Job as QueuedJob
from sqlalchemy.orm import Session

# The connector is never opened: enqueueing uses the session's connection. The worker opens its own.
_enqueuer = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())


@dataclass(frozen=True, slots=True)
class Job:
    """A job to be done once after the transaction has committed.

    ``name`` is one that the worker knows; ``args`` are JSON values. Jobs with the same ``lock`` run
    one after the other. ``not_before`` puts it off.
    """

    name: str
    args: dict[str, Any] = field(default_factory=dict)
    lock: str | None = None
    not_before: datetime | None = None


def enqueue(session: Session, *jobs: Job) -> None:
    """Record jobs in the session's transaction, in one statement."""
    _enqueuer.job_manager.batch_defer_jobs(
        jobs=[_queued(job) for job in jobs],
        connection=session.connection().connection.driver_connection,
    )


def _queued(job: Job) -> QueuedJob:
    return QueuedJob(
        id=None,
        queue="default",
        lock=job.lock,
        queueing_lock=None,
        task_name=job.name,
        task_kwargs=job.args,
        scheduled_at=job.not_before,
    )


def schema_sql() -> str:
    """The queue's tables and functions, as the installed library ships them."""
    return procrastinate.schema.SchemaManager.get_schema()


__all__: Sequence[str] = ("Job", "enqueue", "schema_sql")
