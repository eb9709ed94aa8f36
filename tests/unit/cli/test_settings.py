"""A value comes from the command line, else the environment, else pyproject.toml, else the default."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import pytest

from pyodide_abi.cli import settings
from pyodide_abi.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pyodide-abi build")
    parser.add_argument("source", nargs="?", default=".")
    parser.add_argument("--toolchain-mismatch", choices=["allow", "refuse"], default="refuse")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--lib-dir", action="append", default=[])
    parser.add_argument("--offline", action="store_true")
    return parser


def project(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text(f"[tool.pyodide-abi]\n{text}\n", "utf-8")
    return folder


def test_default(parser: argparse.ArgumentParser, tmp_path: Path) -> None:
    assert settings.parse(parser, [], environ={}, cwd=tmp_path).jobs == 1


def test_pyproject_of_the_working_folder(parser: argparse.ArgumentParser, tmp_path: Path) -> None:
    project(tmp_path, 'jobs = 3\nlib-dir = ["a", "b"]\noffline = true')
    args = settings.parse(parser, [], environ={}, cwd=tmp_path)
    assert (args.jobs, args.lib_dir, args.offline) == (3, ["a", "b"], True)


def test_pyproject_of_the_source_argument_is_the_one_read(
    parser: argparse.ArgumentParser, tmp_path: Path
) -> None:
    project(tmp_path, "jobs = 3")
    project(tmp_path / "other", "jobs = 5")
    assert settings.parse(parser, ["other"], environ={}, cwd=tmp_path).jobs == 5


def test_environment_wins_over_pyproject(parser: argparse.ArgumentParser, tmp_path: Path) -> None:
    project(tmp_path, 'toolchain-mismatch = "refuse"')
    environ = {"PYODIDE_ABI_TOOLCHAIN_MISMATCH": "allow"}
    assert settings.parse(parser, [], environ=environ, cwd=tmp_path).toolchain_mismatch == "allow"


def test_command_line_wins_over_all(parser: argparse.ArgumentParser, tmp_path: Path) -> None:
    project(tmp_path, "jobs = 3")
    args = settings.parse(parser, ["--jobs", "7"], environ={"PYODIDE_ABI_JOBS": "5"}, cwd=tmp_path)
    assert args.jobs == 7


@pytest.mark.parametrize(("text", "value"), [("1", True), ("true", True), ("0", False), ("", False)])
def test_flags_in_the_environment(
    parser: argparse.ArgumentParser, tmp_path: Path, text: str, value: bool
) -> None:
    args = settings.parse(parser, [], environ={"PYODIDE_ABI_OFFLINE": text}, cwd=tmp_path)
    assert args.offline is value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'toolchain-mismatch = "maybe"',
            "tool.pyodide-abi.toolchain-mismatch has to be one of allow, refuse",
        ),
        ('jobs = "many"', "tool.pyodide-abi.jobs"),
        ('offline = "perhaps"', "tool.pyodide-abi.offline has to be true or false"),
        ("jobs = [1]", "tool.pyodide-abi.jobs has to be text"),
        ("jobs = ", "is not valid TOML"),
    ],
)
def test_bad_settings_name_the_key(
    parser: argparse.ArgumentParser, tmp_path: Path, text: str, message: str
) -> None:
    project(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        settings.parse(parser, [], environ={}, cwd=tmp_path)
    assert message in str(caught.value)
    assert str(tmp_path / "pyproject.toml") in str(caught.value)


def test_bad_variable_is_named(parser: argparse.ArgumentParser, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="PYODIDE_ABI_JOBS"):
        settings.parse(parser, [], environ={"PYODIDE_ABI_JOBS": "many"}, cwd=tmp_path)


def test_a_mistyped_key_gets_a_suggestion(parser: argparse.ArgumentParser, tmp_path: Path) -> None:
    project(tmp_path, 'toolchain-mismach = "allow"')
    with pytest.raises(UsageError) as caught:
        settings.parse(parser, [], environ={}, cwd=tmp_path)
    assert "toolchain-mismatch" in caught.value.hint


def test_a_key_of_another_command_is_no_error(parser: argparse.ArgumentParser, tmp_path: Path) -> None:
    project(tmp_path, 'outdir = "wheels"')
    assert settings.parse(parser, [], environ={}, cwd=tmp_path).jobs == 1


def test_a_command_s_own_table_wins(parser: argparse.ArgumentParser, tmp_path: Path) -> None:
    project(tmp_path, "jobs = 3\n[tool.pyodide-abi.build]\njobs = 4\n[tool.pyodide-abi.audit]\njobs = 5")
    assert settings.parse(parser, [], environ={}, cwd=tmp_path).jobs == 4


def test_a_mistyped_command_gets_a_suggestion(parser: argparse.ArgumentParser, tmp_path: Path) -> None:
    project(tmp_path, "[tool.pyodide-abi.biuld]\njobs = 4")
    with pytest.raises(UsageError) as caught:
        settings.parse(parser, [], environ={}, cwd=tmp_path)
    assert "'build'" in caught.value.hint


class TestWhatIsMeantForOthers:
    """Shared settings serve every command, and a slip is told."""

    def test_a_value_that_only_another_command_takes(
        self, parser: argparse.ArgumentParser, tmp_path: Path
    ) -> None:
        parser.add_argument("--format", choices=["text", "json"], default="text")
        args = settings.parse(parser, [], environ={"PYODIDE_ABI_FORMAT": "sarif"}, cwd=tmp_path)
        assert args.format == "text"
        with pytest.raises(UsageError, match="PYODIDE_ABI_FORMAT has to be one of text, json"):
            settings.parse(parser, [], environ={"PYODIDE_ABI_FORMAT": "xml"}, cwd=tmp_path)

    def test_an_unknown_variable(self, parser: argparse.ArgumentParser, tmp_path: Path) -> None:
        args = settings.parse(parser, [], environ={"PYODIDE_ABI_INGORE": "ABI201"}, cwd=tmp_path)
        (remark,) = args.remarks
        assert remark.startswith("the variable PYODIDE_ABI_INGORE is no setting")
        assert remark.endswith("did you mean 'PYODIDE_ABI_IGNORE'?")

    def test_pyodide_build_s_own_variable_is_none_of_ours(
        self, parser: argparse.ArgumentParser, tmp_path: Path
    ) -> None:
        assert settings.parse(parser, [], environ={"PYODIDE_ABI_VERSION": "2026_0"}, cwd=tmp_path).jobs == 1

    def test_the_table_under_the_import_name(self, parser: argparse.ArgumentParser, tmp_path: Path) -> None:
        (tmp_path / "pyproject.toml").write_text("[tool.pyodide_abi]\njobs = 3\n", "utf-8")
        with pytest.raises(UsageError, match=r"no table tool\.pyodide_abi"):
            settings.parse(parser, [], environ={}, cwd=tmp_path)

    def test_the_file_is_found_upwards_and_names_folders_from_there(
        self, parser: argparse.ArgumentParser, tmp_path: Path
    ) -> None:
        parser.add_argument("--where", action="append", metavar="DIR", default=[])
        project(tmp_path, 'jobs = 3\n[tool.pyodide-abi.build]\nwhere = ["libs"]')
        below = tmp_path / "a" / "b"
        below.mkdir(parents=True)
        (tmp_path / "a" / "pyproject.toml").write_text("[project]\n", "utf-8")
        args = settings.parse(parser, [], environ={}, cwd=below)
        assert (args.jobs, args.where) == (3, [str(tmp_path / "libs")])

    def test_where_a_value_came_from(self, parser: argparse.ArgumentParser, tmp_path: Path) -> None:
        project(tmp_path, 'jobs = 3\nlib-dir = ["a"]')
        args = settings.parse(parser, ["--lib-dir", "b"], environ={}, cwd=tmp_path)
        assert settings.set_by(args, "jobs").endswith("tool.pyodide-abi.jobs")
        assert settings.set_by(args, "lib_dir") == ""
        assert settings.set_by(args, "offline") == ""
