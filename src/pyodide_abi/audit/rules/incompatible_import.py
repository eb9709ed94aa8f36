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

It depends on what is imported, and each finding says it. A source other than those above: build for the
target `wasm32-unknown-emscripten`. The memory or the table: link without `-sINITIAL_MEMORY`,
`-sMAXIMUM_MEMORY`, `-sMEMORY64` and `-pthread`. `__asyncify_…`: link without `-sASYNCIFY`, and let Python
wait. A function that is data, or data that is a function: declare it as the library that defines it does.

## References

- loader.md, section 2
- <https://webassembly.github.io/spec/js-api/index.html#instantiate-a-webassembly-module>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Evidence, Severity
from pyodide_abi.audit.rule import Rule
from pyodide_abi.audit.undefined import find_refusals
from pyodide_abi.linker import Cause

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding

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
_TAGS = "compile and link with the platform's compiler and its flags for exceptions and longjmp"
#: What to do about each sort of import.
_FIXES = {
    Cause.FOREIGN_MODULE: "build it for the target wasm32-unknown-emscripten with the platform's compiler, "
    "and without wasm-bindgen",
    Cause.MEMORY: "link without -sINITIAL_MEMORY, -sMAXIMUM_MEMORY, -sMEMORY64 and -pthread",
    Cause.TABLE: "link it as a side module, with the platform's compiler",
    Cause.GLOBAL: "compile everything in it with -fPIC, so that data of others are asked for by address, and "
    "leave `{symbol}` to the compiler",
    Cause.NOT_A_FUNCTION: "declare `{symbol}` as what it is where it is defined, which is no function",
    Cause.TAG_MISSING: _TAGS,
    Cause.TAG_TYPE: _TAGS,
    Cause.WRONG_ADDRESS: "take the address of a function of the module that calls `{symbol}` instead",
}


def check(case: Case) -> Iterator[Finding]:
    """One finding for each library and import."""
    for refusal in find_refusals(case.loads, _CAUSES):
        problem = refusal.problem
        if problem.symbol is None:
            continue  # The module's own table, no import: interrupted-load has it.
        if case.excused(problem.library, problem.symbol):
            continue
        has = f"; the runtime has {problem.provided}" if problem.provided else ""
        yield RULE.finding(
            f"the import `{problem.symbol}` {problem.wanted} does not fit{has}",
            evidence=Evidence(problem.text),
            fix=_fix(problem.cause, problem.symbol),
            path=case.member_of(problem.library),
            symbol=problem.symbol,
            releases=refusal.releases,
        )


def _fix(cause: Cause, symbol: str) -> str:
    if symbol.startswith("__asyncify_"):
        return "link without -sASYNCIFY, and let Python wait (await, or pyodide.ffi.run_sync)"
    if symbol.startswith("__tls_"):
        return "compile and link everything without -pthread"
    return _FIXES[cause].format(symbol=symbol)


RULE = Rule(
    code="ABI206",
    name="incompatible-import",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
)
