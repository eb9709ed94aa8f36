"""Load every native file of a wheel in real releases, each as if it were the first in its interpreter.

Extension modules are imported, libraries are opened as ctypes does, after the package that they lie in; what
other files need is loaded by those.

A module is first imported as users import it, its packages with it. Where that does not tell about the module
(a package's own code fails first, another extension fails or kills the interpreter first, or the release's
interpreter does not look for files of that suffix), the very file is loaded in a second fresh interpreter,
below empty parents. The module's outcome and what became of its package are then reported side by side.
"""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from pyodide_abi.atomic import temporary
from pyodide_abi.errors import FailedError
from pyodide_abi.runtime.account import Outcome
from pyodide_abi.runtime.attempts import attempts_of, platforms_of
from pyodide_abi.runtime.fresh_interpreters import Interpreters
from pyodide_abi.runtime.judgement import judge
from pyodide_abi.runtime.node import find_node
from pyodide_abi.runtime.protocol import Probe
from pyodide_abi.runtime.releases import install_release, prove_release
from pyodide_abi.runtime.room import check_engine
from pyodide_abi.runtime.sharing import divided, families, told_of
from pyodide_abi.runtime.site import unpack
from pyodide_abi.values import value
from pyodide_abi.wheel import open_wheel

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pyodide_abi.host import Host
    from pyodide_abi.platforms.model import Runtime
    from pyodide_abi.runtime.account import Account
    from pyodide_abi.runtime.attempts import Attempt, Attempts
    from pyodide_abi.runtime.judgement import Judgement
    from pyodide_abi.runtime.node import Node

#: Seconds for one interpreter: it boots in two on an idle machine and compiles 150 MB of module in one.
TIMEOUT = 120.0
#: Seconds for all loads of a wheel together. The largest published one takes a minute in each release.
LIMIT = 1800.0


@value
class Loaded:
    """One module in one release.

    Attributes:
        module: the dotted name; empty for a library.
        path: the file, relative to ``site-packages``.
        release: the release's version.
        outcome: what became of it.
        message: the loader's words (refused, no-init), the exception (raised), or how the interpreter died
            (killed), exactly as they came; empty where it loaded.
        package: how the plain import of the dotted name ended where that was another matter than the module
            itself; empty where there is nothing to say.
    """

    module: str
    path: str
    release: str
    outcome: Outcome
    message: str = ""
    package: str = ""


@value
class Verification:
    """A wheel in real releases.

    Attributes:
        wheel: the file.
        engine: such as ``node 24.19.0``.
        releases: The versions of the releases, in order.
        results: modules in the order of the wheel, then libraries, each in every release.
        untried: Native files that were not opened by themselves: modules that need them load them.
    """

    wheel: Path
    engine: str
    releases: tuple[str, ...]
    results: tuple[Loaded, ...]
    untried: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whatever could be tried loaded in every release."""
        return all(result.outcome in {Outcome.LOADED, Outcome.NEEDS} for result in self.results)


def runtimes_for(wheel: Path) -> tuple[Runtime, ...]:
    """Every release of the platform that a wheel's tags name; empty for a wheel of none."""
    with open_wheel(wheel) as opened:
        platforms = platforms_of(opened)
    return tuple(runtime for platform in platforms for runtime in platform.runtimes)


def verify_wheel(
    wheel: Path,
    runtimes: Sequence[Runtime],
    host: Host,
    *,
    node: Node | None = None,
    jobs: int = 1,
    timeout: float = TIMEOUT,
    unlocked: bool = False,
    limit: float = LIMIT,
) -> Verification:
    """Load every extension module of a wheel in every one of the runtimes.

    Args:
        wheel: the file; its dependencies are not installed.
        runtimes: The runtimes to load it in; :func:`runtimes_for` gives those of its platform.
        host: the machine.
        node: the engine; None for the reference one.
        jobs: how many interpreters at once.
        timeout: seconds for each.
        unlocked: the wheel may do to the machine what we can.
        limit: seconds after which no further load begins.

    Raises:
        FailedError: not all loads were done within the limit.
        MissingError: no Node, or a release cannot be had.
        WheelError: the file is not a wheel.
    """
    node = node or find_node(host)
    if not unlocked:
        check_engine(node)
    with open_wheel(wheel) as opened:
        attempts = attempts_of(opened, [*platforms_of(opened), *(runtime.platform for runtime in runtimes)])
    # One after another: each is shown, and npm does its own waiting.
    for runtime in runtimes if attempts.attempts else ():
        install_release(runtime.release, host)
    with temporary() as site:
        unpack([wheel], site)
        trial = _Trial(
            interpreters=Interpreters(site=site, node=node, host=host, timeout=timeout, unlocked=unlocked),
            attempts=attempts,
            end=time.monotonic() + limit,
            limit=limit,
        )
        results = _all(trial, runtimes, jobs, f"loading {wheel.name}")
        # A failure is held against the wheel only where the runtime is the one that was published.
        failed = {result.release for result in results if result.outcome is not Outcome.LOADED}
        damaged = {
            runtime.version
            for runtime in runtimes
            if runtime.version in failed and not prove_release(runtime.release, host)
        }
        if damaged:
            results = [result for result in results if result.release not in damaged]
            again = [runtime for runtime in runtimes if runtime.version in damaged]
            results += _all(trial, again, jobs, f"loading {wheel.name} again")
    order = {attempt.path: number for number, attempt in enumerate(attempts.attempts)}
    return Verification(
        wheel=wheel,
        engine=f"node {node.version}",
        releases=tuple(runtime.version for runtime in runtimes),
        results=tuple(sorted(results, key=lambda result: order[result.path])),
        untried=attempts.untried,
    )


def _all(trial: _Trial, runtimes: Sequence[Runtime], jobs: int, text: str) -> list[Loaded]:
    attempts = trial.attempts.attempts
    # A process loads what it can of a release; more of them only where there are more cores than releases.
    parts = divided(attempts, -(-jobs // max(len(runtimes), 1)))
    works = [(part, runtime) for runtime in runtimes for part in parts]
    left = Counter(runtime.version for _, runtime in works)
    with (
        trial.interpreters.host.progress.task(text, total=len(attempts) * len(runtimes)) as task,
        ThreadPoolExecutor(max(jobs, 1)) as pool,
    ):

        def one(work: tuple[Sequence[Attempt], Runtime]) -> list[Loaded]:
            if time.monotonic() > trial.end:
                number = len(attempts) * len(runtimes)
                raise FailedError(
                    f"not all of the {number} loads were done within {trial.limit:g} seconds",
                    hint="--limit SECONDS gives more time; --runtime V loads in one release alone",
                )
            results = trial.load(*work)
            release = work[1].version
            task.advance(len(results))
            left[release] -= 1
            if not left[release]:
                task.describe(f"{text}: {release} done, {len(+left)} of {len(left)} releases to go")
            return results

        try:
            return [result for results in pool.map(one, works) for result in results]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


@value
class _Trial:
    interpreters: Interpreters
    attempts: Attempts
    end: float
    limit: float

    def load(self, attempts: Sequence[Attempt], runtime: Runtime) -> list[Loaded]:
        """Import modules, and open libraries after their packages, which may open others before them."""
        tops = self.attempts.tops
        plain = self._accounts(attempts, runtime, direct=False)
        found = {attempt: judge(attempt, plain[attempt], None, tops=tops) for attempt in attempts}
        untold = [attempt for attempt in attempts if found[attempt] is None]
        direct = self._accounts(untold, runtime, direct=True)
        found |= {attempt: judge(attempt, plain[attempt], direct[attempt], tops=tops) for attempt in untold}
        return [_loaded(attempt, runtime, found[attempt]) for attempt in attempts]

    def _accounts(
        self, attempts: Sequence[Attempt], runtime: Runtime, *, direct: bool
    ) -> dict[Attempt, Account]:
        """What is told of each file, by as few interpreters as tell the same as one for each."""
        found: dict[Attempt, Account] = {}
        left = families(attempts)
        while left:
            told = self.interpreters.some(
                [[_probe(attempt, direct=direct) for attempt in family] for family in left], runtime
            )
            rest = []
            for family, heard in zip(left, told, strict=False):
                accounts = told_of(family, heard)
                found |= accounts
                rest.append([attempt for attempt in family if attempt not in accounts])
            left = [family for family in rest if family] + left[len(told) :]
        return found


def _probe(attempt: Attempt, *, direct: bool) -> Probe:
    return Probe(
        module=attempt.module,
        path=attempt.path,
        direct=direct,
        packages=() if direct else attempt.packages,
    )


def _loaded(attempt: Attempt, runtime: Runtime, found: Judgement | None) -> Loaded:
    assert found is not None, "two accounts always tell"
    return Loaded(
        module=attempt.module,
        path=attempt.path,
        release=runtime.version,
        outcome=found.outcome,
        message=found.message,
        package=found.package,
    )
