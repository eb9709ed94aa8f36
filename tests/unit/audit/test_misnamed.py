"""What the audit advises for a wheel under the tags of another platform than that of its contents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from wheels_to_repair import extension, wheel_of

from pyodide_abi.audit import audit_file

if TYPE_CHECKING:
    from pathlib import Path

CALLS = '(import "env" "PyUnicodeWriter_Create" (func (param i32) (result i32)))'
OF_314 = "pkg/m.cpython-314-wasm32-emscripten.so"


def fixes(path: Path, tags: str) -> dict[str, str]:
    """The advice of each finding about the wheel under other tags, by code."""
    other = path.rename(path.with_name(f"spam-1.0-{tags}.whl"))
    return {finding.code: finding.fix for finding in audit_file(other).findings}


@pytest.mark.parametrize("python", ["cp313", "cp314"])
def test_a_renamed_wheel_is_to_be_renamed_back(python: str, tmp_path: Path) -> None:
    path = wheel_of(tmp_path, {OF_314: extension(text=CALLS)})
    found = fixes(path, f"{python}-{python}-pyemscripten_2025_0_wasm32")
    about_it = {"ABI201", "ABI404", "ABI407", "ABI410"} | ({"ABI403"} if python == "cp314" else set())
    assert about_it <= found.keys()
    old = "spam-1.0-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
    advice = f"rename it back to {old}, whose tags its WHEEL file has, or build it for 2025_0"
    assert {found[code] for code in about_it} == {advice}


def test_a_build_with_the_wrong_tag_is_to_be_tagged_anew(tmp_path: Path) -> None:
    """``WHEEL`` has the wrong tag too, so that there is no old name."""
    path = wheel_of(tmp_path, {OF_314: extension(text=CALLS)}, "2025_0")
    found = fixes(path, path.name.removeprefix("spam-1.0-").removesuffix(".whl"))
    assert "ABI407" not in found
    advice = "tag it pyemscripten_2026_0_wasm32 ('pyodide-abi repair --tag pyemscripten_2026_0_wasm32' does)"
    assert {found["ABI404"], found["ABI410"]} == {f"{advice}, or build it for 2025_0"}


def test_what_fits_no_other_platform_keeps_its_advice(tmp_path: Path) -> None:
    module = "pkg/m.cpython-312-x86_64-linux-gnu.so"
    found = fixes(wheel_of(tmp_path, {module: extension()}), "cp314-cp314-pyemscripten_2026_0_wasm32")
    assert found["ABI404"] == "give it the suffix .cpython-314-wasm32-emscripten.so"


def test_what_no_platform_has_keeps_its_advice(tmp_path: Path) -> None:
    """The old name would not mend it."""
    lacking = '(import "env" "absent_everywhere" (func))'
    foreign = "pkg/n.cpython-314-x86_64-linux-gnu.so"
    path = wheel_of(tmp_path, {OF_314: extension(text=CALLS + lacking), foreign: extension("n")})
    other = path.rename(path.with_name("spam-1.0-cp313-cp313-pyemscripten_2025_0_wasm32.whl"))
    report = audit_file(other)
    found = {one.location.symbol or one.location.path: one.fix for one in report.findings}
    assert found["PyUnicodeWriter_Create"].startswith("rename it back")
    assert found["absent_everywhere"].startswith("link the library")
    assert found[OF_314].startswith("rename it back")
    assert found[foreign].startswith("give it the suffix")
