"""What is said of functions of wrong types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assembling import assemble

from pyodide_abi.audit import audit_file
from pyodide_abi.platforms import load_platform

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_called_back_is_not_named_after_what_gives_it(tmp_path: Path) -> None:
    text = """%dylink
        (import "env" "memory" (memory 0))
        (import "env" "__indirect_function_table" (table 0 funcref))
        (import "env" "__table_base" (global $tb i32))
        (import "env" "qsort" (func $qsort (param i32 i32 i32 i32)))
        (elem (global.get $tb) func 1)
        (func (param i32) (result i32) i32.const 0)
        (func (export "PyInit_x") (result i32)
          (call $qsort (i32.const 0) (i32.const 0) (i32.const 4) (global.get $tb))
          i32.const 0)"""
    file = tmp_path / "x.cpython-314-wasm32-emscripten.so"
    file.write_bytes(assemble(text))
    audit = audit_file(file, platform=load_platform("314_0"))
    (finding,) = [found for found in audit.findings if found.code == "ABI601"]
    assert finding.fix == "declare it `int function(const void *left, const void *right)`"
