"""A module carries JavaScript that the loader evaluates.

## What it checks

Functions defined with `EM_JS` and `EM_ASYNC_JS`, and statements of `EM_ASM`.

## Why it breaks

The loader passes their text to `eval`. A page whose Content Security Policy forbids that (no `unsafe-eval`)
cannot load the module. A function of `EM_ASYNC_JS` cannot work at all, as it needs Asyncify, with which the
runtime is not built: `ReferenceError: Asyncify is not defined` at its first call, which ends the interpreter
(an error).

## Example

`EM_JS(double, now, (void), { return performance.now(); })` in a library that also runs without Python.

## How to fix

Use a function of Emscripten's C interface (`emscripten_get_now`), or pass the JavaScript function in from
Python. Otherwise say that pages need `script-src 'unsafe-eval'`.

## References

- loader.md, section 3
- <https://emscripten.org/docs/porting/connecting_cpp_and_javascript/Interacting-with-code.html>
- <https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/script-src>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import EM_ASYNC_JS_PREFIX, START_EM_ASM
from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding


def check(case: Case) -> Iterator[Finding]:
    """One finding for each module and sort of JavaScript."""
    for binary, facts in case.readable():
        functions = sorted(facts.js_functions)
        waiting = [name for name in functions if name.startswith(EM_ASYNC_JS_PREFIX)]
        plain = [name for name in functions if not name.startswith(EM_ASYNC_JS_PREFIX)]
        if waiting:
            name = waiting[0].removeprefix(EM_ASYNC_JS_PREFIX)
            yield RULE.finding(
                f"{len(waiting)} functions of EM_ASYNC_JS, such as `{name}`, need Asyncify, which the "
                "runtime has not: the first call ends the interpreter",
                fix="let Python do the waiting (await, or pyodide.ffi.run_sync)",
                path=binary.member,
                symbol=name,
                releases=case.releases,
                severity=Severity.ERROR,
            )
        if plain or START_EM_ASM in facts.exports:
            what = (
                f"{len(plain)} functions of EM_JS, such as `{plain[0]}`" if plain else "statements of EM_ASM"
            )
            yield RULE.finding(
                f"the loader evaluates its JavaScript ({what}), which a page can forbid",
                fix="use Emscripten's C functions, or tell users that pages need 'unsafe-eval'",
                path=binary.member,
                symbol=plain[0] if plain else None,
                releases=case.releases,
            )


RULE = Rule(
    code="ABI508",
    name="evaluated-javascript",
    since="0.1",
    severity=Severity.NOTE,
    documentation=__doc__,
    check=check,
)
