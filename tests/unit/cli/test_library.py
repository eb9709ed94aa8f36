"""The command library."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pyodide_abi.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

RECIPE = 'summary = "canned"\nbuild = "cmake"\nsource = { archive = "spam.tar", version = "1" }\n'


def run(*argv: str, cwd: Path) -> int:
    return main(["library", *argv, "--cache-dir", str(cwd / "cache")], {}, cwd)


def test_list_and_show(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list", cwd=tmp_path) == 0
    assert "libyaml" in capsys.readouterr().out
    assert run("show", "libyaml", cwd=tmp_path) == 0
    text = capsys.readouterr().out
    assert "yaml-0.1" in text
    assert "debian libyaml (stable)" in text
    assert run("show", "libyaml", "--format", "json", cwd=tmp_path) == 0
    (found,) = json.loads(capsys.readouterr().out)["results"]
    assert (found["name"], found["made"]) == ("libyaml", [])


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("list", "libyaml"), "takes no NAME"),
        (("add",), "needs a NAME"),
        (("remove",), "needs a NAME"),
        (("show", "libyml"), "did you mean libyaml"),
        (("list", "--recipes", "nothing"), "has no recipes"),
    ],
)
def test_wrong_use(
    argv: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*argv, cwd=tmp_path) == 2
    assert said in capsys.readouterr().err


def test_what_is_not_there_is_not_removed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("remove", "libyaml", cwd=tmp_path) == 0
    assert "libyaml is not in the cache" in capsys.readouterr().err


def test_recipes_of_the_project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "spam.toml").write_text(RECIPE)
    (tmp_path / "pyproject.toml").write_text(
        '[tool.pyodide-abi]\nrecipes = ["recipes"]\n[tool.pyodide-abi.library.eggs]\n' + RECIPE
    )
    (tmp_path / "below").mkdir()
    assert run("list", cwd=tmp_path / "below") == 0
    said = capsys.readouterr().out
    assert "spam " in said
    assert "eggs " in said
    (tmp_path / "pyproject.toml").write_text("[tool.pyodide-abi.library.eggs]\nsummary = 3\n")
    assert run("list", cwd=tmp_path) == 2
    assert f"{tmp_path / 'pyproject.toml'}: eggs." in capsys.readouterr().err
    (tmp_path / "pyproject.toml").write_text("[tool.pyodide-abi.library]\nplatfrom = '314_0'\n")
    assert run("list", cwd=tmp_path) == 2
    assert "did you mean 'platform'" in capsys.readouterr().err
