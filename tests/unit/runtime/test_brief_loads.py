"""Loads in brief interpreters, which compute slowly: only what goes well there is believed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fake_node import BOOTED, DONE, entered, imported, left, make_node_host, prepared
from made_wheels import make_wheel

from pyodide_abi.platforms import load_platform
from pyodide_abi.runtime.account import Outcome
from pyodide_abi.runtime.verify import verify_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from fake_node import Driver

    from pyodide_abi.runtime.verify import Loaded

RUNTIME = load_platform("314_0").runtimes[0]
SUFFIX = ".cpython-314-wasm32-emscripten.so"
SITE = "/lib/python3.14/site-packages"
ONE = f"{SITE}/pkg/one{SUFFIX}"


def fine(place: str) -> list[Any]:
    steps = [entered(place), left(place)]
    return [prepared(place), *steps, *steps, imported(place), DONE]


FINE = fine(ONE)


def verify(tmp_path: Path, driver: Driver, *names: str) -> tuple[Loaded, ...]:
    files: dict[str, str | bytes] = {f"{name}{SUFFIX}": b"\0asm" for name in names}
    wheel = make_wheel(tmp_path, "pkg-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl", files)
    return verify_wheel(wheel, [RUNTIME], make_node_host(tmp_path, driver, [RUNTIME.version])).results


RECURSES = imported(ONE, "RecursionError: too deep")
MISSING = imported(ONE, "ModuleNotFoundError: No module named 'numpy'", "numpy")


@pytest.mark.parametrize(
    ("said", "rounds"),
    [
        (FINE, [True]),
        ([*FINE[:5], MISSING, DONE], [True]),
        ([*FINE[:5], RECURSES, DONE], [True, False]),
        ([*FINE[:2], left(ONE, "ImportError", "no", own=True), imported(ONE, "x"), DONE], [True, False]),
        ([entered(ONE), {"kind": "died", "text": "RangeError"}, 134], [True, False]),
    ],
)
def test_in_a_brief_interpreter_only_what_goes_well_is_believed(
    said: list[Any], rounds: list[bool], tmp_path: Path
) -> None:
    asked = []

    def driver(request: dict[str, Any]) -> list[Any]:
        asked.append(request["brief"])
        return [BOOTED, *(said if request["brief"] else FINE)]

    (result,) = verify(tmp_path, driver, "pkg/one")
    assert asked == rounds
    assert result.outcome is Outcome.LOADED


def test_in_a_brief_process_what_comes_behind_one_that_dies_is_brief_too(tmp_path: Path) -> None:
    asked = []

    def driver(request: dict[str, Any]) -> list[Any]:
        name = request["probe"]["module"]
        asked.append((name, request["brief"]))
        place = f"{SITE}/{name.replace('.', '/')}{SUFFIX}"
        if name == "a.two" and request["brief"]:
            return [BOOTED, prepared(place), entered(place), 134]
        return [BOOTED, *fine(place)]

    results = verify(tmp_path, driver, "a/two", "b/one", "c/one")
    assert [result.outcome for result in results] == [Outcome.LOADED] * 3
    assert asked == [("a.two", True), ("b.one", True), ("c.one", True), ("a.two", False)]
