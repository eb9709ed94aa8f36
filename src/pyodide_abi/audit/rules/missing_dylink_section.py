"""A module has no `dylink.0` section, so nothing says how to load it.

## What it checks

Linked WebAssembly modules without a `dylink.0` or `dylink` section. A module that imports `__memory_base`
or `__table_base` once had one.

## Why it breaks

`dylink.0` says how much memory and how many table entries the loader has to reserve, and which libraries
the module needs. The loader refuses a file that does not begin with it.

## Example

`emstrip` since Emscripten 5.0.1, `llvm-objcopy --strip-all` since LLVM 23 and `wasm-strip` delete the
section: `Error: need the dylink section to be first`.

## How to fix

Link with `-sSIDE_MODULE=2`. If the section was stripped, link again: what it said cannot be found out from
the rest. To make a module smaller, link with `-g0` or let
`pyodide-abi repair` strip it.

## References

- loader.md, section 1
- <https://github.com/WebAssembly/tool-conventions/blob/main/DynamicLinking.md>
- <https://github.com/emscripten-core/emscripten/issues/26563>
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
    """One finding for each module without the section."""
    for binary, facts in case.readable():
        if facts.relocatable or facts.has_dylink:
            continue
        stripped = facts.wants_bases
        yield RULE.finding(
            "the module has lost its dylink.0 section: it was linked as a side module and then stripped"
            if stripped
            else "the module has no dylink.0 section: it was not linked as a side module",
            fix="link it again and do not strip it" if stripped else "link it with -sSIDE_MODULE=2",
            path=binary.member,
            releases=case.releases,
        )


RULE = Rule(
    code="ABI103",
    name="missing-dylink-section",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
)
