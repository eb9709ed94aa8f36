"""What is tried in the visitor's browser, and what is held against it: as ``verify`` does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from made_modules import side_module
from made_wheels import make_wheel

from pyodide_abi.page import inside

if TYPE_CHECKING:
    from pathlib import Path

NAME = "demo-1.0-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
MODULE = "demo/_core.cpython-314-wasm32-emscripten.so"
PLACE = f"/lib/python3.14/site-packages/{MODULE}"


def said(*messages: dict[str, Any]) -> str:
    return "".join(json.dumps({"kind": "probe", **message}) + "\n" for message in messages)


def step(error: str = "", text: str = "", *, own: bool = False) -> list[dict[str, Any]]:
    return [{"entered": PLACE}, {"left": PLACE, "error": error, "text": text, "own": own}]


LOADED = said(*step(), *step(), {"imported": PLACE, "error": "", "missing": ""})
REFUSED = said(
    *step("ImportError", "bad export", own=True),
    {"imported": PLACE, "error": "ImportError: x", "missing": ""},
)
NOTHING = said(
    {"imported": PLACE, "error": "ModuleNotFoundError: No module named 'numpy'", "missing": "numpy"}
)
DIED = said({"entered": PLACE}) + json.dumps({"kind": "died", "text": "RuntimeError: unreachable"}) + "\n"


def judged(plain: str, direct: str | None = None) -> dict[str, Any]:
    attempt = {"module": "demo._core", "path": MODULE, "packages": []}
    told = {"attempt": attempt, "tops": ["demo"], "plain": plain, "direct": direct}
    answer: dict[str, Any] = json.loads(inside.judge(json.dumps(told)))
    return answer


@pytest.mark.parametrize(
    ("plain", "direct", "found"),
    [
        (LOADED, None, ("loaded", "")),
        (REFUSED, None, ("refused", "bad export")),
        (DIED, None, ("killed", "RuntimeError: unreachable")),
        (NOTHING, LOADED, ("loaded", "")),
        (NOTHING, REFUSED, ("refused", "bad export")),
    ],
)
def test_what_is_held_against_a_module(plain: str, direct: str | None, found: tuple[str, str]) -> None:
    answer = judged(plain, direct)
    assert (answer["outcome"], answer["message"]) == found


def test_what_a_package_keeps_from_its_module_is_asked_by_its_path() -> None:
    assert judged(NOTHING) == {"direct": True}
    assert "numpy" in judged(NOTHING, LOADED)["package"]


def test_a_wheel_is_tried_module_by_module(tmp_path: Path) -> None:
    module = side_module('(func (export "PyInit__core") (result i32) (i32.const 0))')
    wheel = make_wheel(
        tmp_path, NAME, {MODULE: module, "demo/__init__.py": "", "demo-1.0.data/purelib/x.py": ""}
    )
    plan = json.loads(inside.plan(str(wheel), []))
    assert plan["attempts"] == [{"module": "demo._core", "path": MODULE, "packages": []}]
    assert [MODULE, MODULE] in plan["places"]
    assert ["demo-1.0.data/purelib/x.py", "x.py"] in plan["places"]
    assert "def unpack(" in plan["unpacking"]


def test_a_module_is_tried_among_those_dropped_with_it(tmp_path: Path) -> None:
    paths = [str(tmp_path / name) for name in ("_core.so", "libhelp.so")]
    plan = json.loads(inside.plan(paths[0], paths))
    assert plan["attempts"] == [{"module": "_core", "path": "_core.so", "packages": []}]
    assert plan["places"] == [["_core.so", "_core.so"], ["libhelp.so", "libhelp.so"]]


def test_what_is_no_wheel_is_not_tried(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"x")
    assert "zip" in json.loads(inside.plan(str(tmp_path / NAME), []))["error"]["message"]
