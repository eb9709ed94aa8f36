"""What every command prints, held against the transcripts in ``tests/cases/cli``.

The cache is empty, and there is neither a network nor a compiler. Help and wrong calls are in the words of
CPython 3.11's ``argparse``: later ones have others.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from transcripts import CASES, INPUTS, commands_of, hold, make_inputs

from pyodide_abi.cli.commands import COMMANDS, command_parser

if TYPE_CHECKING:
    from pyodide_abi.cli.commands import Entry

TRANSCRIPTS = sorted(CASES.glob("*.txt"))
OF_ARGPARSE = {"errors", "help"} if sys.version_info[:2] != (3, 11) else set()
NAMES = [entry["name"] for kind in ("wheels", "files") for entry in INPUTS[kind]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all inputs."""
    return make_inputs(tmp_path_factory.mktemp("inputs"))


@pytest.mark.parametrize(
    "file", [file for file in TRANSCRIPTS if file.stem not in OF_ARGPARSE], ids=lambda file: file.stem
)
def test_commands_print_what_they_printed(
    file: Path, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    hold(file, folder, capsys, {"PYODIDE_ABI_CACHE_DIR": str(folder / "cache")})


def commands() -> list[list[str]]:
    return [command for file in TRANSCRIPTS for command in commands_of(file)]


def test_every_input_is_used() -> None:
    said = {word for command in commands() for word in command}
    assert {name for name in NAMES if name not in said and str(Path(name).parent) not in said} == set()


def test_the_help_of_every_command_is_recorded() -> None:
    helps = {command[0] for command in commands() if "--help" in command}
    assert helps >= {entry.name for entry in COMMANDS}


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_every_help_tells_the_exit_statuses(entry: Entry) -> None:
    assert "\nexit status: " in command_parser(entry, entry.load()).format_help()


def test_thirty_inputs_are_given_to_every_command() -> None:
    given: dict[str, set[str]] = {}
    machine = [command for file in sorted((CASES / "machine").glob("*.txt")) for command in commands_of(file)]
    for name, *words in [*commands(), *machine]:
        given.setdefault(name, set()).update(word for word in words if word in NAMES)
    # What writes a folder, a script or a table takes no file.
    without = {"completion", "doctor", "page"}
    few = {entry.name for entry in COMMANDS if len(given.get(entry.name, ())) < 30}
    assert few <= without
