"""A module was built with checks of which the runtime has no half.

## What it checks

Symbols that no release provides and that belong to sanitizers, to Emscripten's own checks of the stack and
of memory accesses, and to coverage or profiling builds.

## Why it breaks

Such a build calls functions of the main program, which is a release build without them. Where the module
takes their address it does not load; otherwise the first check is a fatal error that ends the interpreter,
which mostly is the first call of anything.

## Example

`-sASSERTIONS=2` left in `LDFLAGS`: `Dynamic linking error: cannot resolve symbol __handle_stack_overflow`.

## How to fix

Build the wheel without these options. To use a sanitizer, build a program of your own with it.

## References

- loader.md, section 8
- <https://emscripten.org/docs/debugging/Sanitizers.html>
- <https://emscripten.org/docs/tools_reference/settings_reference.html#stack-overflow-check>
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


def check(case: Case) -> Iterator[Finding]:
    """One finding for each module and sort of check."""
    yield from findings_about_parts(case, RULE)


RULE = Rule(
    code="ABI507",
    name="instrumented-build",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
)
