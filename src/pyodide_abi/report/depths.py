"""How deep calls may nest in each engine, as text and as data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.report.printable import printable
from pyodide_abi.report.tables import bare_table, widen, write_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from pyodide_abi.runtime.depths import Reached

_NOTHING = "(a function that does nothing)"


def write_depths(reached: Sequence[Reached], console: Console) -> None:
    """A table: functions by engines and releases."""
    if not reached:
        console.print("  depth: nothing could be called\n")
        return
    widen(console)
    console.print("  how deep calls may nest, each through a function of C, with this one at the bottom:")
    table = bare_table()
    table.add_column("  function", overflow="fold")
    for title in ("engine", "release", "Python's default limit", "the engine's stack"):
        table.add_column(title)
    for one in reached:
        ended = "RecursionError" if one.survived else f"the interpreter ends: {one.ended}"
        stack = "more" if one.raised is None else str(one.raised)
        name = printable(one.entry or _NOTHING)
        table.add_row(f"  {name}", one.engine, one.release, f"{one.default}, then {printable(ended)}", stack)
    write_table(table, console)
    if not any(one.entry for one in reached):
        console.print(
            "  none of the wheel's own functions can be called without arguments: these are bounds for all"
        )
    console.print()


def depths_to_data(reached: Sequence[Reached]) -> list[dict[str, object]]:
    """Every measurement as JSON values."""
    return [
        {
            "entry": one.entry or None,
            "engine": one.engine,
            "release": one.release,
            "default": one.default,
            "ended": one.ended,
            "survived": one.survived,
            "stack": one.raised,
        }
        for one in reached
    ]
