"""What is done with each package, in which order and why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyodide_abi.distribution.resolution import File, ResolvedPackage
from pyodide_abi.distribution.work_plan import Action, in_order, needed_before, plan
from pyodide_abi.platforms import load_platform

PLATFORM = load_platform("314_0")
PURE = "spam-1.0-py3-none-any.whl"
OWN = "spam-1.0-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
ABI3 = "spam-1.0-cp311-abi3-pyemscripten_2026_0_wasm32.whl"
OLDER = "spam-1.0-cp313-cp313-pyemscripten_2025_0_wasm32.whl"
NATIVE = "spam-1.0-cp314-cp314-manylinux_2_28_x86_64.whl"


def file(name: str) -> File:
    return File(name=name, place=f"https://files.example/{name}", sha256="aa")


def package(
    name: str = "spam", *needs: str, wheels: tuple[str, ...] = (), sdist: bool = True
) -> ResolvedPackage:
    return ResolvedPackage(
        name=name,
        version="1.0",
        needs=needs,
        sdist=file(f"{name}-1.0.tar.gz") if sdist else None,
        wheels=tuple(map(file, wheels)),
    )


@pytest.mark.parametrize(
    ("wheels", "taken"),
    [
        ((PURE,), PURE),
        ((PURE, ABI3, OWN, NATIVE), OWN),
        ((PURE, ABI3), ABI3),
        ((OLDER, NATIVE), None),
        ((), None),
        (("no wheel.whl",), None),
    ],
)
def test_the_wheel_that_fits_best_is_taken(wheels: tuple[str, ...], taken: str | None) -> None:
    (step,) = plan([package(wheels=wheels)], PLATFORM)
    assert step.file is not None
    assert step.action is (Action.TAKE if taken else Action.BUILD)
    assert step.file.name == (taken or "spam-1.0.tar.gz")
    assert step.reason


def test_without_sources_there_may_be_nothing() -> None:
    (step,) = plan([package(wheels=(OLDER,), sdist=False)], PLATFORM)
    assert (step.action, step.file) == (Action.NONE, None)
    assert step.reason == "there is no wheel that fits 314_0, and no sdist"


def test_what_was_to_be_built_is_built() -> None:
    (step,) = plan([package(wheels=(OWN,))], PLATFORM, from_source={"spam"})
    assert (step.action, step.reason) == (Action.BUILD, "it was to be built")
    (step,) = plan([package(wheels=(OWN,), sdist=False)], PLATFORM, from_source={"spam"})
    assert step.action is Action.TAKE


def test_what_is_needed_comes_first_otherwise_the_name_counts() -> None:
    every = [package("a", "z"), package("b"), package("m", "a", "b"), package("z")]
    assert [step.package.name for step in plan(every, PLATFORM)] == ["z", "a", "b", "m"]


def test_a_circle_keeps_nothing_from_its_turn() -> None:
    steps = plan([package("a", "b"), package("b", "c"), package("c", "a", "d"), package("d")], PLATFORM)
    assert sorted(step.package.name for step in steps) == ["a", "b", "c", "d"]
    needs = needed_before(steps)
    assert sum(map(len, needs.values())) == 3
    assert needs["c"] == ("d",)


@given(st.dictionaries(st.sampled_from("abcdefg"), st.sets(st.sampled_from("abcdefg")), min_size=1))
def test_every_package_has_one_turn_and_waits_for_earlier_ones(needs: dict[str, set[str]]) -> None:
    every = {name: package(name, *sorted(some & needs.keys() - {name})) for name, some in needs.items()}
    ordered = [one.name for one in in_order(every)]
    assert sorted(ordered) == sorted(every)
    steps = plan(every.values(), PLATFORM)
    before: set[str] = set()
    for step in steps:
        assert set(needed_before(steps)[step.package.name]) <= before
        before.add(step.package.name)
