"""The reference page of hollow functions, made from the data."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyodide_abi.platforms.hollow import Hollow

_HEAD = """# Hollow functions

<!-- Written by tools/write_hollow_page.py from platforms/data/hollow.toml. -->

The runtimes offer these functions, so that a module that calls one links and loads; they do less than C and
POSIX promise. `pyodide-abi audit` tells of imports of those that are not marked "page"
([ABI510](rules/ABI510-hollow-function.md)); where it is a warning, what a module does next depends on the
function.

Seen by running {source}. The same probes find nothing missing on Linux.

| word | what it means |
| --- | --- |
| fails | it reports an error, which a program can handle |
| pretends | it reports success and does nothing, or makes a result up |
| inexact | its result is less than promised |
| returns | it returns at once where it should wait |
| ends | it ends the interpreter |

C's `long` has 32 bits on every platform (as pointers have), where Linux and macOS have 64: `long` arguments
of an extension raise OverflowError above 2147483647, buffers of 64-bit integers do not match `long[:]`, and
sums in a `long` wrap without a word. Use `int64_t`, `Py_ssize_t` or `long long`. A `long double` has 113 bits
of precision and 16 bytes.
"""


def hollow_page(source: str, rows: Sequence[Hollow]) -> str:
    """The page as Markdown."""
    return "\n".join([_HEAD.format(source=source), *_groups(rows)])


def _groups(rows: Sequence[Hollow]) -> Iterator[str]:
    for group, entries in itertools.groupby(rows, key=lambda row: row.group):
        yield f"## {group}\n"
        yield "| functions | | what happens | what to do | where | told as |"
        yield "| --- | --- | --- | --- | --- | --- |"
        for row in entries:
            names = ", ".join(f"`{name}`" for name in row.names)
            where = ", ".join(row.platforms) or "everywhere"
            yield f"| {names} | {row.how} | {row.effect} | {row.instead} | {where} | {row.weight} |"
        yield ""
