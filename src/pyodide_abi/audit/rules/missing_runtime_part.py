"""A module needs a library of Emscripten's, or of a language, that no release has.

## What it checks

Symbols that no release provides and that belong to a known library: Embind, the Fetch API, SDL 2, OpenAL,
GLFW, WebGPU, IndexedDB, Asyncify, `setjmp` called from a language that does not know it, the runtimes of
Fortran. `undefined-symbol` speaks of all others.

## Why it breaks

Emscripten's libraries in JavaScript are part of the main module, and only a few of them were linked into it.
A side module cannot bring them. It loads, and its first call of such a function is a fatal error that ends
the interpreter.

## Example

`EMSCRIPTEN_BINDINGS(…)` in a library that is also used without Python: `Dynamic linking error: cannot resolve
symbol _embind_register_class`.

## How to fix

Leave that code out of the build for this platform, or use what the platform has instead. Some libraries exist
in C too, and can be linked into the module.

## References

- loader.md, section 11
- <https://pyodide.org/en/stable/development/abi.html>
- <https://github.com/pyodide/pyodide/issues/5835>
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
    """One finding for each module and library."""
    yield from findings_about_parts(case, RULE)


RULE = Rule(
    code="ABI211",
    name="missing-runtime-part",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
)
