"""The tutorial does what it says: its files are written, its commands run, and they say what stands there."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "tutorial" / "first-wheel.md"
BLOCK = re.compile(r"(?:`(?P<file>[\w.]+)`[^\n`]*:\n\n)?```(?P<language>\w+)\n(?P<text>.*?)```", re.DOTALL)

pytestmark = pytest.mark.integration


def as_pattern(lines: list[str]) -> str:
    """What a command's output has to match: ``…`` is any number of lines."""
    return "".join(r"(?:.*\n)*" if line == "…" else re.escape(line) + r"\s*\n" for line in lines)


def run(console: str, folder: Path) -> None:
    first, *expected = console.splitlines()
    program, *argv = shlex.split(first.removeprefix("$ "))
    assert program == "pyodide-abi"
    done = subprocess.run(
        [sys.executable, "-m", "pyodide_abi", *argv], cwd=folder, capture_output=True, text=True, check=False
    )
    output = done.stdout + done.stderr
    assert re.fullmatch(as_pattern(expected), output), f"{first}\n{output}"


def test_the_tutorial(tmp_path: Path) -> None:
    commands = 0
    for block in BLOCK.finditer(PAGE.read_text("utf-8")):
        if block["language"] == "console":
            run(block["text"], tmp_path)
            commands += 1
        elif block["file"]:
            (tmp_path / block["file"]).write_text(block["text"], "utf-8")
        else:
            assert block["language"] == "sh", "a block of code that belongs to no file"
    assert commands == 6
