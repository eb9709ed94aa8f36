"""Who works on which package when: as many at once as there is room for, what is needed first."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, wait
from typing import TYPE_CHECKING, TypeAlias

from pyodide_abi.distribution.work import Made, WorkStatus
from pyodide_abi.distribution.work_plan import needed_before
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    from pyodide_abi.distribution.work_plan import Step

#: Hands a package over to whoever does the work.
Begin: TypeAlias = "Callable[[Step], Future[Made]]"
#: So often is a package begun. Whoever worked on it may have been killed for another's sake.
_TRIES = 2


@value
class Capacity:
    """How much may be done at once.

    Attributes:
        most: so many packages at most; None for all that can begin.
        free: whether there is memory for one more; asked when at least one is being worked on.
    """

    most: int | None
    free: Callable[[], bool]


def carried_out(
    steps: Sequence[Step],
    begin: Begin,
    capacity: Capacity,
    *,
    renew: Callable[[], None],
) -> Iterator[Made]:
    """Have every package worked on, each behind those that it needs; what needs one that failed is held back.

    Args:
        steps: in their order.
        begin: hands one over to whoever does the work; raises BrokenExecutor where nobody works any more.
        capacity: how many at once.
        renew: Called once nobody works any more; whoever ``begin`` hands over to next is another.

    Yields:
        what became of each, as soon as it is known.
    """
    yield from _Schedule(steps, begin, capacity, renew).run()


class _Schedule:
    def __init__(
        self,
        steps: Sequence[Step],
        begin: Begin,
        capacity: Capacity,
        renew: Callable[[], None],
    ) -> None:
        self._waiting = list(steps)
        self._needs = needed_before(steps)
        self._begin, self._free, self._renew = begin, capacity.free, renew
        self._most = len(steps) if capacity.most is None else capacity.most
        self._done: dict[str, Made] = {}
        self._tries: dict[str, int] = {}
        self._running: dict[Future[Made], Step] = {}

    def run(self) -> Iterator[Made]:
        while self._waiting or self._running:
            yield from self._held()
            self._fill()
            if not self._running:
                continue
            finished, _ = wait(self._running, return_when=FIRST_COMPLETED)
            if any(map(_is_broken, finished)):
                # Whoever worked is gone, and with it all that ran. One of them may be the cause.
                finished, _ = wait(self._running)
                self._renew()
                self._most = 1
            for future in finished:
                step = self._running.pop(future)
                if _is_broken(future) and self._tries[step.package.name] < _TRIES:
                    self._waiting.insert(0, step)
                else:
                    yield self._settled(step, future)

    def _held(self) -> Iterator[Made]:
        """What cannot be had, as something that it needs is not."""
        for step in list(self._waiting):
            lacking = [
                need
                for need in self._needs[step.package.name]
                if need in self._done and not self._done[need].status.good
            ]
            if lacking:
                self._waiting.remove(step)
                yield self._ended(step, WorkStatus.HELD, f"it needs {', '.join(lacking)}")

    def _fill(self) -> None:
        """Begin what can begin; there is always one, as packages come behind what they need."""
        for step in list(self._waiting):
            if self._running and (len(self._running) >= self._most or not self._free()):
                return
            if not all(need in self._done for need in self._needs[step.package.name]):
                continue
            try:
                future = self._begin(step)
            except BrokenExecutor:
                if not self._running:
                    self._renew()
                return
            self._tries[step.package.name] = self._tries.get(step.package.name, 0) + 1
            self._waiting.remove(step)
            self._running[future] = step

    def _settled(self, step: Step, future: Future[Made]) -> Made:
        error = future.exception()
        if error is not None:
            said = f"the work did not end as it should: {type(error).__name__}: {error}"
            return self._ended(step, WorkStatus.FAILED, said)
        self._done[step.package.name] = made = future.result()
        return made

    def _ended(self, step: Step, status: WorkStatus, reason: str) -> Made:
        package = step.package
        made = Made(name=package.name, version=package.version, status=status, reason=reason)
        self._done[package.name] = made
        return made


def _is_broken(future: Future[Made]) -> bool:
    return isinstance(future.exception(), BrokenExecutor)
