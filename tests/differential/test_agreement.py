"""The linker predicts what the real loader does: a part of ``run.py``, small enough for every run.

One variant of every case, in the newest release of each platform. The whole is one command: ``run.py``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from differential.agreement import Setting, compare_made, reason_to_leave_out
from differential.making import assemble
from differential.observing import Observer
from differential.recipe import load_case, load_cases
from differential.reporting import report
from differential.run import CASES, make_host, make_maker

from pyodide_abi.platforms import load_platform, load_platforms
from pyodide_abi.runtime import find_node

if TYPE_CHECKING:
    from differential.recipe import Case

ENGINE = "node24"
RECIPES = sorted(CASES.glob("*/case.toml"))


def sample() -> list[Case]:
    return [load_case(path)[0] for path in RECIPES]


@pytest.mark.integration
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(platform.name, marks=pytest.mark.xdist_group(f"agreement-{platform.name}"))
        for platform in load_platforms()
    ],
)
def test_predictions_come_true(name: str) -> None:
    platform = load_platform(name)
    host = make_host()
    setting = Setting(observer=Observer(host=host, node=find_node(host)), engine=ENGINE)
    comparisons = list(
        compare_made(sample(), platform, platform.releases[-1], maker=make_maker(host), setting=setting)
    )
    assert len(comparisons) > len(RECIPES)
    assert all(one.agrees for one in comparisons), report(comparisons, {}, engine=ENGINE)


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
