"""The loader forgets that a symbol is weak, because the module needs libraries.

## What it checks

Weak addresses that nobody provides, in modules with needed libraries, on the platforms whose loader has the
fault (2024_0 and 2025_0).

## Why it breaks

A weak symbol may stay without a provider: its address is then null, and the program asks before it calls. The
loader of Emscripten before 5 keeps the names of weak symbols in one place, which the load of each needed
library overwrites. Coming back to the module, it takes the symbol for a necessary one: `bad export type for
'X': undefined`.

## Example

`extern void hook(void) __attribute__((weak));`, tested with `if (hook)`, in a module that needs a library.

## How to fix

Define the symbol, or do without it. Or link the library statically: without needed libraries the fault does
not show.

## References

- loader.md, section 2
- <https://github.com/emscripten-core/emscripten/issues/25214>
- <https://github.com/emscripten-core/emscripten/pull/25786>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding


def check(case: Case) -> Iterator[Finding]:
    """One finding for each module and symbol."""
    for gap in case.gaps:
        if gap.refused and gap.weak:
            yield RULE.finding(
                f"`{gap.symbol}` is weak, but this loader forgets it while it loads the libraries that the "
                f"module needs, and refuses the module",
                evidence=gap.evidence,
                fix="define the symbol, or link the needed libraries statically",
                path=case.member_of(gap.path),
                symbol=gap.symbol,
                releases=gap.refused,
            )


RULE = Rule(
    code="ABI215",
    name="lost-weak-symbol",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
)
