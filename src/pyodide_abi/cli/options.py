"""What several commands take on the command line: kinds of values, and folders of wheels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

_WHEEL = ".whl"
_SDISTS = (".tar.gz", ".tgz", ".zip", ".tar.bz2", ".tar.xz")
#: Digits of the longest count. No machine has so many processors, nor anybody so many seconds.
_DIGITS = 9


def positive(text: str) -> int:
    """A count above zero, as a type for argparse.

    Raises:
        argparse.ArgumentTypeError: the text is another thing.
    """
    from argparse import ArgumentTypeError

    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS and int(text)):
        raise ArgumentTypeError(f"'{text}' is not a whole number from 1 to {10**_DIGITS - 1}")
    return int(text)


def web_address(text: str) -> str:
    """An address of the web, as a type for argparse.

    Raises:
        argparse.ArgumentTypeError: the text is another thing.
    """
    from argparse import ArgumentTypeError
    from urllib.parse import urlsplit

    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or any(map(str.isspace, text)):
        raise ArgumentTypeError(f"'{text}' is no address such as https://example.org/docs")
    return text


def one_engine(text: str) -> str:
    """The name of one engine, as a type for argparse; its choices say which there are.

    Raises:
        argparse.ArgumentTypeError: the text has several, as ``verify`` takes them.
    """
    from argparse import ArgumentTypeError

    if len(several := words(text)) > 1:
        runs = ", then ".join(f"--engine {name}" for name in several)
        raise ArgumentTypeError(f"one at a time ({runs}); several with commas are for 'verify'")
    return text


class SomeOf(tuple[str, ...]):
    """The choices of an option that takes one word or several with commas between, for argparse."""

    __slots__ = ()

    def __contains__(self, given: object) -> bool:
        """Whether each of the words is one of the choices."""
        chosen = words(str(given))
        return bool(chosen) and all(tuple.__contains__(self, word) for word in chosen)


def words(text: str) -> tuple[str, ...]:
    """The words of a text with commas between them."""
    return tuple(word for word in map(str.strip, text.split(",")) if word)


def add_executor_option(parser: argparse.ArgumentParser) -> None:
    """The option that has others do the work."""
    parser.add_argument(
        "--executor",
        metavar="MODULE:FACTORY",
        help="have the work done by what this function gives: anything with the interface of\n"
        "concurrent.futures.Executor, such as the client of a cluster that sees the same folders",
    )


def add_find_links_option(parser: argparse.ArgumentParser, text: str) -> None:
    """The option that names folders of wheels; :func:`folders_of` opens them.

    Args:
        parser: The command's.
        text: The help, which says what comes before what.
    """
    parser.add_argument("-f", "--find-links", action="append", default=[], metavar="DIR", help=text)


def wheel_named(given: str, cwd: Path) -> Path:
    """The wheel that an argument names.

    Raises:
        UsageError: it names a folder, a module or an sdist, or the name does not end as a wheel's.
    """
    from pyodide_abi.errors import UsageError

    path = cwd / Path(given).expanduser()
    if path.suffix == _WHEEL and not path.is_dir():
        return path
    if path.is_dir():
        raise UsageError(f"{given} is a folder, no wheel", hint=f"name the wheels in it: {given}/*{_WHEEL}")
    if path.name.endswith(_SDISTS):
        raise UsageError(
            f"{given} is an sdist, no wheel", hint=f"'pyodide-abi build {given}' makes a wheel of it"
        )
    if not path.exists():
        raise UsageError(f"there is no file {path}")
    raise UsageError(
        f"{given} is no wheel",
        hint=f"'pyodide-abi audit {given}' takes a module; 'pyodide-abi patch {given}' edits one",
    )


def folders_of(named: Sequence[str], cwd: Path) -> list[Path]:
    """The folders that ``--find-links`` names.

    Raises:
        UsageError: one of them is no folder.
    """
    from pyodide_abi.errors import UsageError

    folders = [cwd / name for name in named]
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"there is no folder {folder}", hint="--find-links names a folder of wheels")
    return folders
