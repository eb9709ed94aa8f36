"""The linker replaced a function by a trap, because two files declare it differently.

## What it checks

Functions called `signature_mismatch:NAME` in the section of names. Modules linked without names do not
show it.

## Why it breaks

If one object file calls a function with another type than the one that defines it has, `wasm-ld` warns and
puts a stub in its place that does nothing but trap: `RuntimeError: unreachable`, which ends the interpreter.

## Example

`int zungqr_64_(…)` called as `void zungqr_64_(…)`: as translated Fortran has it either way.

## How to fix

Make the declarations agree. The linker only warns (`function signature mismatch`), and `pyodide-abi build`
fails at that warning. Elsewhere look for it in the log: `-Wl,--fatal-warnings` fails at harmless ones too.

## References

- loader.md, section 10
- <https://github.com/numpy/numpy/issues/20079>
- <https://lld.llvm.org/WebAssembly.html>
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
    """One finding for each module and function."""
    for binary in case.binaries:
        for name in binary.anatomy.stubs:
            yield RULE.finding(
                f"calls of `{name}` were linked to a trap, because they have another type than it",
                fix="make its declarations agree; the linker warned of them ('function signature mismatch')",
                path=binary.member,
                symbol=name,
                releases=case.releases,
            )


RULE = Rule(
    code="ABI217",
    name="signature-mismatch-stub",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
)
