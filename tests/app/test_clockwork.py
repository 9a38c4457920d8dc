"""Jobs by the clock, and what a dead worker leaves: nothing waits for ever, and no failure stands for ever."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text

from storage.database import transaction
from storage.queue import failed_jobs, try_again
from tests.world import World

_PUT = text("""
    INSERT INTO procrastinate_jobs (queue_name, task_name, status, lock, queueing_lock, args)
    VALUES ('default', :name, CAST(:status AS procrastinate_job_status), :lock, :once, CAST(:args AS jsonb))
    RETURNING id
""")


def put(world: World, name: str, status: str, *, lock: str | None = None, **args: object) -> int:
    """Put a job into the queue. One that is being done by nobody is one whose worker is dead."""
    once = name if "timestamp" in args else None
    with transaction(world.services.console) as session:
        row = {"name": name, "status": status, "lock": lock, "once": once, "args": json.dumps(args)}
        return int(session.execute(_PUT, row).scalar_one())


def left(world: World, *jobs: int) -> dict[int, str]:
    """The jobs of these that are still there, with their state."""
    with transaction(world.services.console) as session:
        rows = session.execute(
            text("SELECT id, status::text FROM procrastinate_jobs WHERE id = ANY(:ids)"), {"ids": list(jobs)}
        )
        return {row.id: row.status for row in rows}


@pytest.fixture(autouse=True)
def _empty_queue(world: World) -> None:
    with transaction(world.services.console) as session:
        session.execute(text("DELETE FROM procrastinate_jobs"))


def test_a_dead_worker_holds_up_neither_the_inbox_nor_other_jobs(world: World) -> None:
    # It died in the middle of the inbox. Since then the clock has queued the inbox again, which waits for
    # the lock that the dead job holds.
    dead = put(world, "stripe.inbox", "doing", lock="stripe.inbox", timestamp=1)
    queued = put(world, "stripe.inbox", "todo", lock="stripe.inbox", timestamp=2)
    other = put(world, "picture.sizes", "doing", picture_id="01a20a66-3953-7f0a-81c6-9da9acc43cce")
    rescue = put(world, "queue.rescue", "todo", timestamp=3)
    world.run_jobs()
    assert left(world, dead, queued, other, rescue) == {}


def test_a_failure_by_the_clock_stands_until_one_has_succeeded(world: World) -> None:
    inbox = put(world, "stripe.inbox", "failed", timestamp=1)
    bands = put(world, "prices.bands", "failed", timestamp=1)
    put(world, "stripe.inbox", "todo", timestamp=2)
    world.run_jobs()
    assert left(world, inbox, bands) == {bands: "failed"}


def test_staff_try_a_failed_job_again_while_the_next_is_queued(world: World) -> None:
    failed = put(world, "stripe.inbox", "failed", lock="stripe.inbox", timestamp=1)
    queued = put(world, "stripe.inbox", "todo", lock="stripe.inbox", timestamp=2)
    with transaction(world.services.console) as session:
        assert [job.job_id for job in failed_jobs(session)] == [failed]
        try_again(session, job_id=failed)
    world.run_jobs()
    assert left(world, failed, queued) == {}
