"""A module declares a JavaScript function of the runtime with another type than it has.

## What it checks

The type of every function import that a release provides in JavaScript, against the signature that the
function carries there. Functions for unwinding are left out: compilers declare them, and what they carry is
not always true (`llvm_eh_typeid_for` returns a value).

## Why it breaks

The engine compares the types of WebAssembly functions only (`function-type-mismatch`). A function written in
JavaScript links with any type: missing arguments are `undefined`, surplus ones are ignored, and results are
converted. A result of 64 bits where the function returns a number, or the other way round, throws at every
call, which ends the interpreter: `TypeError: Cannot convert 5 to a BigInt`.

## Example

`int emscripten_get_now(void)` declared by hand, where the header says `double`: every time is cut to an
integer. A module linked with `-sWASM_BIGINT=0`, which splits each 64-bit argument into two.

## How to fix

Include the header instead of repeating its declaration. For 64-bit integers, link with `-sWASM_BIGINT`.

## References

- <https://webassembly.github.io/spec/js-api/#towebassemblyvalue>
- <https://emscripten.org/docs/tools_reference/settings_reference.html#wasm-bigint>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.conversion import parse_type, result_throws
from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Rule
from pyodide_abi.audit.unwinding import way_of
from pyodide_abi.platforms.surface import SymbolKind
from pyodide_abi.wasm import FuncType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.finding import Finding
    from pyodide_abi.audit.subject import Subject


#: Modules of imports that the loader answers with functions.
_SPACES = frozenset({"env", "wasi_snapshot_preview1"})


def check(subject: Subject) -> Iterator[Finding]:
    """One finding for each module, function and type that it has."""
    for binary in subject.binaries:
        facts = binary.library.facts
        for entry in facts.imports if facts else ():
            if not isinstance(entry.type, FuncType) or entry.module not in _SPACES or way_of(entry.name):
                continue
            wanted = str(entry.type)
            differing: dict[str, list[str]] = {}
            for release, offered in subject.offers.items():
                symbol = offered.get(entry.name)
                if symbol is None or symbol.kind is not SymbolKind.JS_FUNCTION:
                    continue
                if symbol.type is not None and symbol.type != wanted:
                    differing.setdefault(symbol.type, []).append(release)
            for actual, releases in differing.items():
                yield _finding(binary.member, entry.name, entry.type, actual, releases)


def _finding(path: str, name: str, wanted: FuncType, actual: str, releases: list[str]) -> Finding:
    params, results = parse_type(actual)
    fault = result_throws(wanted.results, results)
    legalised = "i64" in params + results and "i64" not in wanted.params + wanted.results
    effect = f"every call throws ({fault})" if fault else "arguments and results get lost or converted"
    return RULE.finding(
        f"`{name}` is declared as {wanted} and is {actual} in the runtime's JavaScript; {effect}",
        fix="link with -sWASM_BIGINT" if legalised else "correct the declaration; include the header",
        path=path,
        symbol=name,
        releases=releases,
        severity=Severity.ERROR if fault else Severity.WARNING,
    )


RULE = Rule(
    code="ABI212",
    name="javascript-type-mismatch",
    since="0.1",
    severity=Severity.WARNING,
    documentation=__doc__,
    check=check,
)
