"""Made modules of every kind of table: what the code shows is what their sources say."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import call_cpp
import call_hooks
import call_late
import call_methods
import call_ways
import pytest
from call_cases import CASES, OPTIONS
from real_host import pyodide_abi

from pyodide_abi.audit.mistyped import written
from pyodide_abi.signatures import Certainty, recovered_from
from pyodide_abi.wasm import read_module

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.integration, pytest.mark.long]
EVERY = (
    *CASES,
    *call_ways.CASES,
    *call_ways.EVERY,
    *call_methods.CASES,
    *call_hooks.CASES,
    *call_late.CASES,
    *call_cpp.CASES,
)
INCLUDE = "-I$(python -c \"import sysconfig; print(sysconfig.get_path('include'))\")"


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_every_entry_is_found_and_no_other_is_wrong(options: str, tmp_path: Path) -> None:
    lines = ["set -e"]
    for case in EVERY:
        source = f"{case.name}.{case.suffix}"
        (tmp_path / source).write_text(case.source, "utf-8")
        compiler = "$CC" if case.suffix == "c" else "$CXX -std=c++17"
        lines.append(f"{compiler} {options} -w {INCLUDE} -shared {source} -o {case.name}.so")
    environ = {**os.environ, "PYODIDE_ABI_TOOLCHAIN_MISMATCH": "allow"}
    built = pyodide_abi("exec", "--", "sh", "-c", "\n".join(lines), cwd=tmp_path, environ=environ)
    assert built.returncode == 0, built.stderr.decode()
    for case in EVERY:
        entries = recovered_from(read_module((tmp_path / f"{case.name}.so").read_bytes())).entries
        rows = {
            (entry.name, written(entry.target.type), written(entry.prototype.type))
            for entry in entries
            if entry.certainty is Certainty.CERTAIN and entry.target.type is not None
        }
        tables = {entry.table for entry in entries}
        assert {entry.table for entry in case.entries if entry.table} <= tables
        assert {(entry.entry, entry.have, entry.want) for entry in case.entries} <= rows
        wrong = {name for name, have, want in rows if have != want}
        assert wrong == {entry.entry for entry in case.entries if entry.have != entry.want}
