"""How many calls fit on an engine's own stack, read from ``data/stack.toml``."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from pyodide_abi.platforms.decode import table_of
from pyodide_abi.platforms.documents import documents
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Mapping

_FILE = "stack.toml"


@value
class Stacks:
    """What was measured.

    Attributes:
        release: The release that it was measured in.
        limit: Python's default recursion limit there.
        main: so many calls fit in the main thread, by the engine's name.
        worker: The same for a worker of a page.
    """

    release: str
    limit: int
    main: Mapping[str, int]
    worker: Mapping[str, int]


@functools.cache
def load_stacks() -> Stacks:
    """What was measured, from the package's data."""
    return parse_stacks(documents()[_FILE])


def parse_stacks(document: Mapping[str, Any] | str) -> Stacks:
    """The measurements of a document.

    Raises:
        PlatformDataError: a fault; the message starts with the file and the dotted path.
    """
    root = table_of(document, _FILE)
    measured, main, worker = map(root.table, ("measured", "main", "worker"))
    measured.text("reason")
    measured.text("source")
    stacks = Stacks(
        release=measured.text("release"),
        limit=measured.number("limit"),
        main={engine: main.number(engine) for engine in main},
        worker={engine: worker.number(engine) for engine in worker},
    )
    for table in (measured, main, worker, root):
        table.finish()
    return stacks
