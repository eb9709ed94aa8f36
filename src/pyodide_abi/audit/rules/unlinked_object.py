"""A relocatable object file is packed where a linked module belongs.

## What it checks

WebAssembly files without a `dylink.0` section that still carry a symbol table for the linker (a section
named `linking`).

## Why it breaks

An object file is the output of a compile step. The loader wants a linked side module, which begins with a
`dylink.0` section.

## Example

Emscripten before version 6 takes `-shared` for a request to make one object out of several, so that the
"shared library" is an object file: `Error: need the dylink section to be first`.

## How to fix

Link with `-sSIDE_MODULE=2` (or `1` to export everything).

## References

- loader.md, section 12
- <https://emscripten.org/docs/compiling/Dynamic-Linking.html>
- <https://github.com/WebAssembly/tool-conventions/blob/main/Linking.md>
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
    """One finding for each object file."""
    for binary, facts in case.readable():
        if facts.relocatable:
            yield RULE.finding(
                "the file is a relocatable object, the output of a compile step, not a linked module",
                fix="link it with emcc -sSIDE_MODULE=2",
                path=binary.member,
                releases=case.releases,
            )


RULE = Rule(
    code="ABI102",
    name="unlinked-object",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
)
