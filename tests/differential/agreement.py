"""Compare cases in releases: build, observe, predict, set side by side."""

from __future__ import annotations

import dataclasses
import hashlib
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from differential.comparing import (
    Comparison,
    compare_call,
    compare_install,
    compare_steps,
    predict_imports,
    predict_install,
    read_installed,
)
from differential.observing import Job, observe

from pyodide_abi.platforms import load_surface
from pyodide_abi.platforms.engines import find_engine
from pyodide_abi.platforms.installers import installer_of
from pyodide_abi.values import replace, value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from differential.comparing import Result
    from differential.making import Maker
    from differential.observing import Observer
    from differential.recipe import Case

    from pyodide_abi.platforms.installers import Installer
    from pyodide_abi.platforms.model import Platform, Release

#: Before a platform's name in a recipe's reasons to leave it out: not after an installation.
_INSTALL = "install "


@value
class Setting:
    """Where cases are compared.

    Attributes:
        observer: what runs the interpreters.
        engine: its name for the linker.
        installs: each case is also installed from a wheel by the release's own installer.
    """

    observer: Observer
    engine: str
    installs: bool = False


def select(cases: Iterable[Case], patterns: Sequence[str]) -> list[Case]:
    """The cases that any of the shell patterns names, all variants of a case with its own name."""
    return [
        case
        for case in cases
        if not patterns
        or any(
            fnmatchcase(name, pattern)
            for pattern in patterns
            for name in {case.name, case.name.split("/")[0]}
        )
    ]


def newest_and_oldest(platform: Platform) -> tuple[Release, ...]:
    """The first and the last release of a platform."""
    return tuple(dict.fromkeys((platform.releases[0], platform.releases[-1])))


def of_each_installer(platform: Platform) -> tuple[Release, ...]:
    """The first release of every installer that a platform has had before that of its newest release."""
    newest = installer_of(platform.releases[-1].version)
    firsts: dict[Installer, Release] = {}
    for release in platform.releases:
        firsts.setdefault(installer_of(release.version), release)
    return tuple(release for installer, release in firsts.items() if installer != newest)


def compare_made(
    cases: Sequence[Case], platform: Platform, release: Release, *, maker: Maker, setting: Setting
) -> Iterator[Comparison]:
    """Every aspect of every case in one release; cases left out there are not compared.

    Cases of several modules are compared in the other order, too.
    """
    cases = [*cases, *(backwards(case) for case in cases if len(case.imports) > 1)]
    taken = [case for case in cases if not reason_to_leave_out(case, platform, release, setting.engine)]
    symbols = load_surface(platform).symbols(release.version, find_engine(setting.engine).surface)
    imports = {case: _job(case, maker) for case in taken}
    seen = observe(imports.values(), release, setting.observer)
    loaded = [case for case in taken if all(step.kind == "loads" for step in seen[imports[case]].steps)]
    calls = {(case, call): _job(case, maker, call.code) for case in loaded for call in case.calls}
    called = observe(calls.values(), release, setting.observer)
    for case in taken:
        installed = read_installed(maker.make(case), [made.path for made in case.files], setting.engine)
        predictions = predict_imports(
            case.imports, installed, platform=platform, symbols=symbols, engine=setting.engine
        )
        results = list(compare_steps(predictions, seen[imports[case]], setting.engine))
        if case in loaded:
            results += [
                compare_call(call.symbol, predictions, called[calls[case, call]]) for call in case.calls
            ]
        yield from _comparisons(case.name, results, platform, release)
    if setting.installs:
        yield from _compare_installs(taken, platform, release, maker=maker, setting=setting)


def backwards(case: Case) -> Case:
    """The same modules, imported in the other order."""
    return dataclasses.replace(case, name=f"{case.name} backwards", imports=case.imports[::-1])


def _compare_installs(
    cases: Sequence[Case], platform: Platform, release: Release, *, maker: Maker, setting: Setting
) -> Iterator[Comparison]:
    """The same imports after the release's own installer has installed the files from a wheel."""
    symbols = load_surface(platform).symbols(release.version, find_engine(setting.engine).surface)
    jobs = {case: _install_job(case, maker) for case in cases if not reason_not_to_install(case, platform)}
    seen = observe(jobs.values(), release, setting.observer)
    for case, job in jobs.items():
        installed = read_installed(maker.make(case), [made.path for made in case.files], setting.engine)
        stop, predictions = predict_install(
            case.imports,
            replace(installed, wheel_libs=f"{case.wheel}.libs"),
            platform=platform,
            release=release,
            symbols=symbols,
            engine=setting.engine,
        )
        results = [compare_install(stop, seen[job]), *compare_steps(predictions, seen[job], setting.engine)]
        yield from _comparisons(f"{case.name} installed", results, platform, release)


def _comparisons(
    name: str, results: Iterable[Result], platform: Platform, release: Release
) -> Iterator[Comparison]:
    for aspect, predicted, observed, agrees, exact in results:
        yield Comparison(
            case=name,
            platform=platform.name,
            release=release.version,
            aspect=aspect,
            predicted=predicted,
            observed=observed,
            agrees=agrees,
            exact=exact,
        )


def reason_to_leave_out(case: Case, platform: Platform, release: Release, engine: str) -> str:
    """Why a case is not compared there; empty where it is."""
    return next(
        (case.left_out[key] for key in (platform.name, release.version, engine) if key in case.left_out), ""
    )


def _job(case: Case, maker: Maker, *more: str) -> Job:
    folder = maker.make(case)
    files = tuple((folder / made.path, made.path) for made in case.files)
    content = hashlib.sha256()
    for path, place in files:
        content.update(place.encode() + b"\0" + path.read_bytes())
    steps = tuple(f"import {module}" for module in case.imports)
    return Job(digest=content.hexdigest(), files=files, steps=(*steps, *more))


def reason_not_to_install(case: Case, platform: Platform) -> str:
    """Why a case is not compared there after an installation; empty where it is."""
    return case.left_out.get(f"{_INSTALL}{platform.name}", "")


def _install_job(case: Case, maker: Maker) -> Job:
    wheel = maker.pack(case)
    steps = tuple(f"import {module}" for module in case.imports)
    return Job(digest=hashlib.sha256(wheel.read_bytes()).hexdigest(), wheel=wheel, steps=steps)
