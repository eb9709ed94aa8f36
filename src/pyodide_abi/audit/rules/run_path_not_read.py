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
from pyodide_abi.audit.rule import EditKind, Input, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding


def check(case: Case) -> Iterator[Finding]:
    """One finding for each module with a run path that is not read."""
    if case.platform.search.run_path:
        return
    for binary, facts in case.readable():
        if facts.run_paths:
            yield RULE.finding(
                f"the run path ({', '.join(facts.run_paths)}) is not read on this platform",
                fix="put needed libraries into <wheel name>.libs",
                path=binary.member,
                releases=case.releases,
            )


RULE = Rule(
    code="ABI303",
    name="run-path-not-read",
    since="0.1",
    severity=Severity.WARNING,
    documentation=__doc__,
    check=check,
    needs=frozenset({Input.PLATFORM}),
    answered_by=frozenset({EditKind.CHANGE_RUN_PATHS}),
    promised=True,
)
