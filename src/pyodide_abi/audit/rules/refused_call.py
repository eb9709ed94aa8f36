"""A method, getter or setter has a C type that CPython's trampoline refuses: every call raises a SystemError.

## What it checks

The same entries as `fatal-call`, where CPython looks at a function's type before it calls it: methods
without `METH_FASTCALL`, getters and setters.

## Why it breaks

Where the engine has WebAssembly's garbage collection, CPython counts the parameters of such a function. It
takes those of up to three 32-bit parameters that return one; any other is not called at all. The error's
text is misleading: `SystemError: Handler takes too many arguments`, also for a missing result.

A setter's error comes late: the assignment seems to succeed, and the next call into C raises it.

## Example

`static void reset(PyObject *self, PyObject *unused)` as a `METH_NOARGS` method. In C elsewhere the result
is what happens to be in a register; here the function does not even run.

## How to fix

Declare the function as the finding says, and return what it has to return.

## References

- <https://github.com/python/cpython/blob/main/Python/emscripten_trampoline.c>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.mistyped import advice, described
from pyodide_abi.audit.rule import Rule
from pyodide_abi.signatures import Certainty
from pyodide_abi.signatures.outcomes import Caller, CallResult

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding

_ELSEWHERE = frozenset({Caller.INIT, Caller.CALL})


def check(case: Case) -> Iterator[Finding]:
    """One finding for each entry."""
    for binary in case.binaries:
        for row in case.calls.get(binary.path, ()):
            releases = [release for release, result in row.calls.items() if result is CallResult.RAISES]
            if releases and row.caller not in _ELSEWHERE and not row.entry.looks:
                late = row.caller is Caller.SETTER
                yield RULE.finding(
                    f"{described(row)}: "
                    + (
                        "the attribute is not set, and a later call raises a SystemError"
                        if late
                        else "every call raises a SystemError"
                    ),
                    fix=advice(row),
                    path=binary.member,
                    symbol=row.entry.name,
                    releases=releases,
                    severity=Severity.NOTE if row.certainty is Certainty.MAY else None,
                )


RULE = Rule(
    code="ABI602",
    name="refused-call",
    since="0.1",
    severity=Severity.WARNING,
    documentation=__doc__,
    check=check,
)
