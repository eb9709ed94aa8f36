"""A module unwinds the stack in another way than its platform.

## What it checks

What C++ exceptions and `longjmp` were compiled to. WebAssembly exceptions show as imported tags
(`__cpp_exception`, `__c_longjmp`), JavaScript ones as imports called `invoke_…`,
`__cxa_find_matching_catch_…` and `emscripten_longjmp`.

## Why it breaks

2024_0 unwinds in JavaScript and has no tags: a module that wants one does not load. Later versions unwind
in WebAssembly and have no `invoke_…`: the module loads, and the first call inside a `try` block, or after
`setjmp`, ends the interpreter, even if nothing is thrown.

## Example

Emscripten's default for `setjmp` is the JavaScript way; one C library compiled without
`-sSUPPORT_LONGJMP=wasm` is enough.

## How to fix

From 2025_0 on: `-fwasm-exceptions -sSUPPORT_LONGJMP=wasm`, for 2024_0: `-fexceptions`, each when compiling
*and* when linking, and for every library that is linked in.

## References

- loader.md, section 8
- <https://emscripten.org/docs/porting/exceptions.html>
- <https://emscripten.org/docs/porting/setjmp-longjmp.html>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Input, Rule
from pyodide_abi.audit.unwinding import signs, wrong_way
from pyodide_abi.platforms.model import Need, Unwinding
from pyodide_abi.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding


def check(case: Case) -> Iterator[Finding]:
    """One finding for each module."""
    wrong = wrong_way(case.platform)
    flags = (flag.flag for flag in case.platform.flags if flag.need is Need.REQUIRED)
    required = " ".join(
        dict.fromkeys(flag for flag in flags if flag.endswith("exceptions") or "LONGJMP" in flag)
    )
    for binary, facts in case.readable():
        proofs = [entry.name for entry in signs(facts, wrong)]
        if not proofs:
            continue
        if wrong is Unwinding.WEBASSEMBLY:
            effect = f"{case.platform.name} unwinds in JavaScript and has no tags, so it does not load"
        else:
            effect = (
                f"{case.platform.name} unwinds in WebAssembly; it loads, but the first guarded call "
                "ends the interpreter"
            )
        yield RULE.finding(
            f"the module unwinds the stack in {_NAMES[wrong]} ({listed(proofs, mark='`')}); {effect}",
            fix=f"compile and link everything in it with {required}",
            path=binary.member,
            symbol=proofs[0],
            releases=case.releases,
        )


_NAMES = {Unwinding.JAVASCRIPT: "JavaScript", Unwinding.WEBASSEMBLY: "WebAssembly"}


RULE = Rule(
    code="ABI502",
    name="wrong-unwinding",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
    needs=frozenset({Input.PLATFORM}),
)
