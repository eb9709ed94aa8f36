"""Where what modules do depends on names that are their own business, those are read too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from assembling import assemble, make_wheel

from pyodide_abi.audit import audit_file

if TYPE_CHECKING:
    from pathlib import Path

WHEEL = "x-1-cp313-cp313-pyodide_2025_0_wasm32.whl"
SUFFIX = ".cpython-313-wasm32-emscripten.so"
STATE = "_ZN1x5stateE"
#: Asks the loader for the address of its own variable, as every module does with its mangled names.
OWN = f'(import "GOT.mem" "{STATE}" (global (mut i32))) (global (export "{STATE}") i32 (i32.const 0))'
WRONG_TYPE = '(import "env" "strlen" (func (param i64)))'


@pytest.mark.parametrize(
    ("fault", "error"), [(WRONG_TYPE, f"Error: bad export type for '{STATE}': undefined"), ("", None)]
)
def test_a_module_that_is_refused_leaves_its_own_names_behind(
    tmp_path: Path, fault: str, error: str | None
) -> None:
    """Refused before its exports answer what it asked for, it makes later loads be asked for that."""
    files = {
        f"x{SUFFIX}": assemble(f"%dylink {fault} {OWN} %init"),
        f"y{SUFFIX}": assemble('%dylink (func (export "PyInit_y") (result i32) i32.const 0)'),
    }
    report = audit_file(make_wheel(tmp_path, WHEEL, files))
    (sound,) = (module for module in report.modules if module.path.startswith("y"))
    # Predictions for after an installation are kept where they differ from those of plain imports.
    said = sound.installed.get("0.29.5", sound.imported["0.29.5"]).error
    assert (said and said.splitlines()[-1]) == error
