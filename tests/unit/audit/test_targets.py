"""Whatever one has can be audited, under its own name, and settings bend no verdict."""

from __future__ import annotations

import io
import json
import os
import sys
import threading
import zipfile
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from assembling import assemble, make_wheel

from pyodide_abi import audit_file
from pyodide_abi.cli.audit_targets import _said_by
from pyodide_abi.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SUFFIX = ".cpython-314-wasm32-emscripten.so"
WHEEL = "x-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
NEEDS = assemble(
    '(@dylink.0 (mem-info (memory 0 0)) (needed "libd.so") (runtime-path "$ORIGIN/lib")) '
    '(import "env" "from_d" (func)) %init'
)
GIVES = assemble('%dylink (func (export "from_d"))')


@pytest.fixture
def audit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, dict[str, Any], str]]:
    def call(*words: str, environ: dict[str, str] | None = None) -> tuple[int, dict[str, Any], str]:
        status = main(["audit", *words, "--format", "json"], environ or {}, tmp_path)
        printed = capsys.readouterr()
        return status, json.loads(printed.out), printed.err

    return call


def test_a_folder_of_wheels(audit: Any, tmp_path: Path) -> None:
    for place in (tmp_path / "dist", tmp_path / "dist" / "more"):
        place.mkdir()
        make_wheel(place, WHEEL, {f"x{SUFFIX}": assemble("%dylink %init")})
    _, data, _ = audit("dist")
    assert [one["wheel"] for one in data["results"]] == [f"dist/more/{WHEEL}", f"dist/{WHEEL}"]


def test_an_unpacked_wheel_is_judged_together(audit: Any, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, WHEEL, {f"x{SUFFIX}": NEEDS, "lib/libd.so": GIVES})
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    status, data, _ = audit("site")
    assert status == 0
    (result,) = data["results"]
    assert result["platform"] == "314_0"
    assert {module["path"] for module in result["modules"]} == {f"x{SUFFIX}", "lib/libd.so"}
    (tmp_path / "site" / "lib" / "libd.so").unlink()
    assert audit("site")[0] == 1


def test_a_folder_with_nothing_is_told(audit: Any, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    status, _, said = audit("empty")
    assert status == 2
    assert "neither wheels nor native modules" in said


def test_a_module_finds_what_lies_on_its_run_path(audit: Any, tmp_path: Path) -> None:
    (tmp_path / f"x{SUFFIX}").write_bytes(NEEDS)
    assert audit(f"x{SUFFIX}", "--platform", "314_0")[0] == 1
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "libd.so").write_bytes(GIVES)
    assert audit(f"x{SUFFIX}", "--platform", "314_0")[0] == 0


def test_files_named_together_are_a_set(audit: Any, tmp_path: Path) -> None:
    (tmp_path / f"x{SUFFIX}").write_bytes(NEEDS)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "libd.so").write_bytes(GIVES)
    assert audit(f"x{SUFFIX}", "elsewhere/libd.so", "--platform", "314_0")[0] == 0


def test_a_set_tells_the_platform_of_what_several_would_take(audit: Any, tmp_path: Path) -> None:
    (tmp_path / "x.cpython-313-wasm32-emscripten.so").write_bytes(assemble("%dylink %init"))
    (tmp_path / "libd.so").write_bytes(GIVES)
    status, _, said = audit("libd.so")
    assert status == 2
    assert "its contents fit" in said
    status, data, _ = audit("libd.so", "x.cpython-313-wasm32-emscripten.so")
    assert status == 0
    assert [one["platform"] for one in data["results"]] == ["2025_0", "2025_0"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\x7fELF\x02\x01\x01" + bytes(11) + b"\x3e\x00" + bytes(44), "is no WebAssembly module (ELF"),
        (b"", "is no WebAssembly module (empty file)"),
        (b"PK\x03\x04" + bytes(40), "is a zip archive whose name does not end in .whl"),
    ],
)
def test_what_is_no_module_is_named_for_what_it_is(
    audit: Any, tmp_path: Path, content: bytes, says: str
) -> None:
    (tmp_path / "x.so").write_bytes(content)
    status, _, said = audit("x.so")
    assert status == 2
    assert says in said


def test_a_pipe_is_read_once(audit: Any, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, WHEEL, {f"x{SUFFIX}": assemble("%dylink %init")})
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(wheel.read_bytes(),), daemon=True)
    writer.start()
    status, data, _ = audit("pipe")
    assert (status, data["results"][0]["wheel"], data["results"][0]["platform"]) == (0, "pipe", "314_0")


def test_a_wheel_that_is_cut_off(audit: Any, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, WHEEL, {f"x{SUFFIX}": assemble("%dylink %init")})
    wheel.write_bytes(wheel.read_bytes()[:100])
    assert "the archive is cut off or damaged" in audit(WHEEL)[2]
    wheel.write_bytes(b"<!DOCTYPE html>")
    assert "not an archive" in audit(WHEEL)[2]
    wheel.write_bytes(b"")
    assert "the file is empty" in audit(WHEEL)[2]


def test_stdin(audit: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = make_wheel(tmp_path, WHEEL, {f"x{SUFFIX}": assemble("%dylink %init")})
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(wheel.read_bytes())))
    status, data, _ = audit("-")
    assert (status, data["results"][0]["wheel"], data["results"][0]["platform"]) == (0, "-", "314_0")
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"")))
    assert "nothing came on stdin" in audit("-")[2]


def test_a_module_on_stdin_is_called_as_its_init_function(
    audit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = assemble("%dylink %init")
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(module)))
    status, data, _ = audit("-", "--platform", "314_0")
    (result,) = data["results"]
    assert (status, result["wheel"], result["findings"]) == (0, "-", [])


def test_of_a_traceback_of_pip_the_last_line_is_told() -> None:
    frames = 'ERROR: Exception:\nTraceback (most recent call last):\n  File "a.py", line 1, in f\n    g()\n'
    again = "During handling of the above exception, another exception occurred:\n"
    end = "pip._vendor.requests.exceptions.ConnectionError: Max retries exceeded\n"
    assert _said_by(f"WARNING: x\n{frames}OSError: y\n\n{again}{frames}{end}") == [end.strip()]
    assert _said_by("ERROR: No matching distribution found for x\n") == [
        "No matching distribution found for x"
    ]


@pytest.mark.parametrize("name", ["spam-1.0.tar.gz", "spam-1.0.zip"])
def test_an_sdist_is_told_what_makes_a_wheel_of_it(audit: Any, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    status, _, said = audit(name)
    assert status == 2
    assert "is an sdist" in said
    assert "pyodide-abi build" in said


@pytest.mark.parametrize("word", ["https://example.org/x-1-py3-none-any.whl", "numpy==2.4.0", "numpy>=2"])
def test_what_would_be_fetched_is_not_without_network(audit: Any, word: str) -> None:
    status, _, said = audit(word, "--offline")
    assert status == 3
    assert f"{word} is no file here, and --offline forbids fetching it" in said


def test_a_bare_name_fetches_nothing_by_mistake(audit: Any) -> None:
    status, _, said = audit("dist")
    assert status == 2
    assert "there is no file" in said
    assert "--platform NAME" in said


def test_a_text_is_a_path_for_the_library_too(tmp_path: Path) -> None:
    make_wheel(tmp_path, WHEEL, {f"x{SUFFIX}": assemble("%dylink %init")})
    assert audit_file(str(tmp_path / WHEEL)).platform == "314_0"


@pytest.mark.parametrize("where", ["variable", "table", "own table"])
def test_a_setting_overrides_no_tag(audit: Any, tmp_path: Path, where: str) -> None:
    make_wheel(tmp_path, WHEEL, {f"x{SUFFIX}": assemble("%dylink %init")})
    (tmp_path / "x.so").write_bytes(assemble("%dylink %init"))
    environ = {"PYODIDE_ABI_PLATFORM": "2025_0"} if where == "variable" else {}
    name = {"table": "tool.pyodide-abi", "own table": "tool.pyodide-abi.audit"}.get(where)
    if name:
        (tmp_path / "pyproject.toml").write_text(f'[{name}]\nplatform = "2025_0"\n', "utf-8")
    status, data, said = audit(WHEEL, "x.so", environ=environ)
    assert [one["platform"] for one in data["results"]] == ["314_0", "2025_0"]
    assert status == 0
    assert "platform 2025_0: set by" in said
    _, data, _ = audit(WHEEL, "--platform", "2025_0", environ=environ)
    assert data["results"][0]["platform"] == "2025_0"


class TestPolicy:
    """What fails, and what is left out, is the user's."""

    @pytest.fixture(autouse=True)
    def wheels(self, tmp_path: Path) -> None:
        modules = {f"x{SUFFIX}": assemble('%dylink (import "env" "absent" (func)) %init')}
        make_wheel(tmp_path, WHEEL, modules)
        make_wheel(tmp_path, WHEEL.replace("-1-", "-2-"), modules)

    def test_warnings_fail_on_request(self, audit: Any, tmp_path: Path) -> None:
        make_wheel(
            tmp_path, "w-1-cp314-cp314-pyodide_314_0_wasm32.whl", {f"x{SUFFIX}": assemble("%dylink %init")}
        )
        name = "w-1-cp314-cp314-pyodide_314_0_wasm32.whl"
        status, data, _ = audit(name)
        codes = {one["code"] for one in data["results"][0]["findings"] if one["severity"] == "warning"}
        assert status == 0
        assert codes, "the wheel has to have a warning"
        assert audit(name, "--strict")[0] == 1
        assert audit(name, "--error", min(codes))[0] == 1
        assert audit(name, "--strict", "--exit-zero")[0] == 0

    def test_a_baseline_holds_for_the_next_version(self, audit: Any, capsys: Any, tmp_path: Path) -> None:
        assert main(["audit", WHEEL, "--write-baseline", "known.json"], {}, tmp_path) == 0
        capsys.readouterr()
        status, data, _ = audit(WHEEL.replace("-1-", "-2-"), "--baseline", "known.json")
        assert (status, data["results"][0]["findings"]) == (0, [])
        (tmp_path / "known.json").write_text("[]", "utf-8")
        assert main(["audit", WHEEL, "--baseline", "known.json"], {}, tmp_path) == 2

    @pytest.mark.parametrize("pattern", ["x-1-*.whl", WHEEL, f"x{SUFFIX}"])
    def test_ignores_by_file(self, audit: Any, tmp_path: Path, pattern: str) -> None:
        assert audit(WHEEL, "--per-file-ignores", f"{pattern}:ABI201")[0] == 0
        assert audit(WHEEL, "--per-file-ignores", "other-*:ABI201")[0] == 1
        text = f'[tool.pyodide-abi.audit.per-file-ignores]\n"{pattern}" = ["ABI201"]\n'
        (tmp_path / "pyproject.toml").write_text(text, "utf-8")
        assert audit(WHEEL)[0] == 0

    def test_statistics_and_a_total(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        main(["audit", ".", "--statistics"], {}, tmp_path)
        lines = capsys.readouterr().out.splitlines()
        assert "2  error ABI201 undefined-symbol" in lines
        assert lines[-1] == "2 files: 2 with errors"
