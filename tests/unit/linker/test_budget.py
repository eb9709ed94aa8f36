"""Libraries that want so much of one another that nobody can wait."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import pytest
from assembling import assemble, make_wheel

from pyodide_abi.audit import audit_file
from pyodide_abi.errors import UnreadableInputError
from pyodide_abi.linker import read_library
from pyodide_abi.linker.budget import Budget

if TYPE_CHECKING:
    from pathlib import Path

WHEEL = "x-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
SUFFIX = ".cpython-314-wasm32-emscripten.so"


def needing(names: list[str], folders: list[str]) -> bytes:
    needed, paths = (" ".join(f'"{one}"' for one in listed) for listed in (names, folders))
    return assemble(f"(@dylink.0 (mem-info (memory 0 0)) (needed {needed}) (runtime-path {paths}))")


def allow(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bound what is followed as if the limit were smaller: what grows beyond any limit shows sooner."""
    bounded = functools.partialmethod(Budget.__init__, steps=steps)
    monkeypatch.setattr(Budget, "__init__", bounded)


def test_it_ends() -> None:
    budget = Budget("x.whl", steps=14)
    budget.spend_search(6)
    budget.spend_report()
    with pytest.raises(UnreadableInputError, match="its libraries need or lack more"):
        budget.spend_search()


def test_modules_that_all_need_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each load loads all, and looks for as many in each: the steps of all loads are counted together."""
    allow(100_000, monkeypatch)
    names = [f"m{number}{SUFFIX}" for number in range(60)]
    module = needing(names, ["$ORIGIN"])
    file = make_wheel(tmp_path, WHEEL, {f"x/{name}": module for name in names})
    with pytest.raises(UnreadableInputError, match=f"{WHEEL}: its libraries need or lack more"):
        audit_file(file)


def test_a_refused_library_that_many_need(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it lacks is told once, however many need it: a program's own library can lack thousands."""
    allow(200_000, monkeypatch)
    lacks = "".join(f'(import "env" "absent_{number}" (func))' for number in range(500))
    files = {
        "libx.so": assemble(f'(@dylink.0 (mem-info (memory 0 0))) (import "env" "strlen" (func)) {lacks}')
    }
    for number in range(110):
        needs = '(@dylink.0 (mem-info (memory 0 0)) (needed "libx.so") (runtime-path "$ORIGIN"))'
        files[f"m{number}{SUFFIX}"] = assemble(
            f'{needs} (func (export "PyInit_m{number}") (result i32) i32.const 0)'
        )
    report = audit_file(make_wheel(tmp_path, WHEEL, files))
    assert [finding.location.path for finding in report.findings if finding.code == "ABI203"] == ["libx.so"]


def test_a_thousand_needed_libraries_and_folders_are_looked_at() -> None:
    names = [f"{number}" for number in range(1500)]
    library = read_library("m.so", needing(names, [f"/{name}" for name in names]))
    assert library.dylink.needed == library.dylink.needed_last == tuple(names[:1000])
    assert len(library.dylink.run_paths) == 1000


def test_further_findings_of_a_rule_are_counted_as_one(tmp_path: Path) -> None:
    imports = "".join(f'(import "env" "absent_{number}" (func))' for number in range(5100))
    file = make_wheel(tmp_path, WHEEL, {f"x{SUFFIX}": assemble(f"%dylink {imports} %init")})
    found = [finding for finding in audit_file(file).findings if finding.code == "ABI201"]
    assert len(found) == 5001
    assert found[-1].message.endswith("; and more of this, which is not listed")
    assert "more of this" not in found[-2].message


def test_sections_that_hold_nothing(tmp_path: Path) -> None:
    """Two kilobytes of archive, and half a second for each such module."""
    module = needing(["a.so"], ["$ORIGIN"]) + b"\0\2\1x" * 99_000
    file = make_wheel(tmp_path, WHEEL, {f"m1{SUFFIX}": module, f"m2{SUFFIX}": module})
    with pytest.raises(UnreadableInputError, match="too many small entries"):
        audit_file(file)


def test_what_a_finding_says_is_cut(tmp_path: Path) -> None:
    """A kilobyte of archive can hold a line of a million letters, or ten thousand names."""
    exports = "".join(f'(func (export "PyInit_a{number}"))' for number in range(1000))
    module = assemble(f"(@dylink.0 (mem-info (memory 0 0))) {exports}")
    file = make_wheel(tmp_path, WHEEL, {f"x{SUFFIX}": module}, record="," * 100_000)
    findings = audit_file(file).findings
    longest = max((len(finding.message) for finding in findings if finding.code == "ABI406"), default=0)
    assert 4_000 < longest < 5_000
    assert max(len(finding.message) for finding in findings) < 5_000


@pytest.mark.parametrize("name", [".debug_info", "name", "sourceMappingURL"])
def test_what_is_not_read_costs_nothing(tmp_path: Path, name: str) -> None:
    """Debugging information is often the largest part of a module, and packs well."""
    module = assemble(f'(@dylink.0 (mem-info (memory 0 0))) (@custom "{name}" "{"a" * 5_000_000}")')
    file = make_wheel(tmp_path, WHEEL, {f"x/m{SUFFIX}": module})
    assert audit_file(file).modules
