"""Where an option's value comes from: the command line, the environment, ``pyproject.toml``, the default.

Every long option ``--some-name`` of a command is also the variable ``PYODIDE_ABI_SOME_NAME`` and the key
``some-name`` in the table ``[tool.pyodide-abi]`` of the project's ``pyproject.toml``. What is meant for one
command only stands in ``[tool.pyodide-abi.<command>]``.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pyodide_abi.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

PREFIX = "PYODIDE_ABI_"
TABLE = "pyodide-abi"
#: Options that belong to one call, never to a project or an environment.
_PERSONAL = {"help", "version", "traceback"}
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"", "0", "false", "no", "off"}
#: Characters of a wrong value that a message shows.
_SHOWN = 200


def parse(
    parser: argparse.ArgumentParser, argv: Sequence[str], *, environ: Mapping[str, str], cwd: Path
) -> argparse.Namespace:
    """Parse ``argv``, with the environment and the project's settings as defaults.

    The project is the folder that the command works on: its ``source`` argument where it has one and that
    is a folder, the working folder otherwise.

    Raises:
        UsageError: a setting that does not exist or has a value that does not fit; the message names the
            variable or the file and key.
    """
    options = dict(_options(parser))
    first, _ = parser.parse_known_args(argv)
    source = getattr(first, "source", None)
    project = cwd / source if isinstance(source, str) and (cwd / source).is_dir() else cwd
    defaults = _from_pyproject(project / "pyproject.toml", options, parser.prog.rpartition(" ")[2])
    defaults |= _from_environment(environ, options)
    parser.set_defaults(**defaults)
    return parser.parse_args(argv)


def _options(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.Action]]:
    for action in parser._actions:  # noqa: SLF001 - argparse offers no public way to list options
        for flag in action.option_strings:
            if flag.startswith("--") and flag[2:] not in _PERSONAL:
                yield flag[2:], action


def _from_environment(
    environ: Mapping[str, str], options: Mapping[str, argparse.Action]
) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, action in options.items():
        variable = PREFIX + name.replace("-", "_").upper()
        if variable in environ:
            found[action.dest] = _value(action, environ[variable], where=f"the variable {variable}")
    return found


def _from_pyproject(file: Path, options: Mapping[str, argparse.Action], command: str) -> dict[str, object]:
    if not file.is_file():
        return {}
    from pyodide_abi.toml import read_toml

    try:
        document = read_toml(file)
    except ValueError as error:
        raise UsageError(f"{file} is not valid TOML: {error}") from error
    tool = document.get("tool")
    table = tool.get(TABLE) if isinstance(tool, dict) else None
    if table is None:
        return {}
    if not isinstance(table, dict):
        raise UsageError(f"{file}: tool.{TABLE} has to be a table")
    tables = {key: value for key, value in table.items() if isinstance(value, dict)}
    shared = {key: value for key, value in table.items() if key not in tables}
    found = _from_table(shared, options, others=known_settings, where=f"{file}: tool.{TABLE}")
    for name, own in tables.items():
        if name not in known_commands():
            raise UsageError(
                f"{file}: there is no table tool.{TABLE}.{name}", hint=_suggestion(name, known_commands())
            )
        if name == command:
            found |= _from_table(own, options, others=frozenset, where=f"{file}: tool.{TABLE}.{name}")
    return found


def _from_table(
    table: Mapping[str, object],
    options: Mapping[str, argparse.Action],
    *,
    others: Callable[[], Collection[str]],
    where: str,
) -> dict[str, object]:
    """The table's values; ``others`` gives further keys that are right and not meant for us."""
    found: dict[str, object] = {}
    for key, value in table.items():
        if key in options:
            found[options[key].dest] = _value(options[key], value, where=f"{where}.{key}")
        elif key not in (further := others()):
            raise UsageError(
                f"{where}: there is no setting '{key}'",
                hint=_suggestion(key, {*options, *further}),
            )
    return found


def _suggestion(name: str, known: Iterable[str]) -> str:
    import difflib

    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f"did you mean '{close[0]}'?" if close else ""


def known_commands() -> frozenset[str]:
    """The names that a command's own table may have."""
    from pyodide_abi.cli.commands import COMMANDS

    return frozenset(entry.name for entry in COMMANDS)


def known_settings() -> frozenset[str]:
    """The names of all commands' options: a project's table serves every command."""
    from pyodide_abi.cli.commands import COMMANDS, command_parser

    return frozenset(name for entry in COMMANDS for name, _ in _options(command_parser(entry, entry.load())))


def words(text: str) -> tuple[str, ...]:
    """The type of an option that takes words with commas between; in ``pyproject.toml`` also an array."""
    return tuple(word for word in map(str.strip, text.split(",")) if word)


def _value(action: argparse.Action, value: object, *, where: str) -> object:
    if action.nargs == 0:
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in _TRUE | _FALSE:
            return value.lower() in _TRUE
        raise UsageError(f"{where} has to be true or false, not {_short(value)}")
    if isinstance(action, argparse._AppendAction):  # noqa: SLF001 - the public way to say "repeatable"
        items = value if isinstance(value, list) else [value]
        return [_single(action, item, where=where) for item in items]
    if action.type is words and isinstance(value, list):
        return words(",".join(_text(item, where=where) for item in value))
    return _single(action, value, where=where)


def _single(action: argparse.Action, value: object, *, where: str) -> object:
    text = _text(value, where=where)
    try:
        converted = action.type(text) if callable(action.type) else text
    except (argparse.ArgumentTypeError, TypeError, ValueError) as error:
        raise UsageError(f"{where}: {error}") from error
    if action.choices is not None and converted not in action.choices:
        raise UsageError(
            f"{where} has to be one of {', '.join(map(str, action.choices))}, not {_short(text)}"
        )
    return converted


def _text(value: object, *, where: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise UsageError(f"{where} has to be text, not {_short(value)}")
    return str(value)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
