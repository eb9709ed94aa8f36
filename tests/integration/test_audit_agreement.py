"""The audit's cases in the real loader: the newest release of their platform says what was predicted.

The modules of ``tests/cases/audit`` with a key ``error`` are imported for real. Their init functions return
nothing, so that an import that the loader lets through ends with CPython's complaint about that.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from assembling import contents, make_wheel

from pyodide_abi.audit import audit_file
from pyodide_abi.host import this_machine
from pyodide_abi.linker import Outcome
from pyodide_abi.platforms import find_runtime
from pyodide_abi.runtime.account import Outcome as Ended
from pyodide_abi.runtime.verify import verify_wheel

if TYPE_CHECKING:
    from pyodide_abi.host import Host
    from pyodide_abi.runtime.verify import Loaded

CASES = Path(__file__).parents[1] / "cases" / "audit"
WHEEL = "x-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl"


def cases() -> list[Any]:
    chosen: dict[tuple[str, str], Any] = {}
    for file in sorted(CASES.glob("*.toml")):
        for case in (case for cases in tomllib.loads(file.read_text("utf-8")).values() for case in cases):
            if "error" in case and "bare" not in case:
                # One of each text is enough; of what loads, one for each rule, as each is odd in its own way.
                text = case["error"] or f"loads: {file.stem}"
                chosen.setdefault(
                    (case.get("wheel", WHEEL), text), pytest.param(case, id=f"{file.stem}: {case['about']}")
                )
    return list(chosen.values())


@pytest.fixture(scope="module")
def host() -> Host:
    return this_machine()


def load(wheel: Path, version: str, host: Host) -> Loaded:
    return verify_wheel(wheel, [find_runtime(version)], host).results[0]


@pytest.mark.integration
@pytest.mark.parametrize("case", cases())
def test_the_loader_says_what_was_predicted(case: dict[str, Any], tmp_path: Path, host: Host) -> None:
    files = {path: contents(text) for path, text in case["files"].items()}
    wheel = make_wheel(tmp_path, case.get("wheel", WHEEL), files)
    report = audit_file(wheel)
    newest = report.releases[-1]
    prediction = report.modules[0].imported[newest]
    loaded = load(wheel, newest, host)
    if prediction.outcome is Outcome.LOADS:
        assert loaded.outcome in {Ended.LOADED, Ended.RAISED}, loaded.message
    else:
        assert loaded.outcome in {Ended.REFUSED, Ended.NO_INIT, Ended.KILLED}
        assert prediction.error is not None
        assert prediction.error in loaded.message
