"""Write the manual page, ``docs/reference/pyodide-abi.1``, from the parsers of the command line.

``python tools/write_man_page.py``; a test proves the page in step with the parsers. A wheel carries it, and
pip puts it where ``man`` looks in an environment.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi import __version__
from pyodide_abi.cli.commands import whole_parser
from pyodide_abi.cli.main import EXIT_CODES, overview

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "pyodide-abi.1"


def page() -> str:
    """The page in the language of ``man`` (man(7))."""
    parser = whole_parser(overview())
    (commands,) = (one for one in parser._actions if isinstance(one, argparse._SubParsersAction))  # noqa: SLF001 - argparse has no public way to list them
    lines = [
        f'.TH PYODIDE-ABI 1 "" "pyodide-abi {__version__}" "User commands"',
        ".SH NAME",
        f"pyodide-abi \\- {_line(parser.description or '')}",
        ".SH SYNOPSIS",
        ".B pyodide-abi",
        "[\\fIoption\\fR ...] \\fIcommand\\fR [\\fIargument\\fR ...]",
        ".SH OPTIONS OF ALL COMMANDS",
        *_options(parser),
        ".SH COMMANDS",
    ]
    for name, command in commands.choices.items():
        lines += [f".SS {_line(name)}", *_as_it_is(command.description), *_options(command)]
        lines += [".PP", *_as_it_is(command.epilog)]
    lines += [".SH EXIT STATUS", *_as_it_is(EXIT_CODES.partition("\n")[2])]
    return "\n".join(lines) + "\n"


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    """A paragraph for each option and argument that is not of every command."""
    for group in parser._action_groups:  # noqa: SLF001 - as above
        shared = group.title == "everywhere"
        if shared and parser.prog != "pyodide-abi":
            continue
        if shared:
            yield ".PP"
            yield _line(" ".join((group.description or "").split()))
        for action in group._group_actions:  # noqa: SLF001 - as above
            if not isinstance(action, argparse._SubParsersAction | argparse._HelpAction):  # noqa: SLF001 - as above
                yield from (".TP", _called(action), _line(action.help or ""))


def _called(action: argparse.Action) -> str:
    names = ", ".join(f"\\fB{_line(flag)}\\fR" for flag in action.option_strings)
    if action.nargs == 0:
        return names
    choices = "|".join(map(str, action.choices)) if action.choices else ""
    named = action.metavar or choices or action.dest
    words = " ".join(named) if isinstance(named, tuple) else named
    return f"{names} \\fI{_line(words)}\\fR".strip()


def _as_it_is(text: str | None) -> Iterator[str]:
    lines = (text or "").strip("\n").split("\n")
    if len(lines) == 1:
        yield _line(lines[0])
    else:
        yield from (".nf", *map(_line, lines), ".fi")


def _line(text: str) -> str:
    """A line of text in which nothing is a request or an escape."""
    plain = " ".join(text.split("\n")).replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{plain}" if plain.startswith((".", "'")) else plain


def main() -> None:
    """Write it."""
    PAGE.write_text(page(), "utf-8")
    print(PAGE)


if __name__ == "__main__":
    main()
