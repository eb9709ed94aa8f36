"""A module wants threads, and there are none.

## What it checks

Symbols of OpenMP, of Wasm Workers and of programs built with `-pthread`, which no release provides (an
error); and imports of `pthread_create` and `thrd_create`, which every release provides and which always fail
(a note).

## Why it breaks

The runtime has one thread. `pthread_create` returns an error, so `std::thread` throws `thread constructor
failed: Resource temporarily unavailable`, and Rust's `std::thread::spawn` panics. A module that only may
start a thread is fine as long as it does not. What OpenMP and Wasm Workers need is not there at all: the
module loads, and the first parallel region ends the interpreter.

## Example

A library that starts a pool of threads when it is imported; `#pragma omp parallel` compiled with `-fopenmp`.

## How to fix

Build without threads: most libraries have an option. Where the number of threads is a parameter, make 1 the
default on this platform.

## References

- loader.md, section 8
- <https://emscripten.org/docs/porting/pthreads.html>
- <https://github.com/pyodide/pyodide/issues/237>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.components import findings_about_parts
from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding

_STARTERS = ("pthread_create", "thrd_create")


def check(case: Case) -> Iterator[Finding]:
    """One finding for each module and way to have threads."""
    yield from findings_about_parts(case, RULE)
    for binary, facts in case.readable():
        imported = {entry.name for entry in facts.imports}
        for name in _STARTERS:
            releases = [release for release, offered in case.offers.items() if name in offered]
            if name in imported and releases:
                yield RULE.finding(
                    f"it may start threads: it calls `{name}`, which fails in every release",
                    fix="make sure that it does not start any on this platform, or handles the failure",
                    path=binary.member,
                    symbol=name,
                    releases=releases,
                    severity=Severity.NOTE,
                )


RULE = Rule(
    code="ABI506",
    name="multithreaded-code",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
)
