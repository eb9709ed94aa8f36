"""A module for 2024_0 has a run path, which that platform's loader does not read.

## What it checks

The run path in the `dylink.0` section of modules for a platform whose loader has none.

## Why it breaks

It does no harm by itself. But it shows that whoever made the wheel relies on it, or built with the
toolchain of another platform: the compiler of 2024_0 ignores `-rpath`.

## Example

A wheel repaired by a tool that writes `$ORIGIN/../pkg.libs` for every platform.

## How to fix

Put needed libraries into `<wheel name>.libs`, where installers of this platform load them from, and leave
the run path out.

## References

- loader.md, section 5
- <https://github.com/pyodide/pyodide-build/pull/171>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.finding import Finding
    from pyodide_abi.audit.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    """One finding for each module with a run path that is not read."""
    if subject.platform is None or subject.platform.search.run_path:
        return
    for binary in subject.binaries:
        facts = binary.library.facts
        if facts is not None and facts.run_paths:
            yield RULE.finding(
                f"the run path ({', '.join(facts.run_paths)}) is not read on this platform",
                fix="put needed libraries into <wheel name>.libs",
                path=binary.member,
                releases=subject.releases,
            )


RULE = Rule(
    code="ABI303",
    name="run-path-not-read",
    since="0.1",
    severity=Severity.WARNING,
    documentation=__doc__,
    check=check,
)
