"""A file that is called like a native module is no WebAssembly.

## What it checks

The first bytes of every file whose name ends in `.so`, `.so.N`, `.pyd`, `.dylib` or `.dll`.

## Why it breaks

The loader reads nothing but WebAssembly. A build backend that does not know it is cross-compiling packs the
host's own library, often under the right name; an archive or LLVM bitcode comes from a link that was left
out or replaced.

## Example

`pkg/_core.cpython-314-wasm32-emscripten.so` is an ELF file for x86-64: `Error: need to see wasm magic
number`.

## How to fix

Compile and link with Emscripten: `pyodide-abi build` sets that up for the usual build backends.

## References

- loader.md, section 1
- <https://github.com/pyodide/pyodide/issues/5780>
- <https://webassembly.github.io/spec/core/binary/modules.html#binary-module>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Rule
from pyodide_abi.linker import Head
from pyodide_abi.wasm.identify import FileKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding
    from pyodide_abi.wheel import Wheel

_FIXES = {
    FileKind.ARCHIVE: "link the archive: emcc -sSIDE_MODULE=2 -Wl,--whole-archive FILE (before Emscripten 6 "
    "-shared alone makes an archive)",
    FileKind.BITCODE: "link it: this is the output of a compile step with -flto",
    FileKind.EMPTY: "look at the build: the file was never written",
}


def check(case: Case) -> Iterator[Finding]:
    """One finding for each file that is something else."""
    for binary in case.binaries:
        identity = binary.library.identity
        if binary.library.head is Head.NOT_WASM or identity.kind is FileKind.COMPONENT:
            what = "neither WebAssembly nor anything known" if identity.kind is FileKind.OTHER else identity
            yield RULE.finding(
                f"the file is not a WebAssembly module: {what}",
                fix=_FIXES.get(identity.kind, "compile it for wasm32-emscripten instead of the host"),
                path=binary.member,
                releases=case.releases,
                # A wheel for every system may carry libraries of other systems, to be loaded there.
                severity=Severity.NOTE if _for_any_system(case.subject.wheel) else Severity.ERROR,
            )


def _for_any_system(wheel: Wheel | None) -> bool:
    return wheel is not None and "any" in wheel.name.platforms


RULE = Rule(
    code="ABI101",
    name="not-webassembly",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
)
