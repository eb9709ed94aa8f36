"""A module's dylink section reserves less than the module fills.

## What it checks

The sizes of memory and table in `dylink.0`, against where the data and element segments end.

## Why it breaks

The loader reserves what the section says and no more. Data beyond it overwrites whatever the program has in
that place; with a size of 0, or without a size, the data goes to address 0. The load succeeds, and what
follows is nonsense: `SystemError: initialization of x did not return an extension module`, a wrong result, a
crash in another module. Functions beyond the table's end fail at once: `RuntimeError: table index is out of
bounds`.

## Example

A tool that adds data or functions to a linked module and leaves its first section as it was; a `dylink.0`
section put back by hand after it was stripped.

## How to fix

Link the module again. The section is the linker's, and nothing else knows all that belongs in it.

## References

- loader.md, section 1
- <https://github.com/WebAssembly/tool-conventions/blob/main/DynamicLinking.md>
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
    """One finding for each module, about memory or about the table."""
    for binary, facts in case.readable():
        if not facts.has_dylink:
            continue
        memory = facts.memory
        for what, reserved, filled, effect in (
            (
                "bytes of memory",
                memory.memory_size if memory else 0,
                binary.anatomy.data_reach,
                "its data overwrites what does not belong to it",
            ),
            (
                "entries of the table",
                memory.table_size if memory else 0,
                binary.anatomy.table_reach,
                "the engine refuses to fill the table",
            ),
        ):
            if filled > reserved:
                yield RULE.finding(
                    f"`dylink.0` reserves {reserved} {what}, and the module fills {filled}: {effect}",
                    fix="link the module again; do not edit linked modules with tools that ignore dylink.0",
                    path=binary.member,
                    releases=case.releases,
                )


RULE = Rule(
    code="ABI108",
    name="understated-size",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
)
