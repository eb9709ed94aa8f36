"""Runs inside the runtime: call a function of a module at the bottom of ever more nested calls.

Each nested call goes through a function of C that calls Python back (``max`` with a key), so that it takes
one of Python's recursion limit, and much of the engine's own stack. The driver hands this file's text to the
interpreter and calls :func:`call_entry` once the module is imported. ``deeper`` is sent before each attempt:
an interpreter that dies then has died of that depth.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

#: Nested calls of the first attempt, how much more each next one has, and when to stop.
_FIRST, _MORE, _MOST = 20, 1.06, 50_000
#: Python's own limit in the second round, so that something else is met first.
_RAISED = 1_000_000


def call_entry(module: str, asked: str, send: Callable[[str], object]) -> None:
    """Call one function at greater and greater depths, under Python's default limit and under none.

    Args:
        module: the dotted name of the module, which has been imported.
        asked: ``entry``, the function's name behind that of the module, as JSON; empty for none but ours.
        send: takes one message, as JSON.
    """
    entry: dict[str, Any] = json.loads(asked)

    def tell(**message: object) -> None:
        send(json.dumps(message))

    def nothing() -> None:
        """The bottom where there is no other."""

    function: Any = nothing
    if entry["entry"]:
        function = sys.modules[module]
        for name in entry["entry"].split("."):
            function = getattr(function, name, None)
        if not callable(function):
            tell(untried=f"the module has no function {entry['entry']}")
            return
        try:
            function()
        except TypeError as reason:
            tell(untried=f"it does not take a call without arguments: {reason}")
            return
        except BaseException:  # noqa: BLE001, S110 - it was called; what it raises is its own affair
            pass
    for limit in (sys.getrecursionlimit(), _RAISED):
        sys.setrecursionlimit(limit)
        depth, error = _FIRST, ""
        while depth < _MOST and not error:
            tell(deeper=depth, limit=limit)
            error = _attempt(depth, function)
            depth = int(depth * _MORE) + 1
        tell(called=entry["entry"], error=error)


def _attempt(depth: int, function: Callable[[], object]) -> str:
    """Call the function below so many calls; the RecursionError of that, empty where there is none."""

    def nest(left: int) -> int:
        if left:
            return max((left - 1,), key=nest)
        try:
            function()
        except (RecursionError, MemoryError):
            raise
        except BaseException:  # noqa: BLE001, S110 - as above
            pass
        return 0

    try:
        nest(depth)
    except RecursionError as error:
        return f"RecursionError: {error}"
    except MemoryError as error:
        return f"MemoryError: {error}"
    return ""
