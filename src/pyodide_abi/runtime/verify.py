"""Load every native file of a wheel in real releases, each in an interpreter of its own.

Extension modules are imported, libraries are opened as ctypes does, after the package that they lie in; what
other files need is loaded by those.

A module is first imported as users import it, its packages with it. Where that does not tell about the module
(a package's own code fails first, another extension fails or kills the interpreter first, or the release's
interpreter does not look for files of that suffix), the very file is loaded in a second fresh interpreter,
below empty parents. The module's outcome and what became of its package are then reported side by side.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from pyodide_abi.atomic import temporary
from pyodide_abi.runtime.account import Account, Outcome
from pyodide_abi.runtime.attempts import attempts_of, platforms_of
from pyodide_abi.runtime.fresh_interpreters import Interpreters
from pyodide_abi.runtime.judgement import judge
from pyodide_abi.runtime.node import find_node
from pyodide_abi.runtime.protocol import PROBE, Probe
from pyodide_abi.runtime.releases import install_release, prove_release
from pyodide_abi.runtime.site import unpack
from pyodide_abi.values import value
from pyodide_abi.wheel import open_wheel

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pyodide_abi.host import Host
    from pyodide_abi.platforms.model import Runtime
    from pyodide_abi.runtime.attempts import Attempt, Attempts
    from pyodide_abi.runtime.node import Node

#: Seconds for one interpreter: it boots in two on an idle machine and compiles 150 MB of module in one.
TIMEOUT = 120.0


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
) -> Verification:
    """Load every extension module of a wheel in every one of the runtimes.

    Args:
        wheel: the file; its dependencies are not installed.
        runtimes: The runtimes to load it in; :func:`runtimes_for` gives those of its platform.
        host: the machine.
        node: the engine; None for the reference one.
        jobs: how many interpreters at once.
        timeout: seconds for each.

    Raises:
        MissingError: no Node, or a release cannot be had.
        WheelError: the file is not a wheel.
    """
    node = node or find_node(host)
    with open_wheel(wheel) as opened:
        attempts = attempts_of(opened, [*platforms_of(opened), *(runtime.platform for runtime in runtimes)])
    # One after another: each is shown, and npm does its own waiting.
    for runtime in runtimes if attempts.attempts else ():
        install_release(runtime.release, host)
    with temporary() as site:
        unpack([wheel], site)
        trial = _Trial(
            interpreters=Interpreters(site=site, node=node, host=host, timeout=timeout), attempts=attempts
        )
        pairs = [(attempt, runtime) for runtime in runtimes for attempt in attempts.attempts]
        results = _all(trial, pairs, jobs, f"loading {wheel.name}")
        # A failure is held against the wheel only where the runtime is the one that was published.
        failed = {result.release for result in results if result.outcome is not Outcome.LOADED}
        damaged = {
            runtime.version
            for runtime in runtimes
            if runtime.version in failed and not prove_release(runtime.release, host)
        }
        if damaged:
            results = [result for result in results if result.release not in damaged]
            again = [(attempt, runtime) for attempt, runtime in pairs if runtime.version in damaged]
            results += _all(trial, again, jobs, f"loading {wheel.name} again")
    order = {attempt.path: number for number, attempt in enumerate(attempts.attempts)}
    return Verification(
        wheel=wheel,
        engine=f"node {node.version}",
        releases=tuple(runtime.version for runtime in runtimes),
        results=tuple(sorted(results, key=lambda result: order[result.path])),
        untried=attempts.untried,
    )


def _all(trial: _Trial, pairs: Sequence[tuple[Attempt, Runtime]], jobs: int, text: str) -> list[Loaded]:
    left = Counter(runtime.version for _, runtime in pairs)
    with (
        trial.interpreters.host.progress.task(text, total=len(pairs)) as task,
        ThreadPoolExecutor(max(jobs, 1)) as pool,
    ):

        def one(pair: tuple[Attempt, Runtime]) -> Loaded:
            result = trial.load(*pair)
            task.advance()
            left[result.release] -= 1
            if not left[result.release]:
                task.describe(f"{text}: {result.release} done, {len(+left)} of {len(left)} releases to go")
            return result

        try:
            return list(pool.map(one, pairs))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


@value
class _Trial:
    interpreters: Interpreters
    attempts: Attempts

    def load(self, attempt: Attempt, runtime: Runtime) -> Loaded:
        """Import a module, or open a library after its package, which may open others before it."""
        plain = self._account(attempt, runtime, direct=False)
        found = judge(attempt, plain, None, tops=self.attempts.tops)
        if found is None:
            direct = self._account(attempt, runtime, direct=True)
            found = judge(attempt, plain, direct, tops=self.attempts.tops)
        assert found is not None, "two accounts always tell"
        return Loaded(
            module=attempt.module,
            path=attempt.path,
            release=runtime.version,
            outcome=found.outcome,
            message=found.message,
            package=found.package,
        )

    def _account(self, attempt: Attempt, runtime: Runtime, *, direct: bool) -> Account:
        probe = Probe(
            module=attempt.module,
            path=attempt.path,
            direct=direct,
            source=PROBE.read_text("utf-8"),
            packages=() if direct else attempt.packages,
        )
        heard = self.interpreters.probe(probe, runtime)
        return Account.of(heard.messages, attempt.path, died=heard.died)
