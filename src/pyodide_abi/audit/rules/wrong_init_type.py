"""The function that makes an extension module has the wrong type, or is no function.

## What it checks

That `PyInit_<name>` takes nothing and returns one 32-bit integer, `()->(i32)`.

## Why it breaks

CPython calls it through the function table with exactly that type. From CPython 3.13 on any other type
traps, and a trap there is fatal to the whole interpreter. Up to 3.12 a JavaScript call stands between,
which forgives it.

## Example

`PyMODINIT_FUNC PyInit__core(void *unused)`: `RuntimeError: null function or function signature mismatch`.

## How to fix

Declare it `PyMODINIT_FUNC PyInit_<name>(void)`.

## References

- loader.md, section 6
- <https://docs.python.org/3/c-api/module.html>
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
    """One finding for each extension module."""
    for refusal in find_refusals(case.loads, {Cause.INIT_TYPE}):
        problem = refusal.problem
        yield RULE.finding(
            f"`{problem.symbol}` is {problem.provided}, not {problem.wanted}; the call ends the interpreter",
            fix="declare it PyMODINIT_FUNC, with (void) for its parameters",
            path=case.member_of(problem.library),
            symbol=problem.symbol,
            releases=refusal.releases,
        )


RULE = Rule(
    code="ABI205",
    name="wrong-init-type",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
)
