"""The audit inside the runtime: it is pure Python, and says there what it says here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from made_modules import side_module
from made_wheels import make_wheel
from real_host import ENDS, pyodide_abi

import pyodide_abi as package

SCRIPT = """\
import sys
sys.path.append(sys.argv.pop(1))
from pyodide_abi.cli.main import entry_point
entry_point()
"""
TEXT = """
(import "env" "nobody_has_it" (func $f (param i32)))
(func (export "PyInit_demo") (result i32) (call $f (i32.const 0)) (i32.const 0))
"""


@pytest.mark.integration
@pytest.mark.parametrize("release", [ENDS[0].version, ENDS[-1].version])
def test_an_audit_in_the_runtime(tmp_path: Path, release: str) -> None:
    wheel = make_wheel(
        tmp_path,
        "demo-1.0-cp314-cp314-pyemscripten_2026_0_wasm32.whl",
        {"demo.cpython-314-wasm32-emscripten.so": side_module(TEXT)},
    )
    (tmp_path / "script.py").write_text(SCRIPT, "utf-8")
    words = ["audit", wheel.name, "--format", "json"]
    here = pyodide_abi(*words, cwd=tmp_path)
    source = Path(package.__file__).parents[1]
    there = pyodide_abi(
        "run", "-q", "--runtime", release, "--mount", source, "script.py", source, *words, cwd=tmp_path
    )
    assert there.returncode == here.returncode == 1, there.stderr
    assert json.loads(there.stdout) == json.loads(here.stdout)
    assert "nobody_has_it" in {
        finding["symbol"] for finding in json.loads(there.stdout)["results"][0]["findings"]
    }
