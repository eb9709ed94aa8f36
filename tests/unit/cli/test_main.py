"""The command line as a whole: help, exit codes, suggestions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pyodide_abi import __version__
from pyodide_abi.cli import main as cli
from pyodide_abi.cli.commands import COMMANDS

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.cli.commands import Entry


def run(argv: list[str], tmp_path: Path, environ: dict[str, str] | None = None) -> int:
    try:
        return cli.main(argv, environ or {}, tmp_path)
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else -1


def test_no_command_shows_the_overview_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([], tmp_path) == 2
    assert "commands:" in capsys.readouterr().out


def test_help_lists_every_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"], tmp_path) == 0
    out = capsys.readouterr().out
    for entry in COMMANDS:
        assert f"  {entry.name} " in out
        assert entry.summary in out


def test_version(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"], tmp_path) == 0
    captured = capsys.readouterr()
    assert __version__ in captured.out + captured.err


def test_mistyped_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["adit"], tmp_path) == 2
    assert "did you mean 'audit'?" in capsys.readouterr().err


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_every_command_teaches(entry: Entry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([entry.name, "--help"], tmp_path) == 0
    out = capsys.readouterr().out
    assert f"pyodide-abi {entry.name}" in out
    assert "example" in out.lower(), "help shows how the command is used"
    assert "--offline" in out


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_wrong_usage_points_at_the_help(
    entry: Entry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([entry.name, "--no-such-option"], tmp_path) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert f"pyodide-abi {entry.name}" in err, "it says whose help to read"


def test_an_error_is_one_message_with_a_hint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["platforms", "315_9"], tmp_path) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert "Traceback" not in err
