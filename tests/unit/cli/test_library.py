"""The command library, and what a build does about a library that it lacks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from fake_host import FakeRunner, completed, make_host
from made_builds import made_target

import pyodide_abi.build
from pyodide_abi.build import BuildRequest
from pyodide_abi.cli import build, target
from pyodide_abi.cli.commands import COMMANDS, command_parser
from pyodide_abi.cli.main import main
from pyodide_abi.cli.settings import parse
from pyodide_abi.errors import BuildFailedError
from pyodide_abi.values import replace

if TYPE_CHECKING:
    from pathlib import Path

BUILD = next(entry for entry in COMMANDS if entry.name == "build")
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


class Builds:
    """Builds that lack what they are told, one after another, and libraries that are folders."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, *causes: str) -> None:
        self.folder = folder
        self.causes = list(causes)
        self.prefixes: list[tuple[str, ...]] = []
        self.said: list[str] = []
        monkeypatch.setattr(pyodide_abi.build, "build_wheel", self.build, raising=False)
        monkeypatch.setattr(target, "with_libraries", self.with_libraries)

    def build(self, request: BuildRequest, _host: object) -> str:
        self.prefixes.append(tuple(prefix.name for prefix in request.target.prefixes))
        if self.causes:
            raise BuildFailedError("it failed", hint="the log", cause=self.causes.pop(0))
        return "built"

    def with_libraries(self, target: Any, names: list[str], *_more: object) -> Any:
        return replace(target, prefixes=(*target.prefixes, *(self.folder / name for name in names)))

    def run(self, *argv: str) -> object:
        args = parse(command_parser(BUILD, BUILD.load()), [*argv], environ={}, cwd=self.folder)
        host = make_host(self.folder, FakeRunner(lambda words, _cwd: completed(words)))
        session: Any = type("Session", (), {"host": host, "cwd": self.folder})
        request = BuildRequest(source=self.folder, target=made_target(self.folder), outdir=self.folder)
        return build._with_what_it_asks_for(request, args, session)


def test_what_a_build_lacks_is_made_and_it_is_built_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    builds = Builds(
        tmp_path, monkeypatch, "a.c:1: fatal error: 'ffi.h' file not found", "Dependency yaml-0.1 not found"
    )
    assert builds.run() == "built"
    assert builds.prefixes == [(), ("libffi",), ("libffi", "libyaml")]


def test_of_two_libraries_that_are_named_together_both_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "Error: Please make sure the libyaml and libffi development packages are installed."
    builds = Builds(tmp_path, monkeypatch, said, said)
    assert builds.run() == "built"
    assert builds.prefixes == [(), ("libyaml",), ("libyaml", "libffi")]


@pytest.mark.parametrize(
    ("causes", "argv", "times"),
    [
        # It was made, and is still not found.
        (["fatal error: 'ffi.h' file not found"] * 3, (), 2),
        # It was named, and is not found.
        (["fatal error: 'ffi.h' file not found"], ("--library", "libffi"), 1),
        (["fatal error: 'xyzzy.h' file not found"], (), 1),
        (["error: expected ';'"], (), 1),
    ],
)
def test_there_is_an_end(
    causes: list[str], argv: tuple[str, ...], times: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    builds = Builds(tmp_path, monkeypatch, *causes)
    with pytest.raises(BuildFailedError, match="it failed"):
        builds.run(*argv)
    assert len(builds.prefixes) == times


def test_switched_off_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    builds = Builds(tmp_path, monkeypatch, "fatal error: 'ffi.h' file not found")
    with pytest.raises(BuildFailedError) as caught:
        builds.run("--no-libraries")
    assert caught.value.hint == "'--library libffi' makes and uses libffi\nthe log"
    assert builds.prefixes == [()]
