"""`verify --calls` on modules whose calls are known: what is seen is what happened."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from made_wheels import make_wheel
from real_host import pyodide_abi

pytestmark = [pytest.mark.integration, pytest.mark.long]
CASES = Path(__file__).parents[1] / "cases" / "signatures"
ROWS = [json.loads(line) for line in (CASES / "truth.jsonl").read_text("utf-8").splitlines()]
HERE = sorted({row["case"] for row in ROWS} - {"decoy_table"})
RELEASE = "314.0.7"


@pytest.mark.parametrize("case", HERE)
def test_what_is_seen_is_what_happened(case: str, tmp_path: Path) -> None:
    files = {f"{case}.cpython-314-wasm32-emscripten.so": (CASES / f"{case}@314_0.so").read_bytes()}
    if case == "got_lib":
        files["libsigs_one.so"] = (CASES / "libsigs_one@314_0.so").read_bytes()
    wheel = make_wheel(tmp_path, f"{case}-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl", files)
    words = ["verify", wheel.name, "--calls", "--runtime", RELEASE, "--format", "json"]
    done = pyodide_abi(*words, cwd=tmp_path)
    (data,) = json.loads(done.stdout)["results"]
    seen = {(one["table"], one["entry"]): one["called"][RELEASE] for one in data["calls"]}
    truth = [row for row in ROWS if row["case"] == case]
    for row in truth:
        found = seen[row["table"].partition(" ")[0], row["entry"]]
        assert (found["seen"], found["agrees"]) == (row["outcome"][RELEASE], True), row["entry"]
    assert all(found["agrees"] for found in seen.values())
    assert done.returncode == ("traps" in {row["outcome"][RELEASE] for row in truth})
