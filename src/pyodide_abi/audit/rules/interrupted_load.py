"""The load of a module ends on what the module itself does while it is loaded.

## What it checks

What happens between a module's compilation and its init function: the table grows by what the dylink section
asks for, segments are copied to memory and table, then the start function, the relocations and the
constructors run. A problem is reported where it is certain without running the code: a table that no engine
allows, a segment outside of what there is, a trap, a call of a function that nobody provides.

## Why it breaks

All of this is part of the import, which ends with the error and leaves the library half loaded: a second
import says that there is no init function.

## Example

A static initialiser `static int handle = open_device();` where nobody provides `open_device`.

## How to fix

For a function that is called: link the library that has it, or call it later than in a static initialiser.
For segments and sizes: the file is damaged or was changed by a tool that does not know side modules; link it
again.

## References

- loader.md, section 3
- <https://webassembly.github.io/spec/core/exec/modules.html#instantiation>
- <https://github.com/emscripten-core/emscripten/blob/main/src/lib/libdylink.js>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.components import part_of
from pyodide_abi.audit.finding import Evidence, Severity
from pyodide_abi.audit.rule import Rule
from pyodide_abi.audit.undefined import find_refusals
from pyodide_abi.linker import Cause

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding

_CAUSES = frozenset({Cause.SEGMENT, Cause.STARTUP, Cause.TABLE})


def check(case: Case) -> Iterator[Finding]:
    """One finding for each library and reason."""
    for refusal in find_refusals(case.loads, _CAUSES):
        problem = refusal.problem
        if problem.cause is Cause.TABLE and problem.symbol is not None:
            continue  # The import of the table, which incompatible-import judges.
        if problem.cause is Cause.STARTUP and problem.symbol and part_of(problem.symbol):
            continue  # One of many symbols that are missing for one reason, which has a rule.
        calls = problem.cause is Cause.STARTUP and problem.symbol is not None
        yield RULE.finding(
            f"code that runs during the load calls `{problem.symbol}`, which nobody provides"
            if calls
            else "the load ends before the init function",
            evidence=None if calls else Evidence(problem.text),
            fix=f"link the library that has `{problem.symbol}`"
            if calls
            else "link the module again with the platform's compiler, and let no other tool change it",
            path=case.member_of(problem.library),
            symbol=problem.symbol,
            releases=refusal.releases,
        )


RULE = Rule(
    code="ABI309",
    name="interrupted-load",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
)
