"""The linker predicts what the real loader does: a part of ``run.py``, small enough for every run.

One variant of every case, in the newest release of each platform; in releases whose installer was another
one, those of several files; in the older engine, those where the engine has its say, in two platforms.
The whole is one command: ``run.py``.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from assembling import make_wheel
from differential.agreement import (
    Setting,
    compare_made,
    of_each_installer,
    reason_to_leave_out,
    select,
)
from differential.comparing import place_of, read_installed
from differential.making import assemble
from differential.observing import Observer
from differential.programs import find_program
from differential.recipe import load_case, load_cases
from differential.reporting import report
from differential.run import CASES, make_host, make_maker

from pyodide_abi.audit import audit_file
from pyodide_abi.errors import MissingError
from pyodide_abi.linker import Resolver
from pyodide_abi.platforms import load_platform, load_platforms, load_surface
from pyodide_abi.platforms.installers import installer_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from differential.programs import Program
    from differential.recipe import Case

    from pyodide_abi.platforms.model import Release
    from pyodide_abi.runtime.browser import Browser

ENGINE = "node24"
ENGINES_SAY = ["import-*", "segments-*", "threads", "unwinding-*", "poison*"]
#: Where an installer that loads ahead makes a difference.
TOGETHER = ["needed-*", "others-*", "poison*", "weak-*", "file-elf", "import-data-missing"]
RECIPES = sorted(CASES.glob("*/case.toml"))


def sample() -> list[Case]:
    return [load_case(path)[0] for path in RECIPES]


def compare(
    cases: Sequence[Case],
    name: str,
    *,
    program: Program | Browser,
    engine: str,
    installs: bool = False,
    release: Release | None = None,
) -> None:
    platform = load_platform(name)
    host = make_host()
    setting = Setting(observer=Observer(host=host, program=program), engine=engine, installs=installs)
    chosen = release or platform.releases[-1]
    comparisons = list(compare_made(cases, platform, chosen, maker=make_maker(host), setting=setting))
    assert len(comparisons) > len(cases)
    assert all(one.agrees for one in comparisons), report(comparisons, {}, engine=engine)


@pytest.mark.integration
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(platform.name, marks=pytest.mark.xdist_group(f"agreement-{platform.name}"))
        for platform in load_platforms()
    ],
)
def test_predictions_come_true(name: str) -> None:
    program = find_program(make_host(), ENGINE, None)
    compare(sample(), name, program=program, engine=ENGINE)
    compare(select(sample(), TOGETHER), name, program=program, engine=ENGINE, installs=True)


@pytest.mark.integration
@pytest.mark.parametrize(
    ("name", "release"),
    [
        pytest.param(
            platform.name,
            release,
            marks=pytest.mark.xdist_group(f"agreement-{platform.name}"),
            id=release.version,
        )
        for platform in load_platforms()
        for release in of_each_installer(platform)
    ],
)
def test_predictions_come_true_where_the_installer_was_another(name: str, release: Release) -> None:
    program = find_program(make_host(), ENGINE, None)
    cases = select(sample(), TOGETHER)
    compare(cases, name, program=program, engine=ENGINE, installs=True, release=release)


def test_every_installer_is_compared() -> None:
    for platform in load_platforms():
        compared = [*of_each_installer(platform), platform.releases[-1]]
        installers = [installer_of(release.version) for release in compared]
        assert len(set(installers)) == len(installers)
        assert set(installers) == {installer_of(release.version) for release in platform.releases}
    assert [release.version for release in of_each_installer(load_platform("2024_0"))] == ["0.26.0", "0.26.2"]


@pytest.mark.integration
@pytest.mark.parametrize("name", ["2024_0", "314_0"])
def test_predictions_come_true_in_the_older_engine(name: str) -> None:
    try:
        program = find_program(make_host(), "node20", None)
    except MissingError as error:
        pytest.skip(str(error))
    features = select(load_cases(CASES), ["feature-*"])
    cases = dict.fromkeys([*select(sample(), ENGINES_SAY), *features])
    compare(list(cases), name, program=program, engine="node20")


@pytest.mark.integration
@pytest.mark.parametrize("name", [platform.name for platform in load_platforms()])
def test_who_breaks_another_module_is_named(name: str, tmp_path: Path) -> None:
    platform = load_platform(name)
    maker = make_maker(make_host())
    symbols = load_surface(platform).symbols(platform.releases[-1].version)
    broken = 0
    for case in select(load_cases(CASES), TOGETHER):
        modules = sorted(set(case.imports))
        if len(modules) == 1:
            continue
        folder = maker.make(case)
        installed = read_installed(folder, [made.path for made in case.files], ENGINE)
        paths = [place_of(module, installed, platform) for module in modules]
        resolver = Resolver(installed, platform=platform, symbols=symbols)
        sound = [path for path in paths if not resolver.resolve(path, extension=True).problems]
        victims = {
            path
            for order in itertools.permutations(paths)
            for path, prediction in zip(order, resolver.resolve_in_order(order), strict=True)
            if prediction.problems and path in sound
        }
        files = {made.path: (folder / made.path).read_bytes() for made in case.files}
        python, tag = f"cp{platform.python.version.replace('.', '')}", platform.names[0]
        wheel = make_wheel(tmp_path, f"m-1-{python}-{python}-{tag}_wasm32.whl", files)
        findings = {finding.name: finding for finding in audit_file(wheel).findings}
        assert ("poisoning-failure" in findings) is bool(victims), case.name
        if victims:
            broken += 1
            assert all(victim in findings["poisoning-failure"].message for victim in victims)
    assert broken > 1


def test_there_are_many_situations() -> None:
    assert len(RECIPES) >= 100
    cases = load_cases(CASES)
    assert len({case.name for case in cases}) == len(cases)


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.parent.name)
def test_a_recipe_says_what_it_shows(path: Path) -> None:
    for case in load_case(path):
        assert case.about.endswith(".")
        assert case.rows
        assert all(case.left_out.values())
    used = {source.name for case in load_case(path) for made in case.files for source in made.sources}
    assert used == {file.name for file in path.parent.iterdir()} - {path.name}


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.parent.name)
def test_what_is_written_by_hand_assembles(path: Path) -> None:
    for case in load_case(path):
        for made in case.files:
            if made.sources and made.sources[0].suffix == ".wat":
                assert assemble(made.sources[0], dict(made.define)).startswith(b"\0asm")


def test_reasons_to_leave_out() -> None:
    (case,) = load_case(Path(CASES, "dylink-memory-huge", "case.toml"))
    platform = load_platform("2024_0")
    oldest, newest = platform.releases[0], platform.releases[-1]
    assert "memory" in reason_to_leave_out(case, platform, oldest, ENGINE)
    assert not reason_to_leave_out(case, platform, newest, ENGINE)
