"""The runtime has what a module imports, but not as that kind of thing, or the source is unknown.

## What it checks

Imports from other modules than `env`, `wasi_snapshot_preview1`, `GOT.mem` and `GOT.func`; the limits of the
memory and the table; kinds and types of globals and tags; addresses taken of things that have none. Types
of functions, shared memory and missing tags have rules of their own.

## Why it breaks

The engine compares every import when the module is instantiated, and the loader gives an address to every
symbol that needs one. Either refuses the whole module.

## Example

A module linked with `-sASYNCIFY` wants `__asyncify_state`: `imported mutable global must be a
WebAssembly.Global object`. One made by wasm-bindgen imports from `./index_bg.js`: `module is not an object
or function`.

## How to fix

Link with the platform's flags and nothing that changes the module's surroundings (`-sASYNCIFY`,
`-sMEMORY64`, `-sMAXIMUM_MEMORY`, another target).

## References

- <https://webassembly.github.io/spec/js-api/index.html#instantiate-a-webassembly-module>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.gaps import find_refusals
from pyodide_abi.audit.rule import Rule
from pyodide_abi.audit.unwinding import excused
from pyodide_abi.linker import Cause

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.finding import Finding
    from pyodide_abi.audit.subject import Subject

_CAUSES = frozenset(
    {
        Cause.FOREIGN_MODULE,
        Cause.MEMORY,
        Cause.TABLE,
        Cause.GLOBAL,
        Cause.NOT_A_FUNCTION,
        Cause.TAG_MISSING,
        Cause.TAG_TYPE,
        Cause.WRONG_ADDRESS,
    }
)


def check(subject: Subject) -> Iterator[Finding]:
    """One finding for each library and import."""
    for refusal in find_refusals(subject, _CAUSES):
        problem = refusal.problem
        if problem.symbol is None:
            continue  # The module's own table, no import: interrupted-load has it.
        if excused(subject, problem.library, problem.symbol):
            continue
        has = f"; the runtime has {problem.provided}" if problem.provided else ""
        yield RULE.finding(
            f"the import `{problem.symbol}` ({problem.wanted}) does not fit{has}: {problem.text}",
            fix="build with the platform's flags: 'pyodide-abi platforms NAME' lists them",
            path=subject.member_of(problem.library),
            symbol=problem.symbol,
            releases=refusal.releases,
        )


RULE = Rule(
    code="ABI206",
    name="incompatible-import",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
)
