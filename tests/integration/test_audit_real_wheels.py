"""Wheels that people use: no false error, and a true one on a platform that they are not for."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from patience import WORK_HANGS

from pyodide_abi.audit import Severity, audit_file
from pyodide_abi.linker import Outcome

if TYPE_CHECKING:
    from pathlib import Path

WHEELS = (
    ("simplejson==4.3.0", "pyemscripten_2025_0_wasm32", "3.13"),
    ("simplejson==4.3.0", "pyemscripten_2026_0_wasm32", "3.14"),
    ("simplejson==4.3.0", "pyemscripten_2026_5_wasm32", "3.15"),
    ("msgpack==1.2.4", "pyemscripten_2025_0_wasm32", "3.13"),
    ("msgpack==1.2.4", "pyemscripten_2026_0_wasm32", "3.14"),
    ("contourpy==1.4.0", "pyemscripten_2026_0_wasm32", "3.14"),
    ("jiter==0.19.0", "pyemscripten_2026_0_wasm32", "3.14"),
    ("awkward-cpp==57", "pyemscripten_2025_0_wasm32", "3.13"),
    ("awkward-cpp==57", "pyemscripten_2026_0_wasm32", "3.14"),
    ("pydantic-core==2.50.4", "pyemscripten_2026_0_wasm32", "3.14"),
)


def download(project: str, tag: str, python: str, folder: Path) -> Path:
    arguments = ["--no-deps", "--only-binary=:all:", "--platform", tag, "--python-version", python]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(folder), *arguments, project]
    subprocess.run(command, check=True, timeout=WORK_HANGS)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.mark.integration
@pytest.mark.parametrize(("project", "tag", "python"), WHEELS)
def test_there_is_no_false_error(project: str, tag: str, python: str, tmp_path: Path) -> None:
    report = audit_file(download(project, tag, python, tmp_path))
    assert report.modules
    assert {finding.severity for finding in report.findings} <= {Severity.NOTE}
    for binary in report.modules:
        assert set(binary.imported) == set(report.releases)
        for prediction in binary.imported.values():
            assert prediction.outcome is Outcome.LOADS
            assert not prediction.undefined_calls


@pytest.mark.integration
def test_the_wrong_platform_is_seen(tmp_path: Path) -> None:
    wheel = download("contourpy==1.4.0", "pyemscripten_2026_0_wasm32", "3.14", tmp_path)
    report = audit_file(wheel, platform="2024_0")
    assert {"ABI502", "ABI403", "ABI404"} <= {finding.code for finding in report.findings}
    (binary,) = report.modules
    for prediction in binary.imported.values():
        assert prediction.problems[0].text == (
            'LinkError: WebAssembly.Instance(): Import #333 "env" "__cpp_exception": '
            "tag import requires a WebAssembly.Tag"
        )
