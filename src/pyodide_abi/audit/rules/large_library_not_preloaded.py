"""A library is too large to be compiled while the page waits, and nothing loads it ahead.

## What it checks

Side modules of more than 8 MiB that installers do not load ahead, because they are not called `.so`, and that
no module needs which they do load.

## Why it breaks

Chrome compiles no module above 8 MiB synchronously on a page's main thread. Installers load `.so` files of
a wheel asynchronously, for which there is no limit. A library that the program itself loads later, with
`ctypes` or `dlopen`, is compiled synchronously: `RangeError: WebAssembly.Compile is disallowed on the main
thread, if the buffer size is larger than 8MB`. In a worker, in Firefox and in Node there is no such limit.

## Example

`libengine.wasm` of 12 MB, opened with `ctypes.CDLL`.

## How to fix

Call it `libengine.so`, so that it is loaded ahead; or make an extension module need it.

## References

- loader.md, section 4
- <https://github.com/pyodide/pyodide/issues/6390>
- <https://github.com/emscripten-core/emscripten/issues/11753>
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Input, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding

#: V8's limit for a synchronous compilation on a page's main thread, in bytes.
_LIMIT = 8 * 1024 * 1024
#: What installers load ahead.
_LOADED_AHEAD = re.compile(r"\.so(\.\d+)*$")


def check(case: Case) -> Iterator[Finding]:
    """One finding for each library; a bare module may be installed in any way."""
    ahead = {
        path
        for binary in case.binaries
        if _LOADED_AHEAD.search(binary.path)
        for release in case.releases
        for path in binary.judged(release).libraries
    }
    for binary in case.binaries:
        if binary.library.size > _LIMIT and binary.path not in ahead:
            size = binary.library.size / 1024 / 1024
            yield RULE.finding(
                f"it has {size:.1f} MiB and is not loaded ahead: on a page's main thread Chrome "
                "does not compile it, as it would have to synchronously",
                fix="call it .so, so that installers load it ahead, or let an extension module need it",
                path=binary.member,
                releases=case.releases,
            )


RULE = Rule(
    code="ABI306",
    name="large-library-not-preloaded",
    since="0.1",
    severity=Severity.WARNING,
    documentation=__doc__,
    check=check,
    needs=frozenset({Input.WHEEL}),
)
