"""Who works on which package when."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from threading import Event, Lock
from typing import TYPE_CHECKING

import pytest

from pyodide_abi.distribution.resolution import ResolvedPackage
from pyodide_abi.distribution.schedule import Capacity, carried_out
from pyodide_abi.distribution.work import Made, WorkStatus
from pyodide_abi.distribution.work_plan import Action, Step

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor


def step(name: str, *needs: str) -> Step:
    package = ResolvedPackage(name=name, version="1", needs=needs, sdist=None, wheels=())
    return Step(package=package, action=Action.BUILD, file=None, reason="")


def made(name: str, status: WorkStatus = WorkStatus.BUILT) -> Made:
    return Made(name=name, version="1", status=status, reason="")


def never() -> None:
    pytest.fail("nobody was to be called")


class Work:
    """What is worked on, in threads; some of it fails."""

    def __init__(self, pool: Executor, *failing: str) -> None:
        self.pool, self.failing = pool, failing
        self.begun: list[str] = []
        self.most = self.now = 0
        self.lock = Lock()

    def begin(self, one: Step) -> Future[Made]:
        self.begun.append(one.package.name)
        return self.pool.submit(self.work, one.package.name)

    def work(self, name: str) -> Made:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        Event().wait(0.01)
        with self.lock:
            self.now -= 1
        if name in self.failing:
            raise KeyError(name)
        return made(name)


def outcomes(
    work: Work, *steps: Step, most: int | None = 4, free: Callable[[], bool] = lambda: True
) -> dict[str, WorkStatus]:
    found = list(carried_out(steps, work.begin, Capacity(most=most, free=free), renew=never))
    assert len(found) == len(steps)
    return {one.name: one.status for one in found}


def test_a_failure_stops_only_what_needs_it() -> None:
    with ThreadPoolExecutor(4) as pool:
        work = Work(pool, "bad")
        found = outcomes(
            work, step("bad"), step("good"), step("user", "bad"), step("far", "user"), step("z", "good")
        )
    assert found == {
        "bad": WorkStatus.FAILED,
        "good": WorkStatus.BUILT,
        "user": WorkStatus.HELD,
        "far": WorkStatus.HELD,
        "z": WorkStatus.BUILT,
    }
    assert sorted(work.begun) == ["bad", "good", "z"]


@pytest.mark.parametrize(("most", "free", "seen"), [(2, True, 2), (None, True, 6), (6, False, 1)])
def test_no_more_at_once_than_there_is_room_for(most: int | None, free: bool, seen: int) -> None:
    with ThreadPoolExecutor(8) as pool:
        work = Work(pool)
        outcomes(work, *map(step, "abcdef"), most=most, free=lambda: free)
    assert work.most <= seen
    assert sorted(work.begun) == list("abcdef")


class Dying:
    """Processes of which the one that works on ``fatal`` takes all others with it."""

    def __init__(self, fatal: str, times: int) -> None:
        self.fatal, self.left = fatal, times
        self.renewed = 0
        self.begun: list[str] = []
        self.running: list[Future[Made]] = []

    def begin(self, one: Step) -> Future[Made]:
        name = one.package.name
        self.begun.append(name)
        future: Future[Made] = Future()
        if name == self.fatal and self.left:
            self.left -= 1
            for other in (*self.running, future):
                if not other.done():
                    other.set_exception(BrokenProcessPool("a process ended"))
            self.running = []
        elif self.left and not self.renewed:
            self.running.append(future)
        else:
            future.set_result(made(name))
        return future

    def renew(self) -> None:
        self.renewed += 1


@pytest.mark.parametrize(("times", "status"), [(1, WorkStatus.BUILT), (2, WorkStatus.FAILED)])
def test_when_a_worker_dies_the_others_work_is_done_all_the_same(times: int, status: WorkStatus) -> None:
    dying = Dying("fatal", times)
    steps = [step("a"), step("fatal"), step("later", "a")]
    found = carried_out(steps, dying.begin, Capacity(most=2, free=lambda: True), renew=dying.renew)
    assert {one.name: one.status for one in found} == {
        "a": WorkStatus.BUILT,
        "fatal": status,
        "later": WorkStatus.BUILT,
    }
    assert dying.renewed == times
    assert dying.begun.count("fatal") == 2
