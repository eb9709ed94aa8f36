"""A distribution from its steps to its lock file, out of which every package is then loaded."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

from pyodide_abi.atomic import replacing
from pyodide_abi.audit import audit_file
from pyodide_abi.distribution.lock import NAME, imports_of, lock_text
from pyodide_abi.distribution.progress_file import ProgressFiles, carry_out, key_of_set
from pyodide_abi.distribution.schedule import carried_out
from pyodide_abi.distribution.trial import Loading, key_of_loading, load_package, packages_in, to_import
from pyodide_abi.distribution.whole_set import judge_together
from pyodide_abi.distribution.work import Job, told
from pyodide_abi.runtime.releases import install_release, newest
from pyodide_abi.values import value
from pyodide_abi.wheel import open_wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Executor
    from contextlib import AbstractContextManager
    from pathlib import Path

    from pyodide_abi.distribution.schedule import Capacity
    from pyodide_abi.distribution.work import Made, WorkSettings
    from pyodide_abi.distribution.work_plan import Step
    from pyodide_abi.host import Host


@value
class Distribution:
    """What became of a distribution.

    Attributes:
        platform: The name of the platform.
        release: the release that packages were loaded in.
        outdir: The folder of the wheels.
        lock: the lock file.
        packages: what became of each package, in the order of the work.
        together: what the audit says of the wheels as a set and of the lock file: severity, code and message.
        loaded: for each package in the lock file what went wrong when it was loaded; no lines where nothing
            did. Empty where none was to be loaded.
    """

    platform: str
    release: str
    outdir: Path
    lock: Path
    packages: tuple[Made, ...]
    together: tuple[tuple[str, str, str], ...]
    loaded: Mapping[str, tuple[str, ...]]

    @property
    def ok(self) -> bool:
        """Everything that was asked for is there, and nothing is wrong with it."""
        return (
            all(made.status.good for made in self.packages)
            and not any(severity == "error" for severity, _, _ in self.together)
            and not any(self.loaded.values())
        )


@value
class Workers:
    """Who does the work, and how much of it at once.

    Attributes:
        opened: opens an executor; what it gives is None where the caller works itself.
        capacity: how much may be done at once.
        loads: how many packages are loaded from the lock file at once.
    """

    opened: Callable[[], AbstractContextManager[Executor | None]]
    capacity: Capacity
    loads: int


def distribute(
    steps: Sequence[Step],
    settings: WorkSettings,
    workers: Workers,
    host: Host,
    *,
    load: bool = True,
    tests: Mapping[str, str] = {},
) -> Distribution:
    """Make a distribution; what an earlier call has done in the same folder is not done again.

    Args:
        steps: what is to be done, in order.
        settings: how.
        workers: The processes or machines that do it.
        host: the machine of the caller.
        load: load every package from the lock file in the platform's newest release, and import it.
        tests: Python code by the normalised names of packages, run there when the package is loaded.

    Raises:
        MissingError: the release or Node cannot be had.
        OSError: the folder cannot be written.
    """
    files = ProgressFiles(outdir=settings.outdir)
    settings.outdir.mkdir(parents=True, exist_ok=True)
    runtime = newest(settings.platform.runtimes)
    release = install_release(runtime.release, host)
    made = _worked_on(steps, settings, workers, host)
    files.forget_others(steps)
    lock = settings.outdir / NAME
    text = lock_text([step.package for step in steps], made, settings.outdir, release)
    with replacing(lock) as partial:
        partial.write_text(text, "utf-8")
    loaded = _loaded(files, settings, workers, host, tests) if load else {}
    return Distribution(
        platform=settings.platform.name,
        release=runtime.version,
        outdir=settings.outdir,
        lock=lock,
        packages=tuple(made.values()),
        together=_together(files, made, text, settings, host),
        loaded=loaded,
    )


def _worked_on(
    steps: Sequence[Step], settings: WorkSettings, workers: Workers, host: Host
) -> dict[str, Made]:
    """What became of each package, in the order of the steps."""
    made: dict[str, Made] = {}
    with ExitStack() as stack, host.progress.task("working on packages", len(steps)) as task:
        executor = stack.enter_context(workers.opened())

        def begin(step: Step) -> Future[Made]:
            job = Job(step=step, settings=settings)
            if executor is not None:
                return executor.submit(carry_out, job)
            here: Future[Made] = Future()
            here.set_result(carry_out(job, host.progress))
            return here

        def renew() -> None:
            nonlocal executor
            host.progress.say("a process that worked on packages has ended; what it worked on begins again")
            stack.pop_all().close()
            executor = stack.enter_context(workers.opened())

        for one in carried_out(steps, begin, workers.capacity, renew=renew):
            made[one.name] = one
            task.advance()
            host.progress.say(
                f"{len(made)}/{len(steps)} {one.name} {one.version}: {one.status}: {one.reason}"
            )
    return {step.package.name: made[step.package.name] for step in steps}


def _together(
    files: ProgressFiles, made: Mapping[str, Made], lock: str, settings: WorkSettings, host: Host
) -> tuple[tuple[str, str, str], ...]:
    """What is wrong with the wheels as a set and with the lock file; once found, it is remembered."""
    good = [one for one in made.values() if one.status.good]
    key = key_of_set(good, lock, settings)
    before = files.together(key)
    if before is not None:
        return before
    with host.progress.task("judging all wheels together"):
        known = {finding for one in good for finding in one.findings}
        found = judge_together(
            [settings.outdir / one.file for one in good],
            settings.platform,
            known=known,
            ignore=settings.ignore,
        )
        report = audit_file(settings.outdir / NAME, platform=settings.platform, ignore=settings.ignore)
    found = (*found, *map(told, report.findings))
    files.write_together(key, found)
    return found


def _loaded(
    files: ProgressFiles, settings: WorkSettings, workers: Workers, host: Host, tests: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    """Load every package of the lock file that was not loaded with the same files before."""
    outdir, runtime = settings.outdir, newest(settings.platform.runtimes)
    packages = packages_in(outdir)
    loadings = []
    for name, package in packages.items():
        with open_wheel(outdir / package.file_name) as wheel:
            imports = to_import(imports_of(wheel))
        loadings.append(Loading(name=name, imports=imports, test=tests.get(name, "")))
    keys = {loading.name: key_of_loading(loading, packages, runtime) for loading in loadings}
    before = files.loaded()
    good = {name: key for name, key in keys.items() if before.get(name) == key}
    found: dict[str, tuple[str, ...]] = dict.fromkeys(good, ())
    left = [loading for loading in loadings if loading.name not in good]
    with (
        host.progress.task(f"loading packages in {runtime.version}", len(left)) as task,
        ThreadPoolExecutor(workers.loads) as pool,
    ):
        tried = pool.map(lambda one: load_package(one, outdir, packages, runtime, host), left)
        for loading, said in zip(left, tried, strict=True):
            found[loading.name] = said
            task.advance()
            if not said:
                good[loading.name] = keys[loading.name]
                files.write_loaded(good)
    return dict(sorted(found.items()))
