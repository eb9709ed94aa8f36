"""No circle of imports between files: whoever reads one need not know what it is needed for.

Imports inside functions and under ``TYPE_CHECKING`` count: they are no error of Python's, and knowledge all
the same.
"""

from __future__ import annotations

import ast
import graphlib
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: Folders whose files import one another by names that begin below them.
PLACES = ("src", "tools", "benchmarks", "tests")
#: The package itself tells its version and its place to anybody, and offers everything.
TOP = "pyodide_abi"


def modules() -> dict[str, Path]:
    """Every file of ours by the name that others import it by."""
    found = {}
    for place in PLACES:
        for path in sorted((ROOT / place).rglob("*.py")):
            parts = path.relative_to(ROOT / place).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name or place] = path
    return found


def imported(text: str, known: set[str]) -> set[str]:
    """The modules among the known ones that a file names in any import."""
    names = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            # A name may be a module of the package, or what the package itself offers.
            for alias in node.names:
                module = f"{node.module}.{alias.name}"
                names.add(module if module in known else node.module)
    return names & known


def circle(imports: dict[str, set[str]]) -> list[str]:
    """The modules of one circle in their order; none where there is no circle."""
    try:
        graphlib.TopologicalSorter(imports).prepare()
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []


def test_files_do_not_import_each_other_in_circles() -> None:
    files = modules()
    assert len(files) > 500
    imports = {
        name: imported(path.read_text("utf-8"), set(files) - {name, TOP}) for name, path in files.items()
    }
    assert circle(imports) == []


def test_a_circle_is_seen_wherever_it_is_closed() -> None:
    known = {"a", "a.b", "a.c"}
    assert imported("from a import b, d", known) == {"a.b", "a"}
    late = "def f():\n    from a.c import x\n"
    typed = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import a.b\n"
    assert circle({"a.b": imported(late, known), "a.c": imported(typed, known)})
    assert not circle({"a.b": imported(late, known), "a.c": set()})
