"""What the command distribute takes, before anything is resolved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, cast

import pytest

from pyodide_abi.cli import distribute, target
from pyodide_abi.cli.commands import COMMANDS, command_parser
from pyodide_abi.cli.main import main
from pyodide_abi.distribution.resolution import File, ResolvedPackage
from pyodide_abi.distribution.work_plan import plan
from pyodide_abi.errors import MissingError, UsageError
from pyodide_abi.platforms import load_platform

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

ENTRY = next(entry for entry in COMMANDS if entry.name == "distribute")


def parsed(*argv: str) -> argparse.Namespace:
    return command_parser(ENTRY, ENTRY.load()).parse_args(argv)


def test_files_and_requirements_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("eggs\n")
    (tmp_path / "bounds").write_text("eggs<2\n")
    (tmp_path / "links").mkdir()
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\ndependencies = ["spam>1"]\n')
    args = parsed("list.txt", "pyproject.toml", "rich>=13", "-c", "bounds", "-f", "links", "--no-index")
    asked = distribute._asked(args, tmp_path)
    assert asked.requirements == ("spam>1", "rich>=13")
    assert asked.files == (tmp_path / "list.txt",)
    assert asked.constraints == (tmp_path / "bounds",)
    assert asked.folders == (tmp_path / "links",)
    assert not asked.index


@pytest.mark.parametrize(
    "word", ["absent.txt", "absent.in", "absent.toml", "links", "./spam", "spam==", "a b"]
)
def test_what_is_neither_is_told(word: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "links").mkdir()
    assert main(["distribute", word], {"HOME": str(tmp_path)}, tmp_path) == 2
    assert capsys.readouterr().err.startswith("error: ")


@pytest.mark.parametrize("word", ["spam", ":code", "spam: "])
def test_a_test_has_a_name_and_code(word: str) -> None:
    with pytest.raises(UsageError, match="NAME:CODE"):
        distribute._tests([word])


def test_the_tests_are_of_packages_that_are_there() -> None:
    tests = distribute._tests(["Spam_Lib:import spam"])
    assert tests == {"spam-lib": "import spam"}
    distribute._check_names(tests, ["eggs", "spam-lib"])
    with pytest.raises(UsageError, match="spam-lib"):
        distribute._check_names(tests, ["eggs"])


def test_a_missing_compiler_is_told_with_the_packages_that_want_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_words: object) -> NoReturn:
        raise MissingError("there is no Emscripten", details=["the server could not be reached"])

    def package(name: str, wheel: str = "") -> ResolvedPackage:
        files = (File(name=wheel, place=wheel),) if wheel else ()
        sdist = File(name=f"{name}-1.tar.gz", place=name)
        return ResolvedPackage(name=name, version="1", needs=(), sdist=sdist, wheels=files)

    monkeypatch.setattr(target, "find_target", missing)
    platform, nobody = load_platform("314_0"), cast("Any", None)
    pure = package("eggs", "eggs-1-py3-none-any.whl")
    assert distribute._target(plan([pure], platform), platform, nobody, nobody) is None
    steps = plan([pure, package("ham"), package("spam")], platform)
    with pytest.raises(MissingError) as caught:
        distribute._target(steps, platform, nobody, nobody)
    assert caught.value.details == ("to be built, out of 3: ham 1, spam 1", "the server could not be reached")
