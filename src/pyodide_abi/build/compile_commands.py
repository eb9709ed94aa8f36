"""The commands that a build's drivers ran, and the same as a compilation database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.build.driver.arguments import Command
from pyodide_abi.values import value

if TYPE_CHECKING:
    from pathlib import Path

_FOLDER = ".data/commands"


@value
class RunCommand:
    """A command as it was run.

    Attributes:
        folder: The folder that it ran in.
        words: the program and its arguments, with all that the driver added.
    """

    folder: str
    words: tuple[str, ...]


def read_commands(drivers: Path) -> tuple[RunCommand, ...]:
    """Every compile step and link of side modules that the drivers in a folder have run, in no order of time.

    A driver process appends to a file of its own: a count, the working folder, and so many words, each ended
    by a zero byte.
    """
    found = []
    for file in sorted((drivers / _FOLDER).iterdir()):
        fields = iter(file.read_bytes().decode("utf-8", "surrogateescape").split("\0")[:-1])
        for count in fields:
            folder = next(fields)
            found.append(RunCommand(folder=folder, words=tuple(next(fields) for _ in range(int(count)))))
    return tuple(found)


def compilation_database(commands: tuple[RunCommand, ...]) -> list[dict[str, object]]:
    """The compile steps as Clang's JSON Compilation Database has them (JSONCompilationDatabase.html)."""
    entries: list[dict[str, object]] = []
    for done in commands:
        command = Command(done.words[1:], "cc")
        if command.links or not command.compiles:
            continue
        for file in command.inputs:
            entry: dict[str, object] = {"directory": done.folder, "file": file, "arguments": list(done.words)}
            entries.append(entry | ({"output": command.output} if command.output else {}))
    return sorted(entries, key=lambda entry: (str(entry["directory"]), str(entry["file"])))
