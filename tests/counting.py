"""The cost of work as a number that is the same on every machine: calls and lines, not seconds."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any


def calls(work: Callable[[], object]) -> int:
    """Calls of functions, of Python and of C, that some work makes.

    What happens within one call, such as a search by a regular expression, counts as one.
    """
    number = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal number
        number += event in ("call", "c_call")

    _watched(work, count, sys.getprofile, sys.setprofile)
    return number


def lines(work: Callable[[], object]) -> int:
    """Lines of Python that some work executes: a loop that calls nothing counts, too."""
    number = 0

    def count(_frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal number
        number += event == "line"
        return count

    _watched(work, count, sys.gettrace, sys.settrace)
    return number


def _watched(
    work: Callable[[], object],
    hook: Callable[[FrameType, str, Any], object],
    get: Callable[[], Any],
    put: Callable[[Any], None],
) -> None:
    """Do the work with a hook of the interpreter's set, and leave the one that was there."""
    before = get()
    put(hook)
    try:
        work()
    finally:
        put(before)
