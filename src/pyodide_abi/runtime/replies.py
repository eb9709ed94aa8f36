"""What the driver (``driver.mjs``) answers, typed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Mapping


@value
class Begun:
    """What follows is about this interpreter, and this one of its modules.

    Attributes:
        request: the number of the request.
        probe: the number of the module; 0 where there are none.
    """

    request: int
    probe: int


@value
class Broken:
    """The snapshot that was to be started from is not one; the interpreters start from nothing."""


@value
class Booted:
    """The interpreter is up and its file system prepared."""


@value
class Exited:
    """The program ended by itself."""

    status: int


@value
class Died:
    """The interpreter cannot go on: a trap, an uncaught C++ exception, an exit from within C."""

    text: str


@value
class Entered:
    """An extension module is being loaded or initialised; ``path`` as in the runtime."""

    path: str


@value
class Left:
    """…and that ended.

    Attributes:
        path: as in the runtime.
        error: the exception's class, empty where there was none.
        text: The message of the exception.
        own: the import system names this very file as the one that failed.
    """

    path: str
    error: str
    text: str
    own: bool


@value
class Prepared:
    """The packages of a module have been imported, and the module itself is about to be.

    Attributes:
        path: The path of the module, as in the runtime.
    """

    path: str


@value
class Imported:
    """The import as a whole came to its end.

    Attributes:
        path: The path of the module that was asked for, as in the runtime.
        error: what it raised, as a traceback's last line has it; empty where it succeeded.
        missing: the module that was not found, if that is what it raised.
    """

    path: str
    error: str
    missing: str


@value
class Calling:
    """A function is about to be called."""

    entry: str


@value
class Called:
    """…and that ended.

    Attributes:
        entry: as in :class:`Calling`.
        error: the exception, as a traceback's last line has it; empty where there was none.
    """

    entry: str
    error: str


@value
class Deeper:
    """A function is about to be called below so many nested calls.

    Attributes:
        depth: how many.
        limit: The recursion limit of Python.
    """

    depth: int
    limit: int


@value
class Untried:
    """It cannot be called harmlessly."""

    reason: str


@value
class Installed:
    """micropip has done what it could.

    Attributes:
        error: what it raised; empty where it succeeded.
        distributions: what it brought, with versions.
        files: The files of each, below ``site-packages``.
    """

    error: str
    distributions: Mapping[str, str]
    files: frozenset[str]


Message = (
    Begun
    | Broken
    | Booted
    | Exited
    | Died
    | Entered
    | Left
    | Prepared
    | Imported
    | Calling
    | Called
    | Deeper
    | Untried
    | Installed
)


def parse_messages(text: str) -> tuple[Message, ...]:
    """The driver's answers.

    A last line without its end is what a killed process left behind; it is dropped.
    """
    lines = text.split("\n")[:-1]
    return tuple(_parse(json.loads(line)) for line in lines)


def _parse(fields: dict[str, Any]) -> Message:  # noqa: PLR0911 - one for each kind
    match fields:
        case {"kind": "begun", "request": int(request), "probe": int(probe)}:
            return Begun(request=request, probe=probe)
        case {"kind": "broken"}:
            return Broken()
        case {"kind": "booted"}:
            return Booted()
        case {"kind": "exited", "status": int(status)}:
            return Exited(status=status)
        case {"kind": "died", "text": str(words)}:
            return Died(text=words)
        case {"kind": "probe"}:
            return _parse_probe(fields)
        case {"kind": "installed", "error": str(error), "distributions": dict(found), "files": list(files)}:
            return Installed(error=error, distributions=found, files=frozenset(files))
        case _:
            raise _disagreement(fields)


def _parse_probe(fields: dict[str, Any]) -> Message:  # noqa: PLR0911 - as above
    match fields:
        case {"entered": str(path)}:
            return Entered(path=path)
        case {"left": str(path), "error": str(error), "text": str(words), "own": bool(own)}:
            return Left(path=path, error=error, text=words, own=own)
        case {"prepared": str(path)}:
            return Prepared(path=path)
        case {"imported": str(path), "error": str(error), "missing": str(missing)}:
            return Imported(path=path, error=error, missing=missing)
        case {"calling": str(entry)}:
            return Calling(entry=entry)
        case {"called": str(entry), "error": str(error)}:
            return Called(entry=entry, error=error)
        case {"deeper": int(depth), "limit": int(limit)}:
            return Deeper(depth=depth, limit=limit)
        case {"untried": str(reason)}:
            return Untried(reason=reason)
        case _:
            raise _disagreement(fields)


def _disagreement(fields: object) -> ValueError:
    return ValueError(f"the driver and its reader disagree: {fields}")
