"""A library exports nothing, so nobody can use it.

## What it checks

Libraries (`name.so`, `name.so.1`) that no module of the wheel needs, and that export nothing but what the
loader itself looks for.

## Why it breaks

A library is used through its exports: by a module that needs it, by `ctypes` or `cffi`, or, if it is an
extension module after all, by its init function. Without any, `import` says `ModuleNotFoundError` or that
there is no init function, and `ctypes` says `Tried to lookup unknown symbol`.

## Example

`-sSIDE_MODULE=2` without a list of exports, as build tools for extension modules do it, applied to a C
library.

## How to fix

Export what its users call: `-sSIDE_MODULE=1` and default visibility, or `-sSIDE_MODULE=2` with
`-sEXPORTED_FUNCTIONS=_name,…`.

## References

- <https://emscripten.org/docs/compiling/Dynamic-Linking.html>
- <https://github.com/pyodide/pyodide/issues/5111>
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import is_internal
from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding


#: Nothing between the name and the suffix: neither an extension module's tag nor another system's.
_LIBRARY = re.compile(r"(?:.*/)?[^./]+\.so(\.\d+)*$")


def check(case: Case) -> Iterator[Finding]:
    """One finding for each library."""
    needed = {
        path
        for binary in case.binaries
        for prediction in map(binary.judged, case.releases)
        for path in prediction.libraries
        if path != binary.path
    }
    for binary, facts in case.readable():
        if (
            facts.has_dylink
            # What does not even import a memory has nothing to offer.
            and facts.imports
            and not binary.extension
            and binary.path not in needed
            and _LIBRARY.match(binary.path)
            and not facts.inner.number
            and all(is_internal(name) for name in facts.exports)
        ):
            yield RULE.finding(
                "it has no init function and exports nothing else: neither import nor ctypes nor another "
                "module can use it",
                fix="link with -sSIDE_MODULE=2 and name its functions in -sEXPORTED_FUNCTIONS",
                path=binary.member,
                releases=case.releases,
            )


RULE = Rule(
    code="ABI216",
    name="library-without-exports",
    since="0.1",
    severity=Severity.WARNING,
    documentation=__doc__,
    check=check,
)
