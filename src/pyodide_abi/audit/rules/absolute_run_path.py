"""A module's run path names a folder that does not move with the wheel.

## What it checks

Entries of the run path that do not begin with `$ORIGIN`, on platforms whose loader reads run paths. The
loader expands `$ORIGIN` at the very beginning of an entry only, and does not know `${ORIGIN}`.

## Why it breaks

The folder is one of the build machine, which is not there at run time, so the entry finds nothing. It also
tells strangers about the build machine.

## Example

`/home/ci/build/lib` left from a CMake build.

## How to fix

Link with `-Wl,-rpath,$ORIGIN/…`; for CMake set `CMAKE_INSTALL_RPATH` and install instead of copying.

## References

- loader.md, section 5
- <https://emscripten.org/docs/compiling/Dynamic-Linking.html>
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
    """One finding for each such entry."""
    if not case.platform.search.run_path:
        return
    for binary, facts in case.readable():
        for path in facts.run_paths:
            if not path.startswith("$ORIGIN"):
                yield RULE.finding(
                    f"the run path has {path}, which does not begin with $ORIGIN",
                    fix="link with -Wl,-rpath,$ORIGIN/... or leave the entry out",
                    path=binary.member,
                    releases=case.releases,
                )


RULE = Rule(
    code="ABI304",
    name="absolute-run-path",
    since="0.1",
    severity=Severity.WARNING,
    documentation=__doc__,
    check=check,
    needs=frozenset({Input.PLATFORM}),
    answered_by=frozenset({EditKind.CHANGE_RUN_PATHS}),
    promised=True,
)
