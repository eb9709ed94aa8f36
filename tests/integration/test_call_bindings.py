"""Modules of binding libraries that hand functions of their own to CPython: what is recovered is right.

The product builds the projects of ``tests/bindings``, each at several levels of optimisation, with names
of functions and without. In each there are a type ``P`` and a function ``p`` of wrong C types, and right ones
beside them, called ``Q`` and ``q``. Calls of one are made in the oldest and the newest release.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from patience import WORK_HANGS
from real_host import pyodide_abi

from pyodide_abi.platforms import load_platform

pytestmark = [pytest.mark.integration, pytest.mark.long]

PROJECTS = Path(__file__).parents[1] / "bindings"
#: Modules of a project that builds one for each level itself.
LEVELS = 4
ONE, TWO, THREE = "(i32) -> i32", "(i32, i32) -> i32", "(i32, i32, i32) -> i32"
VOID_ONE = "(i32) -> ()"
#: By the last word of an entry's name: the type of the function, and the one that it is called with.
FUNCTIONS = {("p", TWO, THREE), ("q", THREE, THREE)}
NOARGS = {("n", ONE, TWO)}
ADD = {("nb_add", ONE, TWO), ("nb_add", TWO, TWO)}
CLEAR = {("tp_clear", VOID_ONE, ONE), ("tp_clear", ONE, ONE)}
VOID_TWO = "(i32, i32) -> ()"
SORT = {("sort_wrong", ONE, TWO), ("sort_right", TWO, TWO)}
CAPSULE = {("capsule_wrong", VOID_TWO, VOID_ONE), ("capsule_right", VOID_ONE, VOID_ONE)}
#: All that the sources say.
EXPECTED = {
    "nanobind": FUNCTIONS | NOARGS | ADD | CLEAR,
    "pybind11": FUNCTIONS | NOARGS | ADD | CLEAR,
    "cython": FUNCTIONS | ADD | SORT | CAPSULE,
}
#: What is known without optimisation: the way to a type of pybind11 is too long to be followed.
WITHOUT_OPTIMISATION = {"pybind11": FUNCTIONS | NOARGS}
#: Where types bear their names; pybind11 puts them together at run time.
NAMED = {"pybind11", "cython"}


def build(project: str, platform: str, place: Path) -> Path:
    """The wheel."""
    shutil.copytree(PROJECTS / project, place)
    shutil.copy(PROJECTS / "functions.h", place)
    words: list[str | Path] = [
        "build",
        place,
        "--platform",
        platform,
        "--outdir",
        place / "out",
        "--format",
        "json",
    ]
    done = pyodide_abi(*words, "--toolchain-mismatch", "allow", cwd=place, timeout=WORK_HANGS)
    # The audit finds the faults.
    assert done.returncode in {0, 1}, done.stderr.decode()
    (wheel,) = (place / "out").glob("*.whl")
    return wheel


def last(entry: str) -> str:
    """What follows the name of the type or the module."""
    return entry.replace(" ", ".").rpartition(".")[2]


def rows_of(calls: list[dict[str, Any]], path: str) -> set[tuple[str, str, str]]:
    """The certain entries of a module, whose functions are in it."""
    return {
        (last(call["entry"]), call["have"], call["want"])
        for call in calls
        if call["path"] == path and call["certainty"] == "certain" and call["have"] is not None
    }


@pytest.mark.parametrize("project", EXPECTED)
def test_what_is_recovered_is_what_the_source_says(project: str, tmp_path: Path) -> None:
    wheel = build(project, "314_0", tmp_path / project)
    done = pyodide_abi("audit", wheel, "--format", "json", cwd=tmp_path)
    modules = json.loads(done.stdout)["results"][0]["modules"]
    assert len(modules) == LEVELS
    for module in modules:
        calls = [{**row, "path": module["path"]} for row in module["signatures"]]
        rows = rows_of(calls, module["path"])
        optimised = not module["path"].startswith("bound_o0")
        expected = EXPECTED[project] if optimised else WITHOUT_OPTIMISATION.get(project, EXPECTED[project])
        assert rows >= expected
        assert {row for row in rows if row[1] != row[2]} <= expected
        if optimised and project in NAMED:
            name = f"{module['path'].partition('.')[0]}.P nb_add"
            assert name in {row["entry"] for row in module["signatures"]}


def test_calls_go_as_predicted(tmp_path: Path) -> None:
    wheel = build("nanobind", "314_0", tmp_path / "nanobind")
    releases = load_platform("314_0").releases
    ends = (releases[0].version, releases[-1].version)
    chosen = [f"--runtime={version}" for version in ends]
    done = pyodide_abi(
        "verify", wheel, "--calls", *chosen, "--format", "json", cwd=tmp_path, timeout=WORK_HANGS
    )
    (data,) = json.loads(done.stdout)["results"]
    seen = [(call, call["called"][end]) for call in data["calls"] for end in ends]
    assert [call["entry"] for call, one in seen if not one["agrees"]] == []
    assert {one["seen"] for call, one in seen if last(call["entry"]) == "p"} == {"traps"}
    assert {one["seen"] for call, one in seen if last(call["entry"]) == "q"} == {"survives"}
