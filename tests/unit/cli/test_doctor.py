"""``pyodide-abi doctor`` over a made-up machine: what it prints, and its exit status."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from json_schema import check
from toolchain_fakes import write_program
from toolchain_machine import EXACT, put_compiler, run

from pyodide_abi.cli import doctor
from pyodide_abi.platforms import load_platform
from pyodide_abi.toolchain import Source, interpreters

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def no_uv_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreters, "_uv_managed", lambda _minor, _host: [])


def put_releases(cache: Path, name: str) -> None:
    for release in load_platform(name).releases:
        (cache / "runtimes" / release.version).mkdir(parents=True)


@pytest.mark.usefixtures("no_uv_python")
def test_doctor_when_nothing_is_here(tmp_path: Path) -> None:
    status, out, _ = run(doctor, [], tmp_path)
    assert status == 3
    assert f"! compiler          there is no Emscripten {EXACT}\n" in out
    assert "! host CPython      there is no CPython 3.14 with headers" in out
    assert "- firefox           none: install Firefox" in out
    assert "- deno              none: verify with --engine deno fetches it" in out
    assert "  pyodide-abi toolchain install --platform 314_0\n" in out
    assert "  pyodide-abi run --runtime" in out


@pytest.mark.usefixtures("no_uv_python")
def test_doctor_when_all_is_well(tmp_path: Path) -> None:
    put_compiler(tmp_path / "cache", Source.OFFICIAL, EXACT)
    put_releases(tmp_path / "cache", "314_0")
    write_program(tmp_path / "bin/python3.14")
    status, out, _ = run(doctor, ["--format", "json"], tmp_path)
    check(json.loads(out), "doctor")
    (found,) = json.loads(out)["results"]
    assert (status, found["can_build"], found["platform"]) == (0, True, "314_0")
    assert [check["problem"] for check in found["platforms"]["314_0"]] == [""] * 4
    assert found["platforms"]["2025_0"][0]["problem"], "the other platforms are looked at too"
    assert run(doctor, ["--platform", "2025_0"], tmp_path)[0] == 3


@pytest.mark.usefixtures("no_uv_python")
def test_doctor_and_a_mismatch(tmp_path: Path) -> None:
    put_compiler(tmp_path / "cache", Source.DEBIAN, "6.0.5")
    put_releases(tmp_path / "cache", "314_0")
    write_program(tmp_path / "bin/python3.14")
    status, out, _ = run(doctor, [], tmp_path)
    assert status == 3
    assert "at hand: 6.0.5 (debian)" in out
    assert "--toolchain-mismatch allow" in out
    status, out, _ = run(doctor, ["--toolchain-mismatch", "allow"], tmp_path)
    assert status == 0
    assert "a mismatch is allowed" in out


@pytest.mark.usefixtures("no_uv_python")
def test_doctor_points_at_what_would_leak(tmp_path: Path) -> None:
    (tmp_path / ".pydistutils.cfg").write_text("[build_ext]\ninclude_dirs=/usr/include\n")
    _, out, _ = run(doctor, [], tmp_path, HOME=str(tmp_path), CPATH="/usr/include", CFLAGS="-g", LANG="C")
    assert "kept from build and exec: CFLAGS=-g, CPATH=/usr/include\n" in out
    assert f"{tmp_path / '.pydistutils.cfg'} adds its folders" in out
    assert "environment" not in run(doctor, [], tmp_path / "elsewhere")[1]
