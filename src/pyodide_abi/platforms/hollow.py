"""Functions that the runtimes offer under a name and that do not do what C and POSIX promise of it.

The facts are in ``data/hollow.toml``; ``tests/hollow`` has a probe for each name and runs them in the
releases.
"""

from __future__ import annotations

import enum
from functools import cache
from typing import TYPE_CHECKING

from pyodide_abi.platforms.decode import table_of
from pyodide_abi.platforms.documents import documents
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyodide_abi.platforms.decode import Table

FILE = "hollow.toml"


class How(enum.StrEnum):
    """What a hollow function does instead of its work."""

    FAILS = "fails"
    """It reports an error, which a program can handle."""
    PRETENDS = "pretends"
    """It reports success, or makes a result up."""
    INEXACT = "inexact"
    """Its result is less than promised."""
    RETURNS = "returns"
    """It returns at once where it should wait."""
    ENDS = "ends"
    """It ends the interpreter."""


class Weight(enum.StrEnum):
    """How loudly an import of the function is told of."""

    WARNING = "warning"
    """What a module does next depends on what the function did."""
    NOTE = "note"
    """Worth knowing."""
    PAGE = "page"
    """Most uses of the name are not concerned: only the reference page tells of it."""


@value
class Hollow:
    """Functions that are hollow in the same way.

    Attributes:
        names: The names of the functions.
        group: heading of the reference page.
        how: in one word.
        weight: The weight of an import.
        effect: what happens instead, to follow the function's name.
        instead: what to do.
        platforms: names of the platforms where it is so; empty for all.
        by: name of the rule that tells of imports of these names; empty for the rule of hollow functions.
    """

    names: tuple[str, ...]
    group: str
    how: How
    weight: Weight
    effect: str
    instead: str
    platforms: tuple[str, ...]
    by: str

    def holds_on(self, platform: str) -> bool:
        """Whether it is so on the platform of that name."""
        return not self.platforms or platform in self.platforms


@cache
def load_hollow() -> tuple[Hollow, ...]:
    """All of them, in the order of the page.

    Raises:
        PlatformDataError: the file has a fault; the message names the entry.
    """
    return decode_hollow(table_of(documents()[FILE], FILE))[1]


def decode_hollow(table: Table) -> tuple[str, tuple[Hollow, ...]]:
    """Where the facts were seen, and the facts.

    Raises:
        PlatformDataError: the table has a fault; the message names the entry.
    """
    source = table.text("source")
    rows = tuple([_row(entry) for entry in table.tables("hollow")])
    table.finish()
    if table.checked:
        _no_name_twice(table, rows)
    return source, rows


def _no_name_twice(table: Table, rows: Iterable[Hollow]) -> None:
    """Each name is hollow in one way on each platform."""
    seen: set[tuple[str, str]] = set()
    for row in rows:
        places = {(name, platform) for name in row.names for platform in row.platforms or [""]}
        twice = {name for name, _ in places & seen}
        if twice:
            table.fail("hollow", f"{', '.join(sorted(twice))} is there twice")
        seen |= places


def _row(entry: Table) -> Hollow:
    row = Hollow(
        names=entry.texts("names", pattern=r"\w+"),
        group=entry.text("group"),
        how=entry.choice("how", How),
        weight=entry.choice("weight", Weight),
        effect=entry.text("effect"),
        instead=entry.text("instead"),
        platforms=entry.texts("platforms", pattern=r"\d+_\d+") if entry.has("platforms") else (),
        by=entry.optional_text("by") or "",
    )
    entry.finish()
    return row
