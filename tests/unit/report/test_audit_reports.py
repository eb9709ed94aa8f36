"""An audit as text, JSON, annotations and SARIF."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from assembling import assemble, make_wheel
from json_schema import check
from jsonschema import ValidationError
from rich.console import Console

from pyodide_abi.audit import audit_file
from pyodide_abi.report.envelope import to_envelope, unreadable_to_data
from pyodide_abi.report.github import audit_to_annotations
from pyodide_abi.report.json import audit_to_data, summary_of
from pyodide_abi.report.sarif import audits_to_sarif
from pyodide_abi.report.text import print_audit

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.audit import Report

MODULE = "x.cpython-314-wasm32-emscripten.so"
LIBS = "x-1-cp312-cp312-pyodide_2024_0_wasm32.whl"


def as_json(results: list[dict[str, Any]], report: Report) -> str:
    return to_envelope("audit", results, summary=summary_of([report], 1))


@pytest.fixture
def report(tmp_path: Path) -> Report:
    """Of a wheel with many faults."""
    absent = "".join(f'(import "env" "absent_{number}" (func))' for number in range(10))
    text = f'%dylink {absent} (import "env" "__gcov_dump" (func)) %init'
    return audit_file(
        make_wheel(
            tmp_path,
            "x-1-cp314-cp314-pyodide_314_0_wasm32.whl",
            {MODULE: assemble(text), "y.so": b"ELF, not"},
        )
    )


@pytest.fixture
def preloading(tmp_path: Path) -> Report:
    """Of a wheel whose library only an installer finds."""
    text = '(@dylink.0 (mem-info (memory 0 0)) (needed "libd.so")) %init'
    files = {"x.cpython-312-wasm32-emscripten.so": assemble(text), "x.libs/libd.so": assemble("%dylink")}
    return audit_file(make_wheel(tmp_path, LIBS, files))


def as_text(report: Report) -> str:
    out = io.StringIO()
    print_audit(report, Console(file=out, highlight=False, markup=False, soft_wrap=True))
    return out.getvalue()


def test_text_groups_and_puts_the_cause_first(report: Report) -> None:
    lines = as_text(report).splitlines()
    assert lines[0] == f"{report.name}  (platform 314_0, node24)"
    assert f"  {MODULE}: loads in 314.0.0 to 314.0.2, with 10 calls that are fatal" in lines
    assert f"error ABI201 undefined-symbol (10 times) in {MODULE}" in lines
    assert "    and 2 more; --format json lists all" in lines
    assert sum(line.startswith("    fix: link the library") for line in lines) == 1
    assert lines.index("error ABI101 not-webassembly in y.so") < lines.index(
        f"error ABI201 undefined-symbol (10 times) in {MODULE}"
    )
    assert lines[-1] == f"{report.name}: 11 errors, 2 warnings"


def test_text_says_that_a_wheel_is_pure(tmp_path: Path) -> None:
    text = as_text(audit_file(make_wheel(tmp_path, "x-1-py3-none-any.whl", {"x.py": b"pass"})))
    assert "pure: no compiled modules" in text
    assert text.endswith("x-1-py3-none-any.whl: nothing to say against it\n")


def test_text_says_where_only_an_installer_helps(preloading: Report) -> None:
    line = as_text(preloading).splitlines()[1]
    assert line.endswith(": loads in all 14 releases once micropip or loadPackage has installed it")


def test_json_has_the_form_that_the_schema_publishes(
    report: Report, preloading: Report, tmp_path: Path
) -> None:
    module = tmp_path / MODULE
    module.write_bytes(assemble("%dylink %init"))
    sound = make_wheel(
        tmp_path, "y-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl", {MODULE: module.read_bytes()}
    )
    for one in (report, preloading, audit_file(module, platform="2026_5"), audit_file(sound)):
        check(json.loads(as_json([audit_to_data(one)], one)), "audit")
    several = [audit_to_data(report), unreadable_to_data("wheel", "z.whl", "no archive")]
    check(json.loads(as_json(several, report)), "audit")


def test_json_says_what_the_loader_does(report: Report) -> None:
    data = audit_to_data(report)
    assert list(data) == ["wheel", "platform", "engine", "modules", "findings"]
    modules = {module["path"]: module for module in data["modules"]}
    assert modules[MODULE]["loads"]["314.0.7"]["outcome"] == "loads"
    assert "__gcov_dump" in modules[MODULE]["loads"]["314.0.7"]["latent"]
    assert "__gcov_dump" not in modules[MODULE]["loads"]["314.0.0"]["latent"]
    assert modules["y.so"]["loads"]["314.0.7"] == {
        "outcome": "fails",
        "error": "could not load dynamic lib: /lib/python3.14/site-packages/y.so\n"
        "Error: need to see wasm magic number",
        "latent": [],
    }
    assert "preload" not in modules[MODULE]


def test_json_says_where_an_installer_makes_a_difference(preloading: Report) -> None:
    module = next(iter(audit_to_data(preloading)["modules"]))
    assert {load["outcome"] for load in module["loads"].values()} == {"fails"}
    assert {load["outcome"] for load in module["preload"].values()} == {"loads"}


def test_the_schema_refuses_what_is_not_a_report(report: Report) -> None:
    data = audit_to_data(report)
    del data["engine"]
    with pytest.raises(ValidationError):
        check(json.loads(as_json([data], report)), "audit")


def test_annotations_are_single_escaped_lines(report: Report) -> None:
    lines = list(audit_to_annotations(report))
    assert len(lines) == len(report.findings)
    assert all(
        re.fullmatch(r"::(error|warning|notice) title=ABI\d{3} [a-z-]+::[^\n]+%0Afix: .+", line)
        for line in lines
    )


def test_sarif_names_rules_and_places(report: Report) -> None:
    (run,) = json.loads(audits_to_sarif([report], {"z.whl": "no archive"}))["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len(run["results"]) == len(report.findings)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    first = run["results"][0]["locations"][0]
    assert first["physicalLocation"]["artifactLocation"]["uri"] == f"{report.name}/y.so"
    assert not run["invocations"][0]["executionSuccessful"]


def test_sarif_has_the_structure_of_its_schema(report: Report) -> None:
    """The properties that the SARIF 2.1.0 schema requires, and the values that it restricts."""
    log = json.loads(audits_to_sarif([report, report], {"z w#%.whl": "no archive"}))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    ids = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(ids) == len(set(ids))
    for rule in run["tool"]["driver"]["rules"]:
        assert rule["shortDescription"]["text"]
        assert rule["defaultConfiguration"]["level"] in {"none", "note", "warning", "error"}
    for result in run["results"]:
        assert result["message"]["text"]
        assert result["level"] in {"none", "note", "warning", "error"}
        for location in result["locations"]:
            uri = location["physicalLocation"]["artifactLocation"]["uri"]
            assert re.fullmatch(r"(?:[\w.~!$&'()*+,;=:@/-]|%[0-9A-F]{2})+", uri, re.ASCII)


def test_symbols_are_demangled_for_people_and_raw_for_machines(tmp_path: Path) -> None:
    text = '%dylink (import "env" "_ZN4absl6Status2okEv" (func)) %init'
    name = "x-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
    report = audit_file(make_wheel(tmp_path, name, {MODULE: assemble(text)}))
    assert "`absl::Status::ok()` ()->() is provided by no release" in as_text(report)
    assert "_ZN4" not in as_text(report)
    (line,) = audit_to_annotations(report)
    assert "`absl::Status::ok()`" in line
    (finding,) = audit_to_data(report)["findings"]
    assert finding["symbol"] == "_ZN4absl6Status2okEv"
    assert "`_ZN4absl6Status2okEv`" in finding["message"]
    (result,) = json.loads(audits_to_sarif([report], {}))["runs"][0]["results"]
    assert result["locations"][0]["logicalLocations"] == [
        {"name": "absl::Status::ok()", "decoratedName": "_ZN4absl6Status2okEv"}
    ]


def test_many_modules_of_one_fate_are_one_line(tmp_path: Path) -> None:
    files = {
        f"m{number}.cpython-314-wasm32-emscripten.so": assemble(
            '%dylink (import "env" "absent" (func)) '
            f'(func (export "PyInit_m{number}") (result i32) i32.const 0)'
        )
        for number in range(9)
    }
    report = audit_file(make_wheel(tmp_path, "x-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl", files))
    lines = as_text(report).splitlines()
    assert sum(" and 6 more: " in line for line in lines) == 2
    assert "error ABI201 undefined-symbol in 9 files" in lines
