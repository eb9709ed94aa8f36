"""Tables for people: columns with blanks between, no frame, and nothing behind the last cell of a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console

_UNLIMITED = 10_000


def bare_table(*, header_style: str = "table.header") -> Table:
    """A table without a frame and without columns."""
    return Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style=header_style)


def write_table(table: Table, console: Console) -> None:
    """Write a table; no line ends in blanks, which whoever compares or copies it would have to take away."""
    for segments in console.render_lines(table, pad=False):
        line = Text.assemble(*((segment.text, segment.style or "") for segment in segments), end="")
        line.rstrip()
        console.print(line)


def widen(console: Console) -> None:
    """Let tables be as wide as they have to be where no terminal sets their width."""
    if console.soft_wrap:
        console.width = _UNLIMITED
