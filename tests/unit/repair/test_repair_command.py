"""The command: what it prints, and its exit status."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from wheels_to_repair import extension, library, wheel_of

from pyodide_abi.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

USES = '(import "env" "answer" (func (result i32)))'


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "libdep.so").write_bytes(library())
    return wheel_of(tmp_path, {"pkg/m.so": extension(text=USES, needed=("libdep.so",))})


def run(*words: str | Path, cwd: Path, environ: dict[str, str] | None = None) -> int:
    return main(["repair", *map(str, words)], environ or {}, cwd)


def test_a_plan_writes_nothing(wheel: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(wheel.parent.rglob("*"))
    assert run(wheel.name, "--plan", "-L", "lib", cwd=wheel.parent) == 0
    said = capsys.readouterr().out
    assert "safe: needed libraries: libdep.so -> libdep-" in said
    assert "[ABI301]" in said
    assert sorted(wheel.parent.rglob("*")) == before
    assert run(wheel.name, "--plan", "-L", "lib", "--format", "json", cwd=wheel.parent) == 0
    (data,) = json.loads(capsys.readouterr().out)["results"]
    assert {edit["kind"] for edit in data["edits"]} >= {"add-library", "change-needed", "change-run-paths"}
    assert {edit["safety"] for edit in data["edits"]} == {"safe"}
    assert data["problems"] == []


def test_a_plan_with_problems(wheel: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(wheel.name, "--plan", cwd=wheel.parent) == 3
    assert "cannot be repaired as it is" in capsys.readouterr().out
    assert run(wheel.name, "--plan", "--format", "json", cwd=wheel.parent) == 3
    (problem,) = json.loads(capsys.readouterr().out)["results"][0]["problems"]
    assert problem["path"] == "pkg/m.so"
    assert problem["needs"] == "libdep.so"


def test_a_repair(wheel: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(wheel.name, "-L", "lib", "-w", "out", cwd=wheel.parent) == 0
    assert f"out/{wheel.name}: " in capsys.readouterr().out
    again = f"out/{wheel.name}"
    assert run(again, "--in-place", "--format", "json", cwd=wheel.parent) == 0
    (data,) = json.loads(capsys.readouterr().out)["results"]
    assert data["made"] == []
    assert data["size"]["before"] == data["size"]["after"]


def test_errors_that_are_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wheel = wheel_of(tmp_path, {"pkg/m.so": extension(text='(import "env" "nobody" (func))')})
    assert run(wheel.name, cwd=tmp_path) == 1
    said = capsys.readouterr().out
    assert "left: ABI201 pkg/m.so: `nobody`" in said
    assert (tmp_path / "wheelhouse" / wheel.name).is_file()


def test_of_a_wheel_under_a_wrong_name_the_right_one_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = wheel_of(tmp_path, {"pkg/m.cpython-314-wasm32-emscripten.so": extension()})
    other = path.rename(path.with_name("spam-1.0-cp313-cp313-pyemscripten_2025_0_wasm32.whl"))
    assert run(other.name, cwd=tmp_path) == 1
    advice = "fix: rename it back to spam-1.0-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
    assert capsys.readouterr().out.count(advice) == 1
    for words in (["-w", "again"], ["--plan"]):
        run(f"wheelhouse/{other.name}", *words, cwd=tmp_path)
        said = capsys.readouterr().out
        assert "no edit of bytes mends it" in said
        assert "nothing to repair" not in said
        assert said.count(advice) == 1


def test_of_a_sound_wheel_there_is_nothing_to_repair(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wheel = wheel_of(tmp_path, {"pkg/m.cpython-314-wasm32-emscripten.so": extension()})
    assert run(wheel.name, cwd=tmp_path) == 0
    assert run(f"wheelhouse/{wheel.name}", "--plan", cwd=tmp_path) == 0
    assert capsys.readouterr().out.endswith(": nothing to repair\n")


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["gone.whl"], 2, "there is no file"),
        (["{wheel}"], 3, "pkg/m.so needs libdep.so: not found (looked in the wheel"),
        (["{wheel}", "-L", "gone"], 2, "is not a folder"),
        (["{wheel}", "-L", "lib", "--tag", "linux_x86_64"], 2, "is not a name of the platform"),
        (["m.so"], 2, "m.so"),
    ],
)
def test_errors(
    wheel: Path, words: list[str], status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (wheel.parent / "m.so").write_bytes(extension())
    filled = [word.format(wheel=wheel.name) for word in words]
    assert run(*filled, cwd=wheel.parent) == status
    assert said in capsys.readouterr().err


def test_the_moment_of_the_build(wheel: Path, capsys: pytest.CaptureFixture[str]) -> None:
    environ = {"SOURCE_DATE_EPOCH": "yesterday"}
    assert run(wheel.name, "-L", "lib", cwd=wheel.parent, environ=environ) == 2
    assert "SOURCE_DATE_EPOCH" in capsys.readouterr().err
