"""Fresh interpreters that import from one folder of modules, each started from the release's snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.errors import FailedError
from pyodide_abi.runtime.driver import drive
from pyodide_abi.runtime.node import Node
from pyodide_abi.runtime.protocol import Batch, Request
from pyodide_abi.runtime.releases import install_release, prove_release
from pyodide_abi.runtime.room import Room
from pyodide_abi.runtime.snapshot import obtain_snapshot
from pyodide_abi.values import replace, value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pyodide_abi.host import Host
    from pyodide_abi.platforms.model import Runtime
    from pyodide_abi.runtime.bound import Bound
    from pyodide_abi.runtime.driver import Heard
    from pyodide_abi.runtime.engine_program import EngineProgram
    from pyodide_abi.runtime.protocol import Probe

#: Interpreters of one process, which bounds its memory.
_MOST = 16


class UnstartedError(FailedError):
    """A release does not start in an engine."""


@value
class Interpreters:
    """What all of them have in common.

    Attributes:
        site: the folder that becomes ``site-packages``.
        program: the engine.
        host: the machine.
        timeout: seconds for each module.
        unlocked: the modules may do to the machine what we can.
        bound: The time of all of them together; None for no end.
    """

    site: Path
    program: EngineProgram
    host: Host
    timeout: float
    unlocked: bool = False
    bound: Bound | None = None

    def each(self, probes: Sequence[Probe], runtime: Runtime) -> Iterator[Heard]:
        """What is told of each module in an interpreter of its own.

        Args:
            probes: what each interpreter does.
            runtime: the release.

        Raises:
            FailedError: the time of all is over.
            UnstartedError: the release does not start.
        """
        done = 0
        while done < len(probes):
            told = self.some([(probe,) for probe in probes[done:]], runtime)
            yield from (heard for (heard,) in told)
            done += len(told)

    def some(
        self,
        interpreters: Sequence[Sequence[Probe]],
        runtime: Runtime,
        *,
        brief: bool = False,
        again: bool = False,
    ) -> tuple[tuple[Heard, ...], ...]:
        """What one process tells: of some of the interpreters, in their order, but of the first at least.

        Args:
            interpreters: the modules of each. The second one and those behind it are imported only where
                they find the interpreter as the first did.
            runtime: the release.
            brief: They are over soon, and what does not go well is asked again without this: where Node is
                the engine, it takes three quarters of the time, and what recurses or computes may fail.
            again: this is the second try, after the release was mended.

        Raises:
            FailedError: the time of all is over.
            UnstartedError: the release does not start.
        """
        if self.bound:
            self.bound.check()
        folder = install_release(runtime.release, self.host)
        requests = tuple(
            # The folder of modules is shared by interpreters of several versions.
            Request(environ={"PYTHONDONTWRITEBYTECODE": "1"}, site=self.site, probes=tuple(probes))
            for probes in interpreters[:_MOST]
        )
        memory = obtain_snapshot(runtime.release, folder, {}, self.program, self.host)
        batch = Batch(release=folder, requests=requests, memory=memory)
        room = None
        if not self.unlocked:
            room = Room(reads=(self.site,), seconds=self.timeout * sum(map(len, interpreters)))
        host = self.bound.host(self.host) if self.bound else self.host
        program = self.program
        if brief and isinstance(program, Node):
            program = replace(program, brief=True)
        told = drive(batch, program, host, room=room, timeout=self.timeout)
        if self.bound:
            self.bound.check()
        first = told[0][0]
        if first.unborn:
            if not again and not prove_release(runtime.release, self.host):
                return self.some(interpreters, runtime, brief=brief, again=True)
            raise UnstartedError(
                f"the release {runtime.version} does not start in {self.program.path}: {first.died}",
                hint="'--node' names another Node, '--engine' another engine; 'pyodide-abi doctor' has all",
            )
        *others, last = told
        if others and last[-1].died:
            # Perhaps of those that were in the process before: another process tells.
            last = last[:-1]
        return (*others, last) if last else tuple(others)
