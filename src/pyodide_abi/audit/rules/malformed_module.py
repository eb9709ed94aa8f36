"""A WebAssembly module cannot be read: it is cut off or damaged.

## What it checks

That the header, the sections and their contents are what the WebAssembly specification says.

## Why it breaks

The engine compiles the whole file before anything of it runs, and refuses all of it for one wrong byte:
`CompileError: WebAssembly.Module(): …`.

## Example

A download or a copy that ended early; a tool that edits modules and gets a length wrong.

## How to fix

Build or download the file again. If a tool writes such files every time, report it there.

## References

- loader.md, section 1
- <https://webassembly.github.io/spec/core/binary/index.html>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Rule
from pyodide_abi.wasm.identify import FileKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding


def check(case: Case) -> Iterator[Finding]:
    """One finding for each module that cannot be read."""
    for binary in case.binaries:
        library = binary.library
        # Of too much of something the engines' limits tell more.
        if library.fault and not library.excesses and library.identity.kind is FileKind.WASM:
            yield RULE.finding(
                f"the module cannot be read: {library.fault}",
                fix="build or download it again",
                path=binary.member,
                releases=case.releases,
            )


RULE = Rule(
    code="ABI106",
    name="malformed-module",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
)
