"""Transcripts: prose with commands and what each prints, held against what it prints today.

A command is indented and followed by what it prints on standard output, what it prints on standard error,
marked ``2>``, and its exit status, unless that is 0. ``$PWD`` stands for the folder with the files of
``inputs.toml``. ``BLESS=1`` writes what is printed today, as ``./check bless`` does.
"""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from assembling import contents, make_wheel
from kept_texts import hold_kept

from pyodide_abi.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pytest

CASES = Path(__file__).parent / "cases" / "cli"
INPUTS = tomllib.loads((CASES / "inputs.toml").read_text("utf-8"))
PROMPT = "  $ pyodide-abi "


def make_inputs(folder: Path) -> Path:
    """A folder with all inputs."""
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


def commands_of(file: Path) -> list[list[str]]:
    """The words of each command of a transcript."""
    parts = split(file.read_text("utf-8"))
    return [shlex.split(part.removeprefix(PROMPT)) for part in parts if part.startswith(PROMPT)]


def hold(
    file: Path,
    folder: Path,
    capture: pytest.CaptureFixture[str],
    environ: Mapping[str, str],
    instead: Mapping[str, str] | None = None,
) -> None:
    """Run a transcript's commands and hold what they print against it.

    Args:
        file: The transcript.
        folder: The folder that the commands run in.
        capture: what catches their output.
        environ: The variables that they see.
        instead: what is written in place of whatever a pattern matches: what differs from run to run.
    """
    before = file.read_text("utf-8")
    parts = [
        _recorded(part, folder, capture, environ, instead or {}) if part.startswith(PROMPT) else part
        for part in split(before)
    ]
    now = "\n\n".join(parts) + "\n"
    hold_kept(now, file)


def _recorded(
    command: str,
    folder: Path,
    capture: pytest.CaptureFixture[str],
    environ: Mapping[str, str],
    instead: Mapping[str, str],
) -> str:
    """A command with what it prints, as in a transcript."""
    words = shlex.split(command.removeprefix(PROMPT))
    try:
        status: object = main(words, environ, folder)
    except SystemExit as leaving:
        status = leaving.code
    printed = capture.readouterr()
    lines = [*printed.out.splitlines(), *(f"2> {line}" for line in printed.err.splitlines())]
    if status:
        lines.append(f"[{status}]")
    text = "\n".join([command, *(f"  {line}".rstrip() for line in lines)])
    for pattern, word in {re.escape(str(folder)): "$PWD", **instead}.items():
        text = re.sub(pattern, word, text)
    return text
