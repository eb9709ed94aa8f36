"""A module has more of something than an engine accepts.

## What it checks

The numbers of types, imports, functions and whatever else a module lists, the lengths of names, tables and
memories, the sizes of functions, their local variables and their `br_table` instructions, against the bounds
of each current engine. Operands of `array.new_fixed` and clauses of a `try_table`, which only a walk through
all code would show, are not counted.

## Why it breaks

Engines have limits of implementation, and refuse a whole module that goes beyond one. If the engine of the
predictions does, that is an error; if only other current engines do, it is a warning, which names them.

## Example

A generated interpreter whose main loop is one function of eight megabytes, where all engines accept 7,654,321
bytes: `CompileError: WebAssembly.Module(): size 8000000 > maximum function size 7654321`.

## How to fix

Divide what is too large: a generated function into several, a module into several. Optimisation (`-O2`) makes
local variables and functions fewer.

## References

- loader.md, section 1
- <https://webassembly.github.io/spec/js-api/#limits>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Input, Rule
from pyodide_abi.linker.checks.engine_limits import refused_sizes
from pyodide_abi.platforms.engines import find_engine
from pyodide_abi.wasm.sizes import OF_CODE, Size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding


_OF_FUNCTIONS = {Size.BODY, *OF_CODE}
#: How a number of each is told.
_WORDS = {
    Size.DEPTH: "types that extend one another {} times in a line",
    Size.PARAMETERS: "a function type with {} parameters",
    Size.RESULTS: "a function type with {} results",
    Size.FIELDS: "a structure type with {} fields",
    Size.SUPERTYPES: "a type that extends {} others",
    Size.GROUP: "a recursive group of {} types",
    Size.ELEMENTS: "an element segment of {} references",
    Size.NAME: "a name of {} bytes",
    Size.TABLE_LENGTH: "a table of {} entries",
    Size.MEMORY_PAGES: "a memory of {} pages",
    Size.MEMORY_MAXIMUM: "a memory that may grow to {} pages",
    Size.BODY: "a function of {} bytes",
    Size.LOCALS: "a function with {} local variables",
    Size.BRANCHES: "a br_table of {} targets",
}


def check(case: Case) -> Iterator[Finding]:
    """One finding for each thing of which a module has too much for some engine."""
    engines = [find_engine(name) for name in dict.fromkeys((case.subject.engine, *case.platform.engines))]
    for binary in case.binaries:
        if not binary.library.excesses:
            continue
        refused = {engine.name: frozenset(refused_sizes(binary.library, engine)) for engine in engines}
        for found in binary.library.excesses:
            refusing = [engine for engine in engines if found in refused[engine.name]]
            if refusing:
                what = _WORDS.get(found.size, f"{{}} {found.size}").format(f"{found.number:,}")
                where = f" (function {found.index})" if found.size in _OF_FUNCTIONS else ""
                most = min(engine.sizes[found.size].most for engine in refusing)
                names = ", ".join(engine.name for engine in refusing)
                here = refusing[0].name == case.subject.engine
                yield RULE.finding(
                    f"it has {what}{where}, and not more than {most:,} are accepted by {names}",
                    fix="divide what is too large: a generated function, or the module",
                    path=binary.member,
                    releases=case.releases,
                    severity=Severity.ERROR if here else Severity.WARNING,
                )


RULE = Rule(
    code="ABI511",
    name="beyond-engine-limit",
    since="0.1",
    severity=Severity.WARNING,
    documentation=__doc__,
    check=check,
    needs=frozenset({Input.PLATFORM}),
)
