"""Load every native file of a wheel in real releases, each as if it were the first in its interpreter.

Extension modules are imported, libraries are opened as ctypes does, after the package that they lie in; what
other files need is loaded by those.

A module is first imported as users import it, its packages with it. Where that does not tell about the module
(a package's own code fails first, another extension fails or kills the interpreter first, or the release's
interpreter does not look for files of that suffix), the very file is loaded in a second fresh interpreter,
below empty parents. The module's outcome and what became of its package are then reported side by side.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pyodide_abi.atomic import temporary
from pyodide_abi.runtime.account import Outcome
from pyodide_abi.runtime.attempts import attempts_of, platforms_of
from pyodide_abi.runtime.bound import LIMIT, Bound, workers
from pyodide_abi.runtime.find_engine import EngineGap, Engines
from pyodide_abi.runtime.fresh_interpreters import Interpreters, UnstartedError
from pyodide_abi.runtime.judgement import judge
from pyodide_abi.runtime.node import Node, find_node
from pyodide_abi.runtime.protocol import Probe
from pyodide_abi.runtime.releases import install_release, prove_release
from pyodide_abi.runtime.room import check_lockable, walls
from pyodide_abi.runtime.sharing import divided, families, told_of
from pyodide_abi.runtime.site import unpack
from pyodide_abi.values import replace, value
from pyodide_abi.wheel import open_wheel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pyodide_abi.host import Host
    from pyodide_abi.platforms.model import Runtime
    from pyodide_abi.runtime.account import Account
    from pyodide_abi.runtime.attempts import Attempt, Attempts
    from pyodide_abi.runtime.judgement import Judgement

#: Seconds for one interpreter: it boots in two on an idle machine and compiles 150 MB of module in one.
TIMEOUT = 120.0


@value
class Loaded:
    """One module in one release, in one engine.

    Attributes:
        module: the dotted name; empty for a library.
        path: the file, relative to ``site-packages``.
        engine: the engine's name, such as ``firefox``.
        release: the release's version.
        outcome: what became of it.
        message: the loader's words (refused, no-init), the exception (raised), or how the interpreter died
            (killed), exactly as they came; empty where it loaded.
        package: how the plain import of the dotted name ended where that was another matter than the module
            itself; empty where there is nothing to say.
    """

    module: str
    path: str
    engine: str
    release: str
    outcome: Outcome
    message: str = ""
    package: str = ""


@value
class LoadedIn:
    """An engine that a wheel was loaded in.

    Attributes:
        name: the engine's name, such as ``node24``.
        title: The name and version of its program, such as ``node 24.19.0``.
        walls: what kept the wheel from the machine, in sentences.
    """

    name: str
    title: str
    walls: tuple[str, ...]


@value
class Verification:
    """A wheel in real releases.

    Attributes:
        wheel: the file.
        engines: The engines that it was loaded in.
        gaps: engines that were asked for and are not there, or cannot lock the wheel away.
        releases: The versions of the releases, in order.
        results: modules in the order of the wheel, then libraries, each in every engine and release.
        untried: Native files that were not opened by themselves: modules that need them load them.
        caveats: What could not be read of releases that were learned, by their versions: predictions for them
            are as good as that.
    """

    wheel: Path
    engines: tuple[LoadedIn, ...]
    gaps: tuple[EngineGap, ...]
    releases: tuple[str, ...]
    results: tuple[Loaded, ...]
    untried: tuple[str, ...] = ()
    caveats: Mapping[str, tuple[str, ...]] = {}

    @property
    def failed(self) -> bool:
        """Something that was tried did not load."""
        return any(result.outcome not in {Outcome.LOADED, Outcome.NEEDS} for result in self.results)

    @property
    def ok(self) -> bool:
        """Whatever could be tried loaded in every engine and release, and no engine was lacking."""
        return not self.failed and not self.gaps


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
    engines: Engines | None = None,
    jobs: int = 1,
    timeout: float = TIMEOUT,
    unlocked: bool = False,
    limit: float = LIMIT,
) -> Verification:
    """Load every extension module of a wheel in every one of the runtimes, in every one of the engines.

    Args:
        wheel: the file; its dependencies are not installed.
        runtimes: The runtimes to load it in; :func:`runtimes_for` gives those of its platform.
        host: the machine.
        engines: from :func:`choose_engines`; None for the reference one.
        jobs: how many interpreters at once.
        timeout: seconds for each.
        unlocked: the wheel may do to the machine what we can.
        limit: seconds for all loads together.

    Raises:
        FailedError: not all loads were done within the limit.
        MissingError: no Node, or a release cannot be had.
        UsageError: an engine cannot lock the wheel away.
        WheelError: the file is not a wheel.
    """
    engines = engines or Engines(programs=(find_node(host),))
    for program in engines.programs if not unlocked else ():
        check_lockable(program)
    with open_wheel(wheel) as opened:
        attempts = attempts_of(opened, [*platforms_of(opened), *(runtime.platform for runtime in runtimes)])
    # One after another: each is shown, and npm does its own waiting.
    for runtime in runtimes if attempts.attempts else ():
        install_release(runtime.release, host)
    bound = Bound(limit)
    loads = _Loads(gaps=engines.gaps)
    with temporary() as site:
        unpack([wheel], site)
        for program in engines.programs:
            interpreters = Interpreters(
                site=site, program=program, host=host, timeout=timeout, unlocked=unlocked, bound=bound
            )
            trial = _Trial(interpreters=interpreters, attempts=attempts, bound=bound)
            place = f" in {program.title}" if len(engines.programs) > 1 else ""
            loads += _proved(trial, runtimes, jobs, f"loading {wheel.name}{place}")
    if not loads.results and loads.unstarted:
        raise loads.unstarted[0]
    order = {attempt.path: number for number, attempt in enumerate(attempts.attempts)}
    return Verification(
        wheel=wheel,
        engines=tuple(
            LoadedIn(name=program.engine, title=program.title, walls=walls(program, host, unlocked=unlocked))
            for program in engines.programs
        ),
        gaps=tuple(dict.fromkeys(loads.gaps)),
        releases=tuple(runtime.version for runtime in runtimes),
        results=tuple(sorted(loads.results, key=lambda result: order[result.path])),
        untried=attempts.untried,
        caveats={
            runtime.version: learned.caveats
            for runtime in runtimes
            if (learned := runtime.release.learned) and learned.caveats
        },
    )


@value
class _Loads:
    """What came of loads.

    Attributes:
        results: The results of releases that started.
        gaps: Engines in which nothing could be loaded.
        unstarted: the errors of releases that did not start.
    """

    results: tuple[Loaded, ...] = ()
    gaps: tuple[EngineGap, ...] = ()
    unstarted: tuple[UnstartedError, ...] = ()

    def __add__(self, more: _Loads) -> _Loads:
        return _Loads(
            results=self.results + more.results,
            gaps=self.gaps + more.gaps,
            unstarted=self.unstarted + more.unstarted,
        )


def _proved(trial: _Trial, runtimes: Sequence[Runtime], jobs: int, text: str) -> _Loads:
    """The results in one engine.

    A failure is held against the wheel only where the runtime is the one that was published.
    """
    host = trial.interpreters.host
    loads = _all(trial, runtimes, jobs, text)
    failed = {result.release for result in loads.results if result.outcome is not Outcome.LOADED}
    damaged = {
        runtime.version
        for runtime in runtimes
        if runtime.version in failed and not prove_release(runtime.release, host)
    }
    if not damaged:
        return loads
    whole = tuple(result for result in loads.results if result.release not in damaged)
    again = [runtime for runtime in runtimes if runtime.version in damaged]
    return replace(loads, results=whole) + _all(trial, again, jobs, f"{text} again")


def _all(trial: _Trial, runtimes: Sequence[Runtime], jobs: int, text: str) -> _Loads:
    attempts = trial.attempts.attempts
    # A process loads what it can of a release; more of them only where there are more cores than releases.
    parts = divided(attempts, -(-jobs // max(len(runtimes), 1)))
    works = [(part, runtime) for runtime in runtimes for part in parts]
    left = Counter(runtime.version for _, runtime in works)
    with (
        trial.interpreters.host.progress.task(text, total=len(attempts) * len(runtimes)) as task,
        workers(jobs, trial.bound) as pool,
    ):

        def one(work: tuple[Sequence[Attempt], Runtime]) -> _Loads:
            loads = trial.load(*work)
            release = work[1].version
            task.advance(len(work[0]))
            left[release] -= 1
            if not left[release]:
                task.describe(f"{text}: {release} done, {len(+left)} of {len(left)} releases to go")
            return loads

        return sum(pool.map(one, works), _Loads())


@value
class _Trial:
    interpreters: Interpreters
    attempts: Attempts
    bound: Bound

    def load(self, attempts: Sequence[Attempt], runtime: Runtime) -> _Loads:
        """Import modules, and open libraries after their packages, which may open others before them."""
        try:
            return _Loads(results=tuple(self._loaded(attempts, runtime)))
        except UnstartedError as error:
            gap = EngineGap(engine=self.interpreters.program.engine, reason=error.message, hint="")
            return _Loads(gaps=(gap,), unstarted=(error,))

    def _loaded(self, attempts: Sequence[Attempt], runtime: Runtime) -> list[Loaded]:
        tops = self.attempts.tops
        plain = self._accounts(attempts, runtime, direct=False)
        found = {attempt: judge(attempt, plain[attempt], None, tops=tops) for attempt in attempts}
        untold = [attempt for attempt in attempts if found[attempt] is None]
        direct = self._accounts(untold, runtime, direct=True)
        found |= {attempt: judge(attempt, plain[attempt], direct[attempt], tops=tops) for attempt in untold}
        engine = self.interpreters.program.engine
        return [_loaded(attempt, engine, runtime, found[attempt]) for attempt in attempts]

    def _accounts(
        self, attempts: Sequence[Attempt], runtime: Runtime, *, direct: bool
    ) -> dict[Attempt, Account]:
        """What is told of each file, by as few interpreters as tell the same as one for each."""
        found: dict[Attempt, Account] = {}

        def ask(asked: Sequence[Sequence[Attempt]], *, brief: bool) -> tuple[list[list[Attempt]], int]:
            """What one process does not tell of those that it came to, and of how many that is."""
            probes = [[_probe(attempt, direct=direct) for attempt in family] for family in asked]
            told = self.interpreters.some(probes, runtime, brief=brief)
            for family, heard in zip(asked, told, strict=False):
                accounts = told_of(family, heard)
                found.update((attempt, one) for attempt, one in accounts.items() if one.well or not brief)
            rest = ([attempt for attempt in family if attempt not in found] for family in asked[: len(told)])
            return [family for family in rest if family], len(told)

        left = families(attempts)
        if isinstance(self.interpreters.program, Node):
            # In brief interpreters only what goes well is believed.
            fresh, left = left, []
            while fresh:
                doubtful, number = ask(fresh, brief=True)
                fresh, left = fresh[number:], left + doubtful
        while left:
            rest, number = ask(left, brief=False)
            left = rest + left[number:]
        return found


def _probe(attempt: Attempt, *, direct: bool) -> Probe:
    return Probe(
        module=attempt.module,
        path=attempt.path,
        direct=direct,
        packages=() if direct else attempt.packages,
    )


def _loaded(attempt: Attempt, engine: str, runtime: Runtime, found: Judgement | None) -> Loaded:
    assert found is not None, "two accounts always tell"
    return Loaded(
        module=attempt.module,
        path=attempt.path,
        engine=engine,
        release=runtime.version,
        outcome=found.outcome,
        message=found.message,
        package=found.package,
    )
