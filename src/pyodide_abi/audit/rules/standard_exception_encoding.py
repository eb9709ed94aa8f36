"""A module's exceptions are written in the standard encoding, where the platform demands the legacy one.

## What it checks

The code of modules that use tags: whether it holds `try_table`, the mark of the standard encoding. A module
with both encodings, linked of objects from compilers with different settings, is recognised if its code is
not longer than 5 MB, or if the audit is for one engine that refuses it (such as `--engine chromium`).

## Why it breaks

WebAssembly has two encodings of exceptions. All versions of the platform that unwind in WebAssembly demand
the legacy one, because engines still in use do not know the other: Node 20 says `Invalid opcode 0x1f` when
it compiles the module. Newer engines take each, but only Node 24 and Firefox take both in one module:
Chromium 156 says `module uses a mix of legacy and new exception handling instructions`, and Node 26, Deno,
Bun and WebKit refuse it, too.

## Example

`-sWASM_LEGACY_EXCEPTIONS=0`; a Rust toolchain whose default has changed.

## How to fix

Compile and link with `-sWASM_LEGACY_EXCEPTIONS=1` (Emscripten's default), for Rust with `-C
llvm-args=-wasm-use-legacy-eh`.

## References

- loader.md, section 8
- <https://emscripten.org/docs/tools_reference/settings_reference.html#wasm-legacy-exceptions>
- <https://github.com/pyodide/pyodide/issues/6235>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.elsewhere import MIXTURE, refusers
from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Input, Rule
from pyodide_abi.wasm.features import Feature

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding


def check(case: Case) -> Iterator[Finding]:
    """One finding for each module."""
    if case.platform.exception_encoding != "legacy":
        return
    for binary, facts in case.readable():
        features = facts.features | binary.anatomy.coded
        if Feature.EXNREF in features:
            mixed = Feature.LEGACY_EXCEPTIONS in features
            yield RULE.finding(
                "the platform demands the legacy encoding of exceptions; "
                + (
                    "part of the module's code, from some of its objects, has the standard one (try_table), "
                    f"and {', '.join(refusers(case.platform, MIXTURE))} refuse a module with both"
                    if mixed
                    else "the module has the standard one (try_table)"
                ),
                fix="compile and link everything in it with -sWASM_LEGACY_EXCEPTIONS=1",
                path=binary.member,
                releases=case.releases,
            )


RULE = Rule(
    code="ABI503",
    name="standard-exception-encoding",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
    needs=frozenset({Input.PLATFORM}),
)
