"""Looking at the queue of jobs, and letting one that failed run again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from kit.errors import NotFound


@dataclass(frozen=True, slots=True)
class FailedJob:
    """A job that was given up. ``args`` are what it was asked with, ``at`` when it last failed."""

    job_id: int
    name: str
    args: dict[str, Any]
    attempts: int
    at: datetime | None


_FAILED = text("""
    SELECT j.id, j.task_name, j.args, j.attempts,
           (SELECT max(e.at) FROM procrastinate_events e WHERE e.job_id = j.id AND e.type = 'failed') AS at
      FROM procrastinate_jobs j WHERE j.status = 'failed' ORDER BY at DESC NULLS LAST, j.id DESC LIMIT :limit
""")
# Of a job by the clock the next one may be queued already, and only one of them may carry the name.
_AGAIN = text("""
    UPDATE procrastinate_jobs
       SET status = 'todo', scheduled_at = NULL, abort_requested = false, queueing_lock = NULL
     WHERE id = :job_id AND status = 'failed' RETURNING id
""")
_FORGET = text("DELETE FROM procrastinate_jobs WHERE status = 'failed' AND task_name = :name")
_WAITING = text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")


def failed_jobs(session: Session, *, limit: int = 50) -> list[FailedJob]:
    """Jobs that were given up, the latest first."""
    return [FailedJob(*row) for row in session.execute(_FAILED, {"limit": limit})]


def waiting_jobs(session: Session) -> int:
    """How many jobs are still to be done."""
    return int(session.execute(_WAITING).scalar_one())


def try_again(session: Session, *, job_id: int) -> None:
    """Let a failed job run again at once. Raises NotFound when it is not among the failed ones."""
    if session.execute(_AGAIN, {"job_id": job_id}).one_or_none() is None:
        raise NotFound("This job is not among the failed ones any more.")


def forget_failures(session: Session, *, name: str) -> None:
    """Drop the failed jobs of a name, for one that has since made up for them."""
    session.execute(_FORGET, {"name": name})
