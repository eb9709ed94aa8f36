"""A module carries information for debuggers.

## What it checks

DWARF sections (`.debug_…`), references to source maps and to separate debug files, and a section of function
names that takes a kilobyte and a tenth of the module or more.

## Why it breaks

It does not; it costs. Every user downloads these bytes, and the browser holds the whole file in memory while
it compiles it. Modules with full debug information have reached gigabytes, where the load ends in
`RangeError: Array buffer allocation failed` or in a dead browser tab.

## Example

`-g` left in `CFLAGS`: a module of 200 MB, of which 190 MB are `.debug_info` and its kin.

## How to fix

Compile and link without `-g`, or let `pyodide-abi repair` drop the sections. `wasm-opt --strip-debug` does it
too, where it is told what the module uses: linked modules do not say so themselves, and it refuses
`memory.copy` without `--enable-bulk-memory-opt`. Give it the features in the advice; `--all-features` would
change the form of the module, which older engines do not read.
Do not use `wasm-strip`, `llvm-strip --strip-all` or `emstrip`: they remove `dylink.0` too.

## References

- <https://emscripten.org/docs/porting/Debugging.html>
- <https://github.com/pyodide/pyodide/issues/4016>
- <https://github.com/emscripten-core/emscripten/issues/26563>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import EditKind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding

_DEBUGGERS = ("sourceMappingURL", "external_debug_info")
_NAMES = "name"
#: A section of names smaller than this part of the module is worth its bytes: it makes stack traces readable.
_PART_OF_NAMES, _FEW_NAMES = 10, 1000


#: A command that strips any module of the platforms. A linked module names no features, so that wasm-opt
#: has to be told those that compilers use.
STRIP = (
    "wasm-opt --strip-debug --enable-bulk-memory-opt --enable-nontrapping-float-to-int --enable-sign-ext "
    "--enable-mutable-globals --enable-multivalue --enable-reference-types --enable-exception-handling "
    "--enable-simd"
)


def check(case: Case) -> Iterator[Finding]:
    """One finding for each module."""
    for binary in case.binaries:
        size = binary.library.size
        found = {
            name: number
            for name, number in binary.anatomy.customs.items()
            if name.startswith(".debug_")
            or name in _DEBUGGERS
            or (name == _NAMES and number > _FEW_NAMES and number * _PART_OF_NAMES >= size)
        }
        if found:
            total = sum(found.values())
            names = ", ".join(f"`{name}`" for name in sorted(found, key=lambda name: -found[name])[:3])
            yield RULE.finding(
                f"{total} of the module's {size} bytes ({100 * total // size} %) are for debuggers ({names})",
                fix=f"link without -g, let 'pyodide-abi repair' drop them, or strip with {STRIP}",
                path=binary.member,
            )


RULE = Rule(
    code="ABI107",
    name="debug-information",
    since="0.1",
    severity=Severity.NOTE,
    documentation=__doc__,
    check=check,
    answered_by=frozenset({EditKind.DROP_SECTIONS}),
    promised=True,
)
