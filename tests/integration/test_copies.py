"""Work that copies of this process do."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from pyodide_abi.copies import Copies

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.integration


def test_they_have_all_that_is_here() -> None:
    added = 100
    # No such function could be sent to another process.
    work: Callable[[int], tuple[int, int]] = lambda item: (item + added, os.getpid())  # noqa: E731
    done = list(Copies(2)(work, range(20)))
    assert [number for number, _ in done] == list(range(100, 120))
    assert os.getpid() not in {process for _, process in done}


def test_one_is_the_caller_itself() -> None:
    assert set(Copies(1)(lambda _: os.getpid(), range(3))) == {os.getpid()}


def test_other_threads_are_not_copied() -> None:
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    try:
        assert set(Copies(2)(lambda _: os.getpid(), range(3))) == {os.getpid()}
    finally:
        over.set()
        thread.join()


def test_the_first_fault_is_told() -> None:
    def work(item: int) -> int:
        if item in {2, 4}:
            raise ValueError(item)
        return item

    coming = Copies(2)(work, range(6))
    assert [next(coming), next(coming)] == [0, 1]
    with pytest.raises(ValueError, match="2"):
        next(coming)


def test_one_that_the_system_ends() -> None:
    with pytest.raises(MemoryError):
        list(Copies(2)(lambda _: os.kill(os.getpid(), signal.SIGKILL), range(2)))


@pytest.mark.parametrize("most", [0, 1])
def test_where_the_system_gives_no_more_processes_the_caller_does_the_work(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fork = os.fork
    made: list[int] = []

    def refuse() -> int:
        if len(made) == most:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        if process := fork():
            made.append(process)
        return process

    monkeypatch.setattr(os, "fork", refuse)
    assert set(Copies(3)(lambda _: os.getpid(), range(4))) == {os.getpid()}
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("most", [0, 3])
def test_where_the_system_gives_no_more_threads_the_caller_does_the_work(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = threading.Thread.start
    started: list[threading.Thread] = []

    def refuse(thread: threading.Thread) -> None:
        if len(started) == most:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert set(Copies(3)(lambda _: os.getpid(), range(4))) == {os.getpid()}
    assert not multiprocessing.active_children()
    assert threading.active_count() == 1
