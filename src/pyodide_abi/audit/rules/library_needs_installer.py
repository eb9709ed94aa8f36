"""A module finds a library it needs only because the installer loads it ahead.

## What it checks

Modules of 2024_0 with needed libraries: whether a plain import, without an installer, would find them.

## Why it breaks

The loader of 2024_0 does not search the file system. `micropip` and `loadPackage` load the libraries of a
wheel when they install it, which is the platform's rule, and the import then finds them loaded. Where a
wheel is unpacked by other means (a prepared file system image, `pip` into a virtual environment), the
import fails with `Didn't expect to load any more file_packager files!`.

## Example

A wheel with `pkg.libs/libfoo.so`, unpacked with `pyodide.unpackArchive`.

## How to fix

Nothing has to be done for users of an installer. Linking the library statically works everywhere.

## References

- loader.md, section 5
- <https://pyodide.org/en/stable/development/abi.html>
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
    """One finding for each module that only an installer can help."""
    for binary in case.binaries:
        helped = [
            release
            for release, prediction in binary.preloaded.items()
            if not prediction.problems and binary.imported[release].problems
        ]
        if helped and binary.extension:
            facts = binary.library.facts
            names = ", ".join(facts.needed) if facts else ""
            yield RULE.finding(
                f"installers that load ahead find the needed libraries ({names}), a plain import does not",
                fix="nothing for users of micropip; link statically to work everywhere",
                path=binary.member,
                releases=helped,
            )


RULE = Rule(
    code="ABI302",
    name="library-needs-installer",
    since="0.1",
    severity=Severity.NOTE,
    documentation=__doc__,
    check=check,
)
