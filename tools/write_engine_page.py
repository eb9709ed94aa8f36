"""Write docs/reference/engines.md from the data of the engines.

    python tools/write_engine_page.py

A unit test proves that the page is what this tool writes.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.platforms import load_platforms
from pyodide_abi.platforms.engine_documents import engine_names
from pyodide_abi.platforms.engines import find_engine

if TYPE_CHECKING:
    from collections.abc import Iterable

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "engines.md"
_HEAD = """\
# Engines

<!-- Written by tools/write_engine_page.py from src/pyodide_abi/platforms/data: change the data. -->

What each JavaScript engine takes of WebAssembly, as far as engines differ. `tests/differential/probe.py`
holds these facts against an engine. Features that are not listed are taken by all.
"""
_LIMITS = """
An engine sees a runtime release as the one under *symbols* does: that depends on stack switching and typed
references. The longest table is counted in entries.
"""


def page() -> str:
    """The whole page."""
    names = engine_names()
    newest = load_platforms()[-1]
    rows = [("feature", *names), ("---",) * (len(names) + 1)]
    rows += [
        (feature.name, *("no" if name in feature.refused_by else "yes" for name in names))
        for feature in newest.features
        if feature.refused_by
    ]
    facts = [("engine", "current", "symbols", "longest table"), ("---",) * 4]
    for name in names:
        engine = find_engine(name)
        current = "yes" if name in newest.engines else "no"
        facts.append((name, current, engine.surface, str(engine.largest_table)))
    return f"{_HEAD}\n{_table(rows)}{_LIMITS}\n{_table(facts)}"


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    sys.stdout.write(f"{PAGE}\n")
