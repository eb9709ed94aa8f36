"""What happened where functions were called through pointers, as text and as data."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pyodide_abi.report.json import signature_to_data
from pyodide_abi.report.printable import printable
from pyodide_abi.runtime.entry_calls import CallSeen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from pyodide_abi.runtime.entry_calls import CalledEntry

#: What goes without saying, where it was predicted.
_QUIET = frozenset({CallSeen.SURVIVES, CallSeen.NEVER})


def write_calls(called: Sequence[CalledEntry], console: Console, incomplete: Sequence[str] = ()) -> None:
    """What traps, raises or ends otherwise than predicted; what was not tried; and how many ended how.

    Args:
        called: The calls.
        console: The place to write to.
        incomplete: paths of the modules that may have more than was found.
    """
    for path in incomplete:
        console.print(
            f"  {printable(path)}: not all code was followed: there may be more entries than those called"
        )
    if not called:
        console.print("  calls: no entry was found to call\n")
        return
    counts = Counter(one.seen for one in called)
    tried = len(called) - counts[CallSeen.UNTRIED]
    agreeing = sum(one.agrees for one in called if one.seen is not CallSeen.UNTRIED)
    shown = ", ".join(f"{counts[seen]} {seen.value}" for seen in CallSeen if counts[seen])
    for title, text, releases in _told(called):
        console.print(f"  {printable(title)}  [{', '.join(releases)}]")
        for line in text.splitlines():
            console.print(f"    {printable(line)}")
    good = all(one.ok for one in called)
    console.print(
        f"  calls: {agreeing} of {tried} as the audit predicts ({shown})\n", style="green" if good else "red"
    )


def calls_to_data(called: Sequence[CalledEntry]) -> list[dict[str, object]]:
    """Every entry of every module, with what was seen in each release."""
    entries: dict[tuple[object, ...], dict[str, object]] = {}
    seen: dict[tuple[object, ...], dict[str, object]] = {}
    for one in called:
        for row in one.rows:
            key = one.path, id(row)
            entries.setdefault(key, {"path": one.path, **signature_to_data(row)})
            seen.setdefault(key, {})[one.release] = {
                "seen": one.seen.value,
                "message": one.text or None,
                "agrees": one.agrees,
            }
    return [{**entry, "called": seen[key]} for key, entry in entries.items()]


def _told(called: Sequence[CalledEntry]) -> list[tuple[str, str, list[str]]]:
    """What is to be shown, with the releases in which it is the same."""
    groups: dict[tuple[str, str], list[str]] = {}
    for one in sorted(called, key=lambda one: one.seen is CallSeen.UNTRIED):
        if one.seen in _QUIET and one.agrees:
            continue
        predicted = " or ".join(result.value for result in one.predicted)
        beside = "" if one.seen is CallSeen.UNTRIED or not predicted else f" (predicted: {predicted})"
        groups.setdefault((f"{one.name}: {one.seen.value}{beside}", one.text), []).append(one.release)
    return [(title, text, releases) for (title, text), releases in groups.items()]
