"""``pyodide-abi audit`` as a command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from assembling import assemble, make_wheel

from pyodide_abi.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

GOOD = "x-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl"
BAD = "y-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a good wheel, one with an undefined symbol, a file that is no wheel, and a module."""
    module = "x.cpython-314-wasm32-emscripten.so"
    latent = '%dylink (import "env" "absent" (func)) %init'
    make_wheel(tmp_path, GOOD, {module: assemble("%dylink %init")})
    make_wheel(tmp_path, BAD, {module: assemble(latent)})
    (tmp_path / "z-1-py3-none-any.whl").write_bytes(b"not an archive")
    (tmp_path / "x.so").write_bytes(assemble("%dylink %init"))
    return tmp_path


def run(folder: Path, *arguments: str, environ: dict[str, str] | None = None) -> int:
    return main(["audit", "--quiet", *arguments], environ or {}, folder)


def test_the_status_says_how_it_ended(folder: Path) -> None:
    assert run(folder, GOOD) == 0
    assert run(folder, BAD) == 1
    assert run(folder, GOOD, "z-1-py3-none-any.whl") == 2
    assert run(folder, "missing-1-py3-none-any.whl") == 2


def test_one_unreadable_file_does_not_hide_the_others(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder, "z-1-py3-none-any.whl", BAD, GOOD) == 2
    output = capsys.readouterr()
    assert "error ABI201" in output.out
    assert f"{GOOD}: nothing to say against it" in output.out
    assert "z-1-py3-none-any.whl" in output.err


def test_json_is_one_envelope_however_many_files_there_are(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def output(*files: str) -> Any:
        run(folder, *files, "--format", "json")
        return json.loads(capsys.readouterr().out)

    (alone,) = output(BAD)["results"]
    assert alone["findings"][0]["symbol"] == "absent"
    several = output(GOOD, "z-1-py3-none-any.whl")
    assert (several["summary"]["results"], several["summary"]["unreadable"]) == (2, 1)
    assert [list(one)[:2] for one in several["results"]] == [["wheel", "platform"], ["wheel", "unreadable"]]


def test_a_module_needs_a_platform(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "x.so") == 2
    assert "--platform" in capsys.readouterr().err
    assert run(folder, "x.so", "--platform", "pyodide_2026_0") == 0


def test_rules_are_chosen_by_code_family_or_name(folder: Path) -> None:
    assert run(folder, BAD, "--ignore", "ABI201") == 0
    assert run(folder, BAD, "--ignore", "undefined-symbol") == 0
    assert run(folder, BAD, "--ignore", "abi2xx") == 0
    assert run(folder, BAD, "--select", "ABI3, ABI4") == 0
    assert run(folder, BAD, "--select", "ABI2") == 1


def test_the_project_and_the_environment_can_choose_too(folder: Path) -> None:
    assert run(folder, BAD, environ={"PYODIDE_ABI_IGNORE": "ABI201"}) == 0
    (folder / "pyproject.toml").write_text('[tool.pyodide-abi]\nignore = "ABI201"\n', "utf-8")
    assert run(folder, BAD) == 0


def test_a_rule_that_does_not_exist_gets_a_suggestion(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder, GOOD, "--ignore", "undefined-symbols") == 2
    assert "did you mean 'undefined-symbol'?" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["github", "sarif"])
def test_other_forms_keep_the_status(folder: Path, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, BAD, "--format", form) == 1
    assert "ABI201" in capsys.readouterr().out
