"""What the worker does by the clock, and finding again what a dead worker left.

A job by the clock is in the queue at most once. It is not tried again when it fails: the next one does
the same. Its failure stands in the work queue of the console until one has succeeded.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import procrastinate
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status

from app.personal_data import sweep_personal
from app.services import Services
from app.statements import closed, spread_statements
from orders.newsletter.asking import forget_old
from payments.inbox import drain
from payments.ledger.points import move_points
from payments.payouts.runs import draft_by_schedule
from payments.sweep import sweep
from pricing.band_filling import fill_bands
from storage.database import transaction
from storage.queue import forget_failures

log = logging.getLogger(__name__)

_DEAD_AFTER = 30


def add_periodic(app: procrastinate.App, services: Services) -> None:
    """Give the queue's application its jobs by the clock."""

    def forget(name: str) -> None:
        with transaction(services.console) as session:
            forget_failures(session, name=name)

    def periodic(name: str, cron: str, *, alone: bool = False) -> Callable[[Callable[[], None]], None]:
        """``alone`` keeps two of them from running at once."""

        def add(work: Callable[[], None]) -> None:
            def run(timestamp: int) -> None:
                work()
                forget(name)

            task = app.task(name=name, queue="default", lock=name if alone else None, queueing_lock=name)(run)
            app.periodic(cron=cron)(task)

        return add

    @periodic("stripe.inbox", "* * * * * */2", alone=True)
    def stripe_inbox() -> None:
        drain(services.face, gateway=services.gateway, now=services.clock.now())

    @periodic("payments.sweep", "7 * * * *")
    def payments_sweep() -> None:
        sweep(
            face=services.face,
            console=services.console,
            gateway=services.gateway,
            now=services.clock.now(),
        )

    @periodic("payouts.draft", "11 * * * *", alone=True)
    def payouts_draft() -> None:
        with transaction(services.console) as session:
            draft_by_schedule(session, now=services.clock.now())

    @periodic("balance.points", "41 2 * * *")
    def balance_points() -> None:
        with transaction(services.console) as session:
            move_points(session, now=services.clock.now())

    # Every night, so that a worker that was off on the first of the month makes up for it: on any other
    # night it finds nothing to do.
    @periodic("statements.due", "17 3 * * *")
    def statements_due() -> None:
        spread_statements(services, until=closed(services))

    @periodic("prices.bands", "23 3 * * *", alone=True)
    def prices_bands() -> None:
        with transaction(services.console) as session:
            fill_bands(session, now=services.clock.now())

    @periodic("newsletter.forget", "37 4 * * *")
    def newsletter_forget() -> None:
        with transaction(services.console) as session:
            forget_old(session, now=services.clock.now())

    # What people may expect to be gone is gone in the night in which its time is over.
    @periodic("personal.sweep", "53 1 * * *", alone=True)
    def personal_sweep() -> None:
        sweep_personal(services)

    @app.periodic(cron="* * * * * */20")
    @app.task(name="queue.rescue", queue="default", queueing_lock="queue.rescue")
    async def queue_rescue(timestamp: int) -> None:
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=_DEAD_AFTER):
            try:
                await app.job_manager.retry_job(job)
            except UniqueViolation:
                # The next one by the clock is queued already, does the same, and may wait for the lock
                # that the dead one holds.
                await app.job_manager.finish_job(job, status=Status.ABORTED, delete_job=True)
            log.warning("job %s was left by a dead worker; it runs again", job.task_name)
        await asyncio.to_thread(forget, "queue.rescue")
