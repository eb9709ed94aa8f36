"""A module throws C++ exceptions, and nothing in it can catch one.

## What it checks

Extension modules that throw (`__cxa_throw`) while neither they nor the libraries loaded with them hold any
code that catches or cleans up. The code is looked through only where no import answers the question.

## Why it breaks

Emscripten's compiler ignores `catch` unless it is told otherwise: it compiles every `try` block to what is
inside. An exception then leaves the module, passes through the interpreter, which cannot catch it, and ends
it: `CppException std::runtime_error: …`. Bindings like pybind11's, which turn exceptions into Python's, do
not work either.

## Example

A C++ module built with empty `CXXFLAGS`: `Pyodide has suffered a fatal error … CppException
pybind11::error_already_set`.

## How to fix

Compile and link everything in it with the platform's flag for exceptions: `-fwasm-exceptions` from 2025_0 on,
`-fexceptions` for 2024_0.

## References

- loader.md, section 8
- <https://emscripten.org/docs/porting/exceptions.html>
- <https://github.com/pyodide/pyodide/issues/5777>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import CXA_THROW
from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Input, Rule
from pyodide_abi.platforms.model import Need

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding
    from pyodide_abi.audit.subject import Binary


def check(case: Case) -> Iterator[Finding]:
    """One finding for each extension module."""
    required = next(
        flag.flag
        for flag in case.platform.flags
        if flag.need is Need.REQUIRED and flag.flag.endswith("exceptions")
    )
    by_path = {binary.path: binary for binary in case.binaries}
    for binary in case.binaries:
        if not binary.extension or binary.anatomy.catches is not False:
            continue
        company = {path for release in case.releases for path in binary.judged(release).libraries}
        if any(_may_catch(by_path[path]) for path in company if path in by_path):
            continue
        yield RULE.finding(
            "it throws C++ exceptions, and was compiled without code that catches them: the first one ends "
            "the interpreter",
            fix=f"compile and link all its C++ with {required}",
            path=binary.member,
            symbol=CXA_THROW,
            releases=case.releases,
        )


def _may_catch(binary: Binary) -> bool:
    """It catches; or nobody has asked, as it throws nothing itself but may call what throws."""
    return binary.anatomy.catches is not False


RULE = Rule(
    code="ABI505",
    name="uncaught-exceptions",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
    needs=frozenset({Input.PLATFORM}),
)
