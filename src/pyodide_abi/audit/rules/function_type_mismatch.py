"""A module imports a function of the runtime with another type than it has.

## What it checks

The type of every function import that the main module provides, against the type of that function in each
release.

## Why it breaks

WebAssembly functions have exact types, and the engine compares them when the module is instantiated. In C,
a wrong or missing declaration compiles with a warning at most; here the module does not load.

## Example

`void dcopy_(…)` declared where the library has `int dcopy_(…)`: `LinkError: … imported function does not
match the expected type`.

A module that was linked without 64-bit integers at the JavaScript border (`-sWASM_BIGINT=0`, the default
before Emscripten 4) shows it too: each `i64` in a type is then two `i32`.

## How to fix

Correct the declaration: include the header instead of repeating it. Compile with
`-Werror=implicit-function-declaration`. For 64-bit integers, link with `-sWASM_BIGINT`.

## References

- loader.md, section 2
- <https://webassembly.github.io/spec/core/valid/matching.html#functions>
- <https://github.com/pyodide/pyodide/issues/3331>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Rule
from pyodide_abi.audit.undefined import find_refusals
from pyodide_abi.linker import Cause

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding


def check(case: Case) -> Iterator[Finding]:
    """One finding for each library and function."""
    for refusal in find_refusals(case.loads, {Cause.FUNCTION_TYPE}):
        problem = refusal.problem
        legalised = "i64" in problem.provided and "i64" not in problem.wanted
        yield RULE.finding(
            f"`{problem.symbol}` is declared as {problem.wanted} and is {problem.provided} in the runtime",
            fix="link with -sWASM_BIGINT" if legalised else "correct the declaration; include the header",
            path=case.member_of(problem.library),
            symbol=problem.symbol,
            releases=refusal.releases,
        )


RULE = Rule(
    code="ABI203",
    name="function-type-mismatch",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
)
