"""A module declares a function of a needed library with another type than it has.

## What it checks

The type of every function import that a library of the wheel provides (not the runtime), against the type
that the library exports it with.

## Why it breaks

Libraries of a wheel are loaded apart from the runtime's symbols, and calls to them go through JavaScript.
Nothing compares the types there: a missing argument is 0, a surplus one is dropped, the result is converted.
Between 64-bit integers and other numbers there is no conversion, so such a call throws, which ends the
interpreter.

## Example

`void dcopy_(…)` in the caller, `int dcopy_(…)` in the library: works here, and is refused as soon as the
library is part of the runtime. `long long` against `int`: `TypeError: Cannot convert 5 to a BigInt`.

## How to fix

Correct the declaration: include the library's header. In Fortran's interfaces, mind hidden string lengths and
the width of integers.

## References

- loader.md, section 2
- <https://webassembly.github.io/spec/js-api/#towebassemblyvalue>
- <https://github.com/pyodide/pyodide/issues/3380>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Rule
from pyodide_abi.linker.js_conversion import throws
from pyodide_abi.platforms.engines import find_engine
from pyodide_abi.wasm import FuncType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding
    from pyodide_abi.linker import Import, Prediction


def check(case: Case) -> Iterator[Finding]:
    """One finding for each module and function."""
    suspects = _suspects(case)
    engine = find_engine(case.subject.engine)
    found: dict[tuple[str, str], tuple[FuncType, FuncType, str, list[str]]] = {}
    for _, release, prediction in case.loads if suspects else ():
        for path in prediction.libraries:
            for entry in suspects.get(path, ()):
                provided = _provided(case, entry, release, prediction)
                if provided is not None and isinstance(entry.type, FuncType):
                    known = found.setdefault((path, entry.name), (entry.type, *provided, []))
                    if release not in known[3]:
                        known[3].append(release)
    for (path, name), (wanted, actual, owner, releases) in found.items():
        fault = throws(wanted, actual)
        effect = (
            f"every call throws ({engine.say(fault)})"
            if fault
            else "arguments and results get lost or converted"
        )
        yield RULE.finding(
            f"`{name}` is declared as {wanted} and is {actual} in {case.member_of(owner)}; {effect}",
            fix="correct the declaration; include the library's header",
            path=case.member_of(path),
            symbol=name,
            releases=releases,
            severity=Severity.ERROR if fault else Severity.WARNING,
        )


def _suspects(case: Case) -> Mapping[str, Sequence[Import]]:
    """By path, the function imports that some library of the wheel exports with another type."""
    exported: dict[str, set[FuncType]] = {}
    for _, facts in case.readable():
        for name, type_ in facts.exports.items():
            if isinstance(type_, FuncType):
                exported.setdefault(name, set()).add(type_)
    found: dict[str, list[Import]] = {}
    for binary, facts in case.readable():
        for entry in facts.imports:
            types = exported.get(entry.name)
            if types is not None and isinstance(entry.type, FuncType) and types != {entry.type}:
                found.setdefault(binary.path, []).append(entry)
    return found


def _provided(case: Case, entry: Import, release: str, prediction: Prediction) -> tuple[FuncType, str] | None:
    """The function that a call reaches, with the path of its library, if it is none of the type wanted."""
    if entry.name in case.offers[release]:
        return None
    loaded = set(prediction.libraries)
    providers = [
        (type_, binary.path)
        for binary, facts in case.readable()
        if binary.path in loaded and isinstance(type_ := facts.exports.get(entry.name), FuncType)
    ]
    if not providers or any(type_ == entry.type for type_, _ in providers):
        return None
    return providers[0]


RULE = Rule(
    code="ABI213",
    name="library-type-mismatch",
    since="0.1",
    severity=Severity.WARNING,
    documentation=__doc__,
    check=check,
)
