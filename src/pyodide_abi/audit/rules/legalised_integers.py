"""A module was linked without 64-bit integers at its border.

## What it checks

Exports that only a link without BigInt makes: `orig$NAME` and `legalstub$NAME` beside a function whose type
has 64-bit integers.

## Why it breaks

Such a link splits each 64-bit integer in the types of imports and exports into two of 32 bits. The runtime
does not: its functions have their true types. Imports of 64-bit functions are refused
(`function-type-mismatch`), and calls of this module's own such functions, from another module or through a
pointer that the loader gives out, get wrong arguments or trap.

## Example

Emscripten before 4.0 did so unless told `-sWASM_BIGINT`; `-sWASM_BIGINT=0` still does.

## How to fix

Link with `-sWASM_BIGINT`.

## References

- loader.md, section 7
- <https://emscripten.org/docs/tools_reference/settings_reference.html#wasm-bigint>
- <https://github.com/emscripten-core/emscripten/issues/17707>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding

_MARKS = ("orig$", "legalstub$", "legalfunc$")


def check(case: Case) -> Iterator[Finding]:
    """One finding for each module."""
    for binary, facts in case.readable():
        marks = [name for name in facts.exports if name.startswith(_MARKS)]
        if marks:
            name = marks[0].partition("$")[2]
            yield RULE.finding(
                f"it was linked without BigInt: {len(marks)} of its functions with 64-bit integers take and "
                f"return halves of them, such as `{name}`",
                fix="link with -sWASM_BIGINT",
                path=binary.member,
                symbol=name,
                releases=case.releases,
            )


RULE = Rule(
    code="ABI214",
    name="legalised-integers",
    since="0.1",
    severity=Severity.WARNING,
    documentation=__doc__,
    check=check,
)
