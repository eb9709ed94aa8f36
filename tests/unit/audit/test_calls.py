"""What becomes of calls through pointers, held against what happened in the runtimes."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from assembling import OWN_ADDRESSES, assemble
from made_wheels import make_wheel

from pyodide_abi.audit import audit_file
from pyodide_abi.report.json import audit_to_data

if TYPE_CHECKING:
    from pyodide_abi.audit import Report

CASES = Path(__file__).parents[2] / "cases" / "signatures"
ROWS = [json.loads(line) for line in (CASES / "truth.jsonl").read_text("utf-8").splitlines()]
#: The release that the truth was seen in, and how wheels of the platform are called.
PLATFORMS = {
    "2024_0": ("0.27.8", "cp312", "pyodide_2024_0", "312"),
    "2025_0": ("0.29.5", "cp313", "pyemscripten_2025_0", "313"),
    "314_0": ("314.0.7", "cp314", "pyemscripten_2026_0", "314"),
}
LIBRARIES = {"got_lib": "libsigs_one"}
#: A private table, which nobody hands over.
HERE = sorted({row["case"] for row in ROWS} - {"decoy_table"})


@cache
def report_of(case: str, platform: str, engine: str, folder: Path) -> Report:
    _, python, tag, version = PLATFORMS[platform]
    files = {f"{case}.cpython-{version}-wasm32-emscripten.so": (CASES / f"{case}@{platform}.so").read_bytes()}
    if case in LIBRARIES:
        files[f"{LIBRARIES[case]}.so"] = (CASES / f"{LIBRARIES[case]}@{platform}.so").read_bytes()
    wheel = make_wheel(folder, f"{case}-1-{python}-{python}-{tag}_wasm32.whl", files)
    return audit_file(wheel, engine=engine)


@pytest.mark.parametrize("engine", ["node24", "node20"])
@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("case", HERE)
def test_every_call_ends_as_it_did(case: str, platform: str, engine: str, tmp_path: Path) -> None:
    release = PLATFORMS[platform][0]
    data = audit_to_data(report_of(case, platform, engine, tmp_path))
    found: dict[tuple[str, str, str, str], list[dict[str, Any]]] = {}
    for module in data["modules"]:
        for row in module["signatures"]:
            found.setdefault((row["table"], row["entry"], row["have"], row["want"]), []).append(row)
    for row in (row for row in ROWS if row["case"] == case):
        seen = row["outcome"] if engine == "node24" else row.get("outcome_node20", row["outcome"])
        table = row["table"].partition(" ")[0]
        (entry,) = found[table, row["entry"], row["have"], row["want"]]
        assert (entry["calls"][release], entry["certainty"]) == (seen[release], "certain"), row["entry"]


@pytest.mark.parametrize("case", HERE)
def test_rules_speak_of_wrong_entries_alone(case: str, tmp_path: Path) -> None:
    report = report_of(case, "314_0", "node24", tmp_path)
    bad = {row["entry"] for row in ROWS if row["case"] == case and row["role"] == "bad"}
    said = {
        str(finding.location.symbol).replace(".T.", ".").replace(".H.", ".")
        for finding in report.findings
        if finding.code.startswith("ABI6")
    }
    assert said <= {name.replace(".T.", ".") for name in bad}
    assert said or not bad


def test_a_table_that_nobody_hands_over_is_no_finding(tmp_path: Path) -> None:
    assert not report_of("decoy_table", "314_0", "node24", tmp_path).findings


@pytest.mark.parametrize(("exported", "certainty"), [("table", "likely"), ("other", "certain")])
def test_a_table_whose_name_another_library_has_is_less_sure(
    exported: str, certainty: str, tmp_path: Path
) -> None:
    module = OWN_ADDRESSES.replace("_ZL5table", "table")
    beside = f"""%dylink (import "env" "memory" (memory 0))
        (global (export "{exported}") i32 (i32.const 0))"""
    wheel = make_wheel(
        tmp_path,
        "x-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl",
        {"x.cpython-314-wasm32-emscripten.so": assemble(module), "libbeside.so": assemble(beside)},
    )
    modules = audit_to_data(audit_file(wheel))["modules"]
    rows = [row for module in modules for row in module["signatures"] if row["table"] == "PyMethodDef"]
    assert [(row["entry"], row["certainty"]) for row in rows] == [("x.run", certainty)]
