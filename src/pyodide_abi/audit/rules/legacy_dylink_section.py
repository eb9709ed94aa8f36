"""A module carries the old `dylink` section, which newer loaders do not read.

## What it checks

Modules whose first section is named `dylink` instead of `dylink.0`, for platforms whose loader no longer
takes that.

## Why it breaks

Emscripten 2.0.33 of 2021 replaced the section. The loader of Pyodide 0.27 still reads the old one; from
0.28 on it fails with an `Error` that has no text.

## Example

A prebuilt library from a project that was last built in 2021.

## How to fix

Build the module again with the platform's Emscripten. A module this old would fail for other reasons too.

## References

- loader.md, section 1
- <https://github.com/WebAssembly/tool-conventions/blob/main/DynamicLinking.md>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Rule
from pyodide_abi.linker import Cause, Head

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding


def check(case: Case) -> Iterator[Finding]:
    """One finding for each module with the old section that some release refuses."""
    for binary in case.binaries:
        if binary.library.head is not Head.LEGACY:
            continue
        refusing = [
            release
            for release in case.releases
            if any(problem.cause is Cause.NO_DYLINK for problem in binary.judged(release).problems)
        ]
        if refusing:
            yield RULE.finding(
                "the module has the dylink section of before 2021, which this loader does not read",
                fix="build it again with the platform's Emscripten",
                path=binary.member,
                releases=refusing,
            )


RULE = Rule(
    code="ABI105",
    name="legacy-dylink-section",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
)
