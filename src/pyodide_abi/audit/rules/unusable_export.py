"""A module exports something that the loader cannot take.

## What it checks

Immutable 64-bit globals, where the loader adds the module's base address to every immutable global.

## Why it breaks

The loader of Emscripten 5 and later computes with JavaScript numbers and gets a BigInt: `TypeError: Cannot
mix BigInt and other types, use explicit conversions`. Earlier ones print a line and go on.

## Example

A hand-written module, or a tool that adds its own globals. Compilers do not export such globals.

## How to fix

Export only the init function.

## References

- loader.md, section 3
- <https://github.com/emscripten-core/emscripten/blob/main/src/lib/libdylink.js>
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


def check(case: Case) -> Iterator[Finding]:
    """One finding for each library and export."""
    for refusal in find_refusals(case.loads, {Cause.EXPORT}):
        problem = refusal.problem
        yield RULE.finding(
            f"the loader fails over the export `{problem.symbol}`",
            evidence=Evidence(problem.text),
            fix="export only what has to be, the init function",
            path=case.member_of(problem.library),
            symbol=problem.symbol,
            releases=refusal.releases,
        )


RULE = Rule(
    code="ABI207",
    name="unusable-export",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
)
