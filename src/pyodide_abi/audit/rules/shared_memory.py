"""A module was linked for threads and wants shared memory.

## What it checks

Memories that are imported or defined as shared.

## Why it breaks

The runtime's memory is not shared between threads, and the engine refuses a module that declares otherwise:
`mismatch in shared state of memory, declared = 1, imported = 0`.

## Example

`-pthread` in `CFLAGS` and `LDFLAGS`, often added by a build system that found threads on the host; a Rust
crate with `+atomics` in its target features.

## How to fix

Leave `-pthread` out when compiling and when linking, of every library that is linked in. The functions of
`pthread.h` are still there; `pthread_create` fails at run time.

## References

- loader.md, section 8
- <https://emscripten.org/docs/porting/pthreads.html>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Rule
from pyodide_abi.wasm.features import Feature

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding


def check(case: Case) -> Iterator[Finding]:
    """One finding for each module."""
    for binary, facts in case.readable():
        if Feature.SHARED_MEM in facts.features:
            yield RULE.finding(
                "the module wants shared memory: it was built with -pthread",
                fix="build everything in it without -pthread",
                path=binary.member,
                releases=case.releases,
            )


RULE = Rule(
    code="ABI501",
    name="shared-memory",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
)
