"""What is concluded from nested calls, and how they are nested."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from fake_node import BOOTED, DONE, entered, imported, left, make_node_host
from made_wheels import make_wheel

from pyodide_abi.platforms import load_platform
from pyodide_abi.report.depths import depths_to_data
from pyodide_abi.runtime import deepening
from pyodide_abi.runtime.depths import measure_depths
from pyodide_abi.runtime.node import find_node
from pyodide_abi.runtime.verify import verify_wheel
from pyodide_abi.signatures import CalledFunction, TableEntry
from pyodide_abi.signatures.layouts import load_layouts
from pyodide_abi.signatures.rows import Row

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

RUNTIME = load_platform("314_0").runtimes[0]
SUFFIX = ".cpython-314-wasm32-emscripten.so"
ONE = f"/lib/python3.14/site-packages/one{SUFFIX}"
LOADED = [BOOTED, entered(ONE), left(ONE), entered(ONE), left(ONE), imported(ONE)]
OVERFLOW = {"kind": "died", "text": "RangeError: Maximum call stack size exceeded"}


def deeper(depth: int, limit: int = 1000) -> dict[str, Any]:
    return {"kind": "probe", "deeper": depth, "limit": limit}


def ended(error: str) -> dict[str, Any]:
    return {"kind": "probe", "called": "", "error": error}


def row(name: str, flags: str) -> Row:
    prototype = load_layouts().prototypes["PyCFunction"]
    target = CalledFunction(index=3, type=prototype.type)
    entry = TableEntry(table="PyMethodDef", name=name, target=target, prototype=prototype, flags=flags)
    return Row(entry=entry, have=prototype.type, certainty=entry.certainty, calls={})


def measured(tmp_path: Path, told: dict[str, list[Any]]) -> list[dict[str, object]]:
    """What is measured where each function, by its name, tells this."""

    def driver(request: dict[str, Any]) -> list[Any]:
        call = request["probe"]["call"]
        return [*LOADED, *told[call["entry"]]] if call else [*LOADED, DONE]

    path = f"one{SUFFIX}"
    wheel = make_wheel(tmp_path, "one-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl", {path: b"\0asm"})
    host = make_node_host(tmp_path, driver, [RUNTIME.version])
    verification = verify_wheel(wheel, [RUNTIME], host)
    rows = {path: [row("one.f", "METH_NOARGS"), row("one.g", "METH_O"), row("one.T.m", "METH_NOARGS")]}
    reached = measure_depths(verification, [RUNTIME], rows, host, programs=[find_node(host)], timeout=9.0)
    return depths_to_data(reached)


def test_what_a_function_takes_of_the_stack(tmp_path: Path) -> None:
    survives = [deeper(900), deeper(960), ended("RecursionError: maximum recursion depth exceeded")]
    told = {
        "": [*survives, deeper(960, 10**6), deeper(1020, 10**6), OVERFLOW, 134],
        "f": [deeper(500), deeper(540), OVERFLOW, 134],
        "m": [{"kind": "probe", "untried": "the module has no function m"}, DONE],
    }
    found = measured(tmp_path, told)
    common = {"engine": "node24", "release": RUNTIME.version}
    assert found == [
        {
            **common,
            "entry": None,
            "default": 900,
            "ended": "RecursionError: maximum recursion depth exceeded",
            "survived": True,
            "stack": 960,
        },
        {
            **common,
            "entry": "one.f",
            "default": 500,
            "ended": "RangeError: Maximum call stack size exceeded",
            "survived": False,
            "stack": 500,
        },
    ]


def test_a_stack_that_does_not_end(tmp_path: Path) -> None:
    told = {name: [deeper(20), ended(""), deeper(20, 10**6), ended(""), DONE] for name in ("", "f", "m")}
    assert [one["stack"] for one in measured(tmp_path, told)] == [None] * 3


def test_what_was_never_called_is_not_measured(tmp_path: Path) -> None:
    told: dict[str, list[Any]] = {name: [OVERFLOW, 134] for name in ("", "f", "m")}
    assert measured(tmp_path, told) == []


def test_calls_are_nested_and_python_s_limit_is_met() -> None:
    depths: list[int] = []

    def bottom() -> None:
        frame, depth = sys._getframe(), 0
        while frame.f_back:
            frame, depth = frame.f_back, depth + 1
        depths.append(depth)
        raise ValueError("its own affair")

    assert deepening._attempt(10, bottom) == ""
    assert deepening._attempt(60, bottom) == ""
    assert depths[1] - depths[0] == 50, "each call takes one of Python's limit"
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(depths[0] + 40)
    try:
        assert deepening._attempt(60, bottom).startswith("RecursionError")
    finally:
        sys.setrecursionlimit(before)


def test_what_the_runtime_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[dict[str, Any]] = []
    limits: list[int] = []
    monkeypatch.setattr(sys, "setrecursionlimit", limits.append)
    fails = dict.fromkeys(range(31, 99), "RecursionError")
    monkeypatch.setattr(deepening, "_attempt", lambda depth, _function: fails.get(depth, ""))
    deepening.call_entry("json", json.dumps({"entry": ""}), lambda text: said.append(json.loads(text)))
    assert [message.get("deeper") for message in said] == [20, 22, 24, 26, 28, 30, 32, None] * 2
    assert limits == [sys.getrecursionlimit(), 10**6]
    said.clear()
    deepening.call_entry("json", json.dumps({"entry": "dumps"}), lambda text: said.append(json.loads(text)))
    assert "does not take a call without arguments" in said[0]["untried"]
    said.clear()
    deepening.call_entry("json", json.dumps({"entry": "no.such"}), lambda text: said.append(json.loads(text)))
    assert said == [{"untried": "the module has no function no.such"}]
