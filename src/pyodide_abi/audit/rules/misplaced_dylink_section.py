"""A module has a dylink section, but not as its first section.

## What it checks

Whether the `dylink.0` (or `dylink`) section of a module is its very first section.

## Why it breaks

The loader looks at the first section only, before the engine reads the file. It says `need the dylink
section to be first` if that is no custom section, and an `Error` without any text if it is another custom
section.

## Example

A tool that adds a `producers` or `sourceMappingURL` section puts it in front of everything else.

## How to fix

Leave the tool out, or let it run on the objects before they are linked.

## References

- loader.md, section 1
- <https://github.com/WebAssembly/tool-conventions/blob/main/DynamicLinking.md>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import EditKind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding


def check(case: Case) -> Iterator[Finding]:
    """One finding for each module whose section stands elsewhere."""
    for binary, facts in case.readable():
        if facts.dylink_misplaced:
            yield RULE.finding(
                "the dylink section is not the module's first section, where the loader looks for it",
                fix="find the tool that put another section in front and leave it out",
                path=binary.member,
                releases=case.releases,
            )


RULE = Rule(
    code="ABI104",
    name="misplaced-dylink-section",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
    answered_by=frozenset({EditKind.FRONT_DYLINK}),
    promised=True,
)
