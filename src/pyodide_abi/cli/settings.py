"""Where an option's value comes from: the command line, the environment, ``pyproject.toml``, the default.

Every long option ``--some-name`` of a command is also the variable ``PYODIDE_ABI_SOME_NAME`` and the key
``some-name`` in the table ``[tool.pyodide-abi]`` of the project's ``pyproject.toml``. What is meant for one
command only stands in ``[tool.pyodide-abi.<command>]``. The file is that of the project's folder or of the
nearest one above it that has the table; folders in it are meant from where it lies.

What is set for all commands and fits another one only (``format = "sarif"`` for ``show``) is not meant for
this one. Where a value came from stands in ``args.settings``, so that a command can tell a wish of this call
from a habit: a setting never bends what the command line or a tag says.

A variable that no command knows is told and passed over, as it may be meant for another version of the
program that the same environment serves; an unknown key of the project's own file is an error.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.cli.options import words
from pyodide_abi.errors import UsageError
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

PREFIX = "PYODIDE_ABI_"
TABLE = "pyodide-abi"
#: How the table is called by those who think of the import name.
_NEARLY = "pyodide_abi"
#: Variables of that beginning that are not settings: pyodide-build's, and that of a build's interpreter.
_NOT_OURS = frozenset({"PYODIDE_ABI_VERSION", "PYODIDE_ABI_CROSS"})
#: What the help calls a value that is a folder or a file.
_PATHS = frozenset({"DIR", "FILE"})
#: Options that belong to one call, never to a project or an environment.
_PERSONAL = {"help", "version", "traceback"}
#: Commands whose own table has further ones beside options: recipes of libraries, by name.
_WITH_TABLES = frozenset({"library"})
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"", "0", "false", "no", "off"}
#: Characters of a wrong value that a message shows.
_SHOWN = 200


@value
class _Setting:
    """A value from outside the command line, and where it stands."""

    value: object
    where: str


def parse(
    parser: argparse.ArgumentParser, argv: Sequence[str], *, environ: Mapping[str, str], cwd: Path
) -> argparse.Namespace:
    """Parse ``argv``, with the environment and the project's settings as defaults.

    The project is the folder that the command works on: its ``source`` argument where it has one and that
    is a folder, the working folder otherwise.

    Returns:
        the options; ``settings`` has, by their names in there, where those came from that the command line
        does not name, and ``remarks`` what is to be told of the environment.

    Raises:
        UsageError: a setting that does not exist or has a value that does not fit; the message names the
            variable or the file and key.
    """
    options = dict(_options(parser))
    first, _ = parser.parse_known_args(argv)
    found = _from_pyproject(project_of(first, cwd), options, parser.prog.rpartition(" ")[2])
    variables, remarks = _from_environment(environ, options)
    found |= variables
    parser.set_defaults(**{name: setting.value for name, setting in found.items()})
    args = parser.parse_args(argv)
    named = _named(parser, argv, found)
    args.settings = {name: setting.where for name, setting in found.items() if name not in named}
    args.remarks = remarks
    return args


def project_of(args: argparse.Namespace, cwd: Path) -> Path:
    """The folder of the project that a command works on."""
    source = getattr(args, "source", None)
    return cwd / source if isinstance(source, str) and (cwd / source).is_dir() else cwd


def tables_of(project: Path, command: str) -> tuple[Path, dict[str, object]]:
    """The tables in a command's own table of the project's settings, by name, and the file that has them.

    Args:
        project: the folder from which the file is looked for.
        command: one whose table may have such (:data:`_WITH_TABLES`).

    Raises:
        UsageError: the file is no valid TOML.
    """
    file, table = _nearest_table(project)
    own = table.get(command) if isinstance(table, dict) else None
    found = own if isinstance(own, dict) else {}
    return file, {name: one for name, one in found.items() if isinstance(one, dict)}


def set_by(args: argparse.Namespace, name: str) -> str:
    """Where an option's value comes from, if it is set outside of the command line; else empty."""
    found: dict[str, str] = getattr(args, "settings", {})
    return found.get(name, "")


def _named(parser: argparse.ArgumentParser, argv: Sequence[str], found: Collection[str]) -> set[str]:
    """The options among ``found`` that the command line names."""
    if not found:
        return set()
    nothing = object()
    parser.set_defaults(**dict.fromkeys(found, nothing))
    for action in parser._actions:  # noqa: SLF001 - as below
        if isinstance(action, argparse._AppendAction) and action.dest in found:  # noqa: SLF001 - as below
            action.default = None
    args, _ = parser.parse_known_args(argv)
    return {name for name in found if getattr(args, name) not in (nothing, None)}


def _options(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.Action]]:
    for action in parser._actions:  # noqa: SLF001 - argparse offers no public way to list options
        for flag in action.option_strings:
            if flag.startswith("--") and flag[2:] not in _PERSONAL:
                yield flag[2:], action


def _from_environment(
    environ: Mapping[str, str], options: Mapping[str, argparse.Action]
) -> tuple[dict[str, _Setting], list[str]]:
    """The values of variables, and what is to be told of variables that are none of ours."""
    found: dict[str, _Setting] = {}
    remarks = []
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or variable in _NOT_OURS:
            continue
        name = variable.removeprefix(PREFIX).lower().replace("_", "-")
        where = f"the variable {variable}"
        if name in options:
            found |= _shared(options[name], name, text, where=where)
        elif name not in (known := known_settings()):
            variables = [PREFIX + one.replace("-", "_").upper() for one in known]
            hint = _suggestion(variable, variables)
            remarks.append(f"{where} is no setting of any command" + (f"; {hint}" if hint else ""))
    return found, remarks


def _from_pyproject(
    project: Path, options: Mapping[str, argparse.Action], command: str
) -> dict[str, _Setting]:
    file, table = _nearest_table(project)
    if table is None:
        return {}
    if not isinstance(table, dict):
        raise UsageError(f"{file}: tool.{TABLE} has to be a table")
    tables = {key: value for key, value in table.items() if isinstance(value, dict)}
    shared = {key: value for key, value in table.items() if key not in tables}
    found = _from_table(shared, options, file, "", common=True)
    for name, own in tables.items():
        if name not in known_commands():
            raise UsageError(
                f"{file}: there is no table tool.{TABLE}.{name}", hint=_suggestion(name, known_commands())
            )
        if name == command:
            options_only = name not in _WITH_TABLES
            plain = {key: one for key, one in own.items() if options_only or not isinstance(one, dict)}
            found |= _from_table(plain, options, file, f".{name}", common=False)
    return found


def _nearest_table(project: Path) -> tuple[Path, object]:
    """The nearest ``pyproject.toml`` from a folder upwards that has our table, and that; else nothing."""
    for folder in (project, *project.parents):
        file = folder / "pyproject.toml"
        if not file.is_file():
            continue
        from pyodide_abi.toml import read_toml

        try:
            tool = read_toml(file).get("tool")
        except ValueError as error:
            raise UsageError(f"{file} is not valid TOML: {error}") from error
        if isinstance(tool, dict) and _NEARLY in tool:
            raise UsageError(
                f"{file}: there is no table tool.{_NEARLY}", hint=f"did you mean 'tool.{TABLE}'?"
            )
        if isinstance(tool, dict) and TABLE in tool:
            return file, tool[TABLE]
    return project, None


def _from_table(
    table: Mapping[str, object],
    options: Mapping[str, argparse.Action],
    file: Path,
    name: str,
    *,
    common: bool,
) -> dict[str, _Setting]:
    """The table's values; one that all commands share may have keys that are not meant for this one."""
    found: dict[str, _Setting] = {}
    for key, given in table.items():
        where = f"{file}: tool.{TABLE}{name}.{key}"
        if key in options:
            action = options[key]
            said = _from_folder(action, given, file.parent)
            found |= (
                _shared(action, key, said, where=where)
                if common
                else {action.dest: _Setting(value=_value(action, said, where=where), where=where)}
            )
        elif not common or key not in known_settings():
            known = {*options, *(known_settings() if common else ())}
            raise UsageError(
                f"{file}: tool.{TABLE}{name}: there is no setting '{key}'", hint=_suggestion(key, known)
            )
    return found


def _shared(action: argparse.Action, name: str, given: object, *, where: str) -> dict[str, _Setting]:
    """What is set for all commands: nothing where only another command can take the value."""
    try:
        return {action.dest: _Setting(value=_value(action, given, where=where), where=where)}
    except UsageError:
        for other in _actions_called(name):
            try:
                _value(other, given, where=where)
            except UsageError:
                continue
            return {}
        raise


def _from_folder(action: argparse.Action, given: object, folder: Path) -> object:
    """Folders and files are named from where the settings lie."""
    if action.metavar not in _PATHS:
        return given
    if isinstance(given, list):
        return [_from_folder(action, one, folder) for one in given]
    return str(folder / Path(given).expanduser()) if isinstance(given, str) else given


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
    return frozenset(name for name, _ in _every_option())


def _actions_called(name: str) -> list[argparse.Action]:
    """What the commands make of an option of this name."""
    return [action for own, action in _every_option() if own == name]


def _every_option() -> Iterator[tuple[str, argparse.Action]]:
    from pyodide_abi.cli.commands import COMMANDS, command_parser

    for entry in COMMANDS:
        yield from _options(command_parser(entry, entry.load()))


def _value(action: argparse.Action, value: object, *, where: str) -> object:
    if action.nargs == 0:
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in _TRUE | _FALSE:
            return value.lower() in _TRUE
        raise UsageError(f"{where} has to be true or false, not {_short(value)}")
    if isinstance(action, argparse._AppendAction):  # noqa: SLF001 - the public way to say "repeatable"
        if isinstance(value, dict):
            value = [f"{key}:{_joined(item, where=where)}" for key, item in value.items()]
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


def _joined(value: object, *, where: str) -> str:
    return ",".join(_text(item, where=where) for item in (value if isinstance(value, list) else [value]))


def _text(value: object, *, where: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise UsageError(f"{where} has to be text, not {_short(value)}")
    return str(value)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
