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
from pyodide_abi.platforms.stack import load_stacks

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
_STACK = """
## How deep calls may nest

CPython counts calls (`RecursionError`); an engine has a stack of its own besides, and where that ends, so
does the interpreter: `RangeError: Maximum call stack size exceeded` (V8, JavaScriptCore) or `InternalError:
too much recursion` (Firefox), and nothing of Python runs any more. Calls of Python by Python take none of
it. Calls through functions of C do: callbacks (`sorted` and `max` with a key, `re.sub`,
`functools.reduce`), `__repr__`, `__eq__` and other methods that C calls, and what a library's own functions
call. Measured in {release}, each call through `max` with a key, Python's default limit being {limit}:
"""
_ADVICE = """
Where the number is below the limit, such a recursion ends the interpreter before Python raises anything.
What a library's author can do:

- Walk nested data with a loop and a list instead of a recursion, above all what a stranger's input nests
  (parsers, `__repr__`, comparisons, visitors), or refuse depths of more than a hundred or two.
- In C, C++ and Rust: keep large arrays off the stack, and count the depth of recursions that call Python
  back.
- Do not raise `sys.setrecursionlimit`. Where deep recursion is needed, lower it, as far as the smallest
  stack of the table: then it is an exception.
- `pyodide-abi verify --deep` measures what a wheel's own functions leave.
- In Node, `--stack-size` makes room; in a page nothing does, and a worker has less.
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
    stacks = load_stacks()
    depths = [("engine", "main thread", "worker of a page"), ("---",) * 3]
    depths += [(name, str(stacks.main[name]), str(stacks.worker.get(name, "not measured"))) for name in names]
    stack = f"{_STACK.format(release=stacks.release, limit=stacks.limit)}\n{_table(depths)}{_ADVICE}"
    return f"{_HEAD}\n{_table(rows)}{_LIMITS}\n{_table(facts)}{stack}"


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    sys.stdout.write(f"{PAGE}\n")
