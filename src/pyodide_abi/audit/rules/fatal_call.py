"""A function that is called through a pointer has another type than its caller expects, which is the end.

## What it checks

The functions that a module hands to CPython and the C library: methods by their flags, getters and setters,
slots of static and heap types and of modules, destructors of capsules, hooks and watchers, comparisons for
`qsort` and others. They are found by following the module's code, and the WebAssembly type of each is held
against the one that its caller expects, in every release and for the chosen engine.

## Why it breaks

WebAssembly compares types at each call through a pointer, where C only promises them. Elsewhere a
superfluous parameter goes unnoticed and a missing result is whatever a register holds; here the engine
traps, and a trap ends the interpreter. CPython forgives it where it calls methods and getters, see
`tolerated-call`, and nowhere else.

Pointers, `int`, `long`, `Py_ssize_t` and enumerations are one type, `i32`, so that only the number of
parameters, 64-bit integers, floating point and a missing result make a difference.

## Example

`static int init(PyObject *self, PyObject *args)` as `tp_init`, which has three parameters: `RuntimeError:
null function or function signature mismatch` at the first instance. `static void clear(PyObject *self)` as
`tp_clear`, which returns an `int`: the same once an object is in a garbage cycle.

## How to fix

Declare the function as the finding says, instead of casting its pointer. `-Wcast-function-type-mismatch` of
clang shows such casts at compile time. The function's own name may be another's in an optimised module,
since linkers merge functions whose code is equal; the name of the entry is right.

## References

- <https://docs.python.org/3/c-api/typeobj.html>
- <https://webassembly.github.io/spec/core/exec/instructions.html>
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
    from pyodide_abi.signatures.rows import Row

_FATAL = frozenset({CallResult.TRAPS, CallResult.GARBAGE})
#: The rule about the init function says it.
_ELSEWHERE = Caller.INIT


def check(case: Case) -> Iterator[Finding]:
    """One finding for each entry."""
    for binary in case.binaries:
        for row in case.calls.get(binary.path, ()):
            releases = _releases(row)
            if releases and row.caller is not _ELSEWHERE and not row.entry.looks:
                yield RULE.finding(
                    f"{described(row)}: {_consequence(row)}",
                    fix=advice(row),
                    path=binary.member,
                    symbol=row.entry.name,
                    releases=releases,
                    severity=_severity(row),
                )


def _releases(row: Row) -> list[str]:
    """Where a call, or one form of it, is the end."""
    if row.caller is Caller.CALL and not row.fits:
        return list(row.calls)
    return [release for release, result in row.calls.items() if result in _FATAL]


def _consequence(row: Row) -> str:
    if row.entry.target.trap:
        return "the linker put a trap in its place, and the call ends the interpreter"
    if row.caller is Caller.CALL:
        return "object(*args), object.__call__() and functools.partial end the interpreter"
    if CallResult.TRAPS in row.calls.values():
        return "the call ends the interpreter"
    return "its caller takes what it returns for an object"


def _severity(row: Row) -> Severity:
    match row.certainty:
        case Certainty.CERTAIN:
            return Severity.ERROR
        case Certainty.LIKELY:
            return Severity.WARNING
        case Certainty.MAY:
            return Severity.NOTE


RULE = Rule(
    code="ABI601",
    name="fatal-call",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
)
