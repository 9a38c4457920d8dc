"""Running the tests of the guards against a database that has lost one of them.

The tests run once in this process, unharmed, and each mutation is then judged by a fork of it: starting
Python and importing the program takes longer than the tests that notice, and whatever a failed test
leaves behind (threads, connections, counters) ends with its process instead of troubling the next one.
"""

from __future__ import annotations

import gc
import io
import multiprocessing
import os
import re
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext, make_url

from scripts.mutations.guards import Mutation

# What users rely on goes before what the catalogue says, as far as equals among the tests are concerned.
TESTS = (
    "tests/architecture/test_guards.py",
    "tests/architecture/test_constraints.py",
    "tests/storage/test_tenancy.py",
    "tests/pricing/test_setting_prices.py",
    "tests/architecture/test_three_walls.py",
    "tests/architecture/test_grants.py",
)
_LONGEST = 120
_fork = multiprocessing.get_context("fork")


@dataclass
class Run:
    """What came of one run of the tests, up to the first that failed.

    ``refusals`` are the database's words of refusal, by the test that met them.
    """

    passed: int = 0
    failed: str = ""
    detail: str = ""
    refusals: dict[str, list[str]] = field(default_factory=dict)


class _Watch:
    """A plugin of pytest that puts the tests in order and writes down what comes of them."""

    def __init__(self, run: Run, first: Callable[[str], int]) -> None:
        self.run = run
        self.first = first

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: self.first(item.nodeid))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.run.passed += report.when == "call" and report.passed
        if report.failed and not self.run.failed:
            self.run.failed = report.nodeid + ("" if report.when == "call" else f" (its {report.when})")
            self.run.detail = report.longreprtext

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        def note(context: ExceptionContext) -> None:
            self.run.refusals.setdefault(item.nodeid, []).append(str(context.original_exception))

        event.listen(Engine, "handle_error", note)
        try:
            return (yield)
        finally:
            event.remove(Engine, "handle_error", note)


class Judge:
    """Judges mutations on one server, by forks of this process."""

    def __init__(self, url: str, folder: Path, *, at_once: int) -> None:
        """``url`` is the owner's address of the server, which has the migrated ``awning_template``."""
        self._url = make_url(url).set(drivername="postgresql+psycopg")
        self._folder = folder
        self._at_once = at_once
        os.environ["AWNING_TEST_SERVER"] = url

    def unharmed(self) -> Run:
        """Run the tests against a database that has all its guards; call it first.

        This happens in this process, so that the forks find imported and prepared what tests need.
        """
        run = self._run("unharmed", None, lambda _: 0)
        if threading.active_count() > 1:
            raise RuntimeError(f"a fork would lose the threads that the tests left: {threading.enumerate()}")
        gc.collect()
        # What is here now is here to stay: collecting it in each fork anew would only copy its memory.
        gc.freeze()
        return run

    def judge(self, mutations: Iterable[Mutation], unharmed: Run) -> Iterator[tuple[Mutation, Run]]:
        """Run the tests without each guard in turn, until one fails; yields in the order of verdicts."""
        waiting = deque(mutations)
        free = [f"mutation_{number}" for number in range(self._at_once)]
        busy: dict[Connection, tuple[str, Mutation, ForkProcess]] = {}
        while waiting or busy:
            while waiting and free:
                slot, mutation = free.pop(), waiting.popleft()
                ours, theirs = _fork.Pipe(duplex=False)
                work = (theirs, slot, mutation, _preference(mutation, unharmed))
                process = _fork.Process(target=self._work, args=work, daemon=True)
                process.start()
                # Without a second open end here, a process that dies is noticed as the end of its pipe.
                theirs.close()
                busy[ours] = slot, mutation, process
            ready = wait(list(busy))
            for ours in [one for one in busy if one in ready]:
                slot, mutation, process = busy.pop(ours)
                try:
                    answer = ours.recv()
                except EOFError:
                    answer = "the process of the tests died"
                ours.close()
                process.join()
                free.append(slot)
                if isinstance(answer, str):
                    raise RuntimeError(f"{mutation.statement}: {answer}")
                yield mutation, answer

    def _work(self, answer: Connection, slot: str, mutation: Mutation, first: Callable[[str], int]) -> None:
        """In a process of its own: take the guard away, run the tests, tell what came of it."""
        try:
            answer.send(self._run(slot, mutation, first))
        except Exception as error:
            answer.send(f"{type(error).__name__}: {error}")

    def _run(self, slot: str, mutation: Mutation | None, first: Callable[[str], int]) -> Run:
        # The statement is outside of the tests: one that fails must not look like a test that noticed.
        self._prepare(slot, mutation)
        os.environ["AWNING_TEST_DATABASE"] = slot
        # What a failed test leaves open is told to nobody: the failure is all that is asked for.
        options = ["-x", "-p", "no:unraisableexception", f"--timeout={_LONGEST}"]
        run = Run()
        with redirect_stdout(io.StringIO()) as said:
            code = pytest.main(
                [*options, f"--basetemp={self._folder / slot}", *TESTS], plugins=[_Watch(run, first)]
            )
        expected = pytest.ExitCode.TESTS_FAILED if run.failed else pytest.ExitCode.OK
        if code != expected or not (run.passed or run.failed):
            raise RuntimeError(f"pytest ended with {code!r}:\n{said.getvalue()[-4000:]}")
        return run

    def _prepare(self, database: str, mutation: Mutation | None) -> None:
        # Only the superuser may end an autovacuum that is looking at the database to be dropped.
        server = create_engine(
            self._url.set(username="postgres", database="postgres"), isolation_level="AUTOCOMMIT"
        )
        with server.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
            connection.exec_driver_sql(
                f"CREATE DATABASE {database} OWNER awning_owner TEMPLATE awning_template"
            )
        server.dispose()
        if mutation:
            engine = self._engine(database)
            with engine.begin() as connection:
                connection.exec_driver_sql(mutation.statement)
            engine.dispose()

    def _engine(self, database: str, **options: str) -> Engine:
        return create_engine(self._url.set(database=database), **options)


def _preference(mutation: Mutation, unharmed: Run) -> Callable[[str], int]:
    """Which tests go first: those that the guard refused something, then those that name its table.

    This decides only how soon a mutation is noticed; one that survives has met all tests.
    """
    refusal, table = (
        re.compile(rf"{re.escape(words)}(?!\w)") for words in (mutation.refusal, mutation.table)
    )

    def first(test: str) -> int:
        if any(refusal.search(words) for words in unharmed.refusals.get(test, ())):
            return 0
        return 1 if table.search(test) else 2

    return first
