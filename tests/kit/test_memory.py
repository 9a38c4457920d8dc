"""The collector rests only while somebody makes many objects."""

import gc
import threading

import pytest

from kit.memory import making_many


def test_the_collector_rests_until_the_last_block_ends() -> None:
    inside, leave = threading.Event(), threading.Event()

    def other() -> None:
        with making_many():
            inside.set()
            leave.wait(5)

    thread = threading.Thread(target=other)
    thread.start()
    assert inside.wait(5)
    with making_many():
        assert not gc.isenabled()
    assert not gc.isenabled()
    leave.set()
    thread.join()
    assert gc.isenabled()


def test_a_failure_lets_it_work_again() -> None:
    with pytest.raises(ValueError), making_many():
        raise ValueError
    assert gc.isenabled()
