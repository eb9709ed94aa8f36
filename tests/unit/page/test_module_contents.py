"""What is in a module of a dropped file, for the page's tables."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from made_modules import side_module
from made_wheels import make_wheel

from pyodide_abi.page import inside

if TYPE_CHECKING:
    from pathlib import Path

NAME = "demo-1.0-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
MODULE = "demo.cpython-314-wasm32-emscripten.so"
TEXT = """
(import "env" "PyErr_Clear" (func $f))
(func (export "PyInit_demo") (result i32) (call $f) (i32.const 0))
"""


def contents(path: Path, module: str, *beside: Path) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(inside.contents(str(path), list(map(str, beside)), module))
    return answer


def test_a_module_of_a_wheel(tmp_path: Path) -> None:
    wheel = make_wheel(
        tmp_path, NAME, {f"demo-1.0.data/platlib/{MODULE}": side_module(TEXT, needed=("liba.so",))}
    )
    tables = contents(wheel, MODULE)["tables"]
    assert ["env", "PyErr_Clear", "function", "()->()"] in tables["Imports"]["rows"]
    assert [row[0] for row in tables["Exports"]["rows"]] == ["PyInit_demo"]
    assert tables["Needed"]["rows"] == [["liba.so"]]
    assert all(len(row) == len(table["columns"]) for table in tables.values() for row in table["rows"])


def test_modules_that_were_dropped_together(tmp_path: Path) -> None:
    first, second = tmp_path / "a.so", tmp_path / "b.so"
    first.write_bytes(side_module(""))
    second.write_bytes(side_module(TEXT))
    assert len(contents(first, "b.so", first, second)["tables"]["Exports"]["rows"]) == 1


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, NAME, {MODULE: b"\0asm\1\0\0\0\xff", "other.so": b"\x7fELF"})
    assert contents(wheel, MODULE)["fault"]
    assert "elf" in contents(wheel, "other.so")["fault"].lower()
    assert "no gone.so" in contents(wheel, "gone.so")["error"]["message"]


def test_many_names_fit(tmp_path: Path) -> None:
    functions = "".join(f'(func (export "name{number}"))' for number in range(20_000))
    wheel = make_wheel(tmp_path, NAME, {MODULE: side_module(functions)})
    assert len(contents(wheel, MODULE)["tables"]["Exports"]["rows"]) == 20_000
