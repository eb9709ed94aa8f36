"""Every command line that the program, its pages or its rules name is one that the real parsers take."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pyodide_abi.cli.commands import COMMANDS, Parser, command_parser
from pyodide_abi.messages import load_messages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import NoReturn

    from pyodide_abi.cli.commands import Entry

ROOT = Path(__file__).parents[3]
ENTRIES: dict[str, Entry] = {entry.name: entry for entry in COMMANDS}
#: A command in quotes, as hints and prose have it; what a placeholder stands for is a word.
_QUOTED = re.compile(r"""['`"]pyodide-abi ([a-z][^'`"\n]*)['`"]""")
#: A command on a line of its own, as examples have it.
_LINE = re.compile(r"^ *(?:\$ )?pyodide-abi ((?:[a-z]+)(?: .*)?)$", re.MULTILINE)
#: An option that prose names for a command.
_PLACE = re.compile(r"\{[^{}]*\}|\$[A-Z_]+")
#: What ends a command in a shell, and what an example says behind one.
_ENDS = re.compile(r"\s(?:#|>|\||&&|2>|<)|\s{3,}|;| …")
#: Words in which prose speaks about a command instead of giving one.
_PROSE = frozenset({"COMMAND", "command", "…", "..."})


class _WrongError(Exception):
    pass


class _Strict(Parser):
    def error(self, message: str) -> NoReturn:
        raise _WrongError(message)

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        raise _WrongError(message or str(status))


def lines_in(text: str, *, examples: bool) -> Iterator[str]:
    yield from _QUOTED.findall(text)
    if examples:
        yield from _LINE.findall(text)


def texts() -> Iterator[tuple[str, str, bool]]:
    for file in sorted((ROOT / "src").rglob("*.py")):
        # Strings that go on in the next line are one.
        if file.name == "strip.py":
            continue  # It answers as the program that it stands for.
        source = re.sub(r'"\s*\n\s*f?"', "", file.read_text("utf-8")).replace("\\n", "\n")
        yield file.name, source, file.parent.name == "cli"
    for file in sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "action.yml"]):
        yield file.name, file.read_text("utf-8"), True
    for message in load_messages():
        yield message.name, f"{message.cause}\n{message.fix}", False


def command_lines() -> list[tuple[str, str]]:
    found: dict[tuple[str, str], None] = {}
    for name, text, examples in texts():
        for raw in lines_in(text, examples=examples):
            line = _ENDS.split(_PLACE.sub("x", raw))[0].strip().rstrip(".,:)")
            if line and not _PROSE & set(line.split()):
                found[name, line] = None
    return list(found)


LINES = command_lines()


def test_there_are_many() -> None:
    assert len(LINES) > 150
    assert {line.split()[0] for _, line in LINES} >= set(ENTRIES) - {"completion"}


def words_of(line: str) -> list[str]:
    """The words of a line, which may break off within quotes."""
    for end in ("", "'", '"'):
        try:
            return shlex.split(line + end)
        except ValueError:
            continue
    pytest.fail(f"{line!r} is no shell command")


def is_prose(error: _WrongError, words: list[str]) -> bool:
    """Whether a command was named without what has to follow, or an option without its value."""
    said = str(error)
    return said == "0" or "required" in said or ("expected" in said and words[-1] in said.partition(":")[0])


@pytest.mark.parametrize(("place", "line"), LINES, ids=lambda part: part if isinstance(part, str) else "")
def test_the_parser_takes_it(place: str, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name, *words = words_of(line)
    if name == "help":
        assert words[0] in ENTRIES
        return
    assert name in ENTRIES, f"{place} names a command that there is not: {line}"
    parser = command_parser(ENTRIES[name], ENTRIES[name].load())
    monkeypatch.setattr(parser, "__class__", _Strict)
    wrong = None
    try:
        parser.parse_args(words)
    except _WrongError as error:
        wrong = error
    assert wrong is None or is_prose(wrong, words), f"{place}: {line}: {wrong}"
