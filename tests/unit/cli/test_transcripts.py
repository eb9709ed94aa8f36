"""What every command prints, held against the transcripts in ``tests/cases/cli``.

A transcript is prose with commands, each indented and followed by what it prints on standard output, what it
prints on standard error, marked ``2>``, and its exit status, unless that is 0. ``$PWD`` stands for the folder
with the files of ``inputs.toml``, where the cache is empty. ``BLESS=1`` writes what is printed today, as
``./check bless`` does. Help and wrong calls are in the words of CPython 3.11's ``argparse``: later ones have
others.
"""

from __future__ import annotations

import os
import shlex
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from assembling import contents, make_wheel

from pyodide_abi.cli.commands import COMMANDS
from pyodide_abi.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Iterator

CASES = Path(__file__).parents[2] / "cases" / "cli"
TRANSCRIPTS = sorted(CASES.glob("*.txt"))
OF_ARGPARSE = {"errors", "help"} if sys.version_info[:2] != (3, 11) else set()
INPUTS = tomllib.loads((CASES / "inputs.toml").read_text("utf-8"))
PROMPT = "  $ pyodide-abi "


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all inputs."""
    folder = tmp_path_factory.mktemp("inputs")
    for wheel in INPUTS["wheels"]:
        files = {path: contents(text) for path, text in wheel["files"].items()}
        make_wheel(folder, wheel["name"], files, metadata=wheel.get("metadata"), record=wheel.get("record"))
    for file in INPUTS["files"]:
        place = folder / file["name"]
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(contents(file["content"]))
    return folder


def split(transcript: str) -> Iterator[str]:
    """The paragraphs of prose and the commands, without what commands print."""
    prose: list[str] = []
    for line in [*transcript.splitlines(), ""]:
        if line and not line.startswith("  "):
            prose.append(line)
            continue
        if prose:
            yield "\n".join(prose)
            prose = []
        if line.startswith(PROMPT):
            yield line


def recorded(command: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """A command with what it prints, as in a transcript."""
    words = shlex.split(command.removeprefix(PROMPT))
    try:
        status: object = main(words, {"PYODIDE_ABI_CACHE_DIR": str(folder / "cache")}, folder)
    except SystemExit as leaving:
        status = leaving.code
    printed = capsys.readouterr()
    lines = [*printed.out.splitlines(), *(f"2> {line}" for line in printed.err.splitlines())]
    if status:
        lines.append(f"[{status}]")
    text = "\n".join([command, *(f"  {line}".rstrip() for line in lines)])
    return text.replace(str(folder), "$PWD")


@pytest.mark.parametrize(
    "file", [file for file in TRANSCRIPTS if file.stem not in OF_ARGPARSE], ids=lambda file: file.stem
)
def test_commands_print_what_they_printed(
    file: Path, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    before = file.read_text("utf-8")
    now = "\n\n".join(
        recorded(part, folder, capsys) if part.startswith(PROMPT) else part for part in split(before)
    )
    now += "\n"
    if os.environ.get("BLESS") == "1":
        file.write_text(now, "utf-8")
        return
    assert now == before, "review what changed: BLESS=1 writes it"


def commands() -> list[list[str]]:
    return [
        shlex.split(part.removeprefix(PROMPT))
        for file in TRANSCRIPTS
        for part in split(file.read_text("utf-8"))
        if part.startswith(PROMPT)
    ]


def test_every_input_is_used() -> None:
    said = {word for command in commands() for word in command}
    names = {entry["name"] for kind in ("wheels", "files") for entry in INPUTS[kind]}
    assert {name for name in names if name not in said and str(Path(name).parent) not in said} == set()


def test_the_help_of_every_command_is_recorded() -> None:
    helps = {command[0] for command in commands() if "--help" in command}
    assert helps >= {entry.name for entry in COMMANDS}
