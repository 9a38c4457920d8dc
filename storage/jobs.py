"""Work that commits or vanishes with the transaction that caused it.

Jobs live in PostgreSQL (procrastinate). ``enqueue`` writes them through the caller's own
connection, so a rolled-back transaction leaves no job, and a committed one cannot lose it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

if TYPE_CHECKING:
    from procrastinate import App
    from procrastinate.jobs import Job as QueuedJob


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
    _enqueuer().job_manager.batch_defer_jobs(
        jobs=[_queued(job) for job in jobs],
        connection=session.connection().connection.driver_connection,
    )


@lru_cache(maxsize=1)
def _enqueuer() -> App:
    # The library is loaded when the first job is written, so that a web process is ready sooner. The
    # connector is never opened: enqueueing uses the session's connection, and the worker has its own.
    import procrastinate

    return procrastinate.App(connector=procrastinate.SyncPsycopgConnector())


def _queued(job: Job) -> QueuedJob:
    from procrastinate.jobs import Job as QueuedJob

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
    import procrastinate

    return procrastinate.schema.SchemaManager.get_schema()
