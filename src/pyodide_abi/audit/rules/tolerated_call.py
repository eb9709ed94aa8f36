"""Methods, getters or setters have another C type than they should, and CPython's trampoline forgives it.

## What it checks

The same entries as `fatal-call`: those whose type is wrong and whose calls work nevertheless, in every
release of the platform and with the chosen engine.

## Why it breaks

It does not, on this platform. CPython calls methods, getters and setters in a way that leaves out
parameters which a function does not have. Most such functions are `METH_NOARGS` methods with one parameter
instead of two. It is undefined behaviour in C all the same, a `METH_FASTCALL` method or a slot of that kind
ends the interpreter, and other WebAssembly platforms are not as patient.

## Example

`static PyObject *value(PyObject *self)` as a `METH_NOARGS` method.

## How to fix

Add the parameter that is missing: `static PyObject *value(PyObject *self, PyObject *unused)`.

## References

- <https://docs.python.org/3/c-api/structures.html#c.METH_NOARGS>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.mistyped import advice, written
from pyodide_abi.audit.rule import Rule
from pyodide_abi.signatures.outcomes import Caller, CallResult
from pyodide_abi.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding
    from pyodide_abi.signatures.rows import Row

_ELSEWHERE = frozenset({Caller.INIT, Caller.CALL})
_FEW = 50


def check(case: Case) -> Iterator[Finding]:
    """One finding for each module, and each way in which types differ."""
    for binary in case.binaries:
        groups: dict[tuple[str, str, str], list[Row]] = {}
        for row in case.calls.get(binary.path, ()):
            if _is_tolerated(row) and row.have is not None:
                key = (
                    row.entry.flags or row.entry.prototype.name,
                    written(row.have),
                    written(row.entry.prototype.type),
                )
                groups.setdefault(key, []).append(row)
        for (kind, have, want), rows in groups.items():
            names = dict.fromkeys(_named(row) for row in rows)
            yield RULE.finding(
                f"{kind}: functions of type {have} are called as {want}, which works: {listed(names, _FEW)}",
                fix=advice(rows[0]),
                path=binary.member,
                symbol=rows[0].entry.name,
                releases=case.releases,
            )


def _is_tolerated(row: Row) -> bool:
    every = set(row.calls.values())
    known = row.caller not in _ELSEWHERE and not row.entry.looks
    return known and not row.fits and every == {CallResult.SURVIVES}


def _named(row: Row) -> str:
    function = row.entry.target.name
    return f"`{row.entry.name}` ({function})" if function else f"`{row.entry.name}`"


RULE = Rule(
    code="ABI603",
    name="tolerated-call",
    since="0.1",
    severity=Severity.NOTE,
    documentation=__doc__,
    check=check,
)
