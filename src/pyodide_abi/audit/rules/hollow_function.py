"""A module calls functions that do less here than they promise.

## What it checks

Imports of functions that every release offers and that do not do what C and POSIX say ([the
table](../hollow-functions.md)): long double functions with the precision of a double, locks and semaphores
that are taken though they are held, waits that return at once, `flock`, processes, sockets, locales. Each was
settled by running it in the releases. What a module loses by it cannot be told from outside, so this is a
note; a warning where what a module does next depends on the function.

## Why it breaks

The module links and loads as it does elsewhere, and computes less exactly, goes on without what it waited
for, or takes an error path that nobody has tried. Nothing says so.

## Example

`flock` before a file is written: it returns 0 and excludes nobody.

## How to fix

Look up in the table what the function does here. Where it is a library's, its configuration often has a way
without; where the call is never reached on this platform, leave the finding out.

## References

- [Hollow functions](../hollow-functions.md)
- <https://emscripten.org/docs/porting/guidelines/portability_guidelines.html>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Input, Rule
from pyodide_abi.platforms.hollow import Weight, load_hollow
from pyodide_abi.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding

_SEVERITIES = {Weight.WARNING: Severity.WARNING, Weight.NOTE: Severity.NOTE}


def check(case: Case) -> Iterator[Finding]:
    """One finding for each module and way in which its imports are hollow."""
    rows = [
        row
        for row in (load_hollow() if case.binaries else ())
        if row.weight in _SEVERITIES and not row.by and row.holds_on(case.platform.name)
    ]
    every = frozenset().union(*[row.names for row in rows])
    for binary, facts in case.readable():
        called = every.intersection([entry.name for entry in facts.imports]) - facts.exports.keys()
        for row in rows if called else ():
            names = [name for name in row.names if name in called]
            releases = [
                release for release, offered in case.offers.items() if any(name in offered for name in names)
            ]
            if releases:
                which = "each of which" if names[1:] else "which"
                yield RULE.finding(
                    f"it calls {listed(names, mark='`')}, {which} {row.effect}",
                    fix=row.instead,
                    path=binary.member,
                    symbol=names[0],
                    releases=releases,
                    severity=_SEVERITIES[row.weight],
                )


RULE = Rule(
    code="ABI510",
    name="hollow-function",
    since="0.1",
    severity=Severity.NOTE,
    documentation=__doc__,
    check=check,
    needs=frozenset({Input.PLATFORM}),
)
