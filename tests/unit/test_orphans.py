"""What is ended when a starter is gone, over lists of processes as a system gives them, one after another."""

from __future__ import annotations

import io
import os
import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest

from pyodide_abi import orphans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

#: A process: its number, its parent's, its session's, its state.
Entry = tuple[int, int, int, str]


class System:
    """Lists of processes, the last again and again; what is sent to which."""

    def __init__(self, *lists: list[Entry]) -> None:
        self.lists = lists
        self.read = 0
        self.sent: list[tuple[int, int]] = []

    def listed(self) -> Iterable[Entry]:
        self.read += 1
        return iter(self.lists[min(self.read, len(self.lists)) - 1])

    def killed(self) -> set[int]:
        return {process for process, number in self.sent if number == signal.SIGKILL}


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> Callable[..., System]:
    def make(*lists: list[Entry]) -> System:
        made = System(*lists)
        monkeypatch.setattr(orphans, "_running", made.listed)
        monkeypatch.setattr(os, "kill", lambda process, number: made.sent.append((process, number)))
        monkeypatch.setattr(time, "sleep", lambda _: None)
        return made

    return make


def test_a_fork_that_was_under_way_is_waited_for(system: Callable[..., System]) -> None:
    """The process was told to stop, and has a child all the same before it does."""
    made = system(
        [(10, 1, 10, "R")],
        [(10, 1, 10, "R")],
        [(10, 1, 10, "T"), (11, 10, 11, "S")],
        [(10, 1, 10, "T"), (11, 10, 11, "T")],
    )
    orphans.end([10])
    assert made.killed() == {10, 11}


def test_what_cannot_stop_is_killed_all_the_same(system: Callable[..., System]) -> None:
    made = system([(10, 1, 10, "D"), (11, 10, 10, "T"), (12, 1, 10, "S"), (13, 1, 13, "S")])
    orphans.end([10], [10])
    assert made.killed() == {10, 11, 12}


@pytest.mark.parametrize(
    ("looks", "killed"),
    [
        ([({10: "m"}, False), ({}, False), ({11: "m"}, False)], {10, 11}),
        ([({}, True), ({}, True), ({10: "m"}, False)], {10}),
        ([({}, False), ({}, False), ({10: "m"}, False)], {10}),
        ([({}, False), ({}, False), ({}, False), ({10: "another's"}, False)], set()),
    ],
    ids=["another after the first", "becomes a program", "not in the first lists", "none"],
)
def test_marks_are_looked_for_until_there_are_none(
    system: Callable[..., System],
    monkeypatch: pytest.MonkeyPatch,
    looks: list[tuple[dict[int, str], bool]],
    killed: set[int],
) -> None:
    """The starter is killed between the start of a process and its number."""
    made = system([(10, 1, 1, "T"), (11, 1, 1, "T")])
    coming = iter(looks)
    monkeypatch.setattr(orphans, "_marked", lambda _: next(coming, ({}, False)))
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(sys, "stdin", io.StringIO("begins m process\n"))
    orphans.main()
    assert made.killed() == killed
