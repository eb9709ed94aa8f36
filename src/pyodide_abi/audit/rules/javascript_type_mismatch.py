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

- loader.md, section 2
- <https://webassembly.github.io/spec/js-api/#towebassemblyvalue>
- <https://emscripten.org/docs/tools_reference/settings_reference.html#wasm-bigint>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import ENV_SPACES
from pyodide_abi.audit.components import part_of
from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Rule
from pyodide_abi.audit.unwinding import way_of
from pyodide_abi.linker.js_conversion import parse_type, result_throws
from pyodide_abi.platforms.engines import find_engine
from pyodide_abi.platforms.surface import SymbolKind
from pyodide_abi.wasm import FuncType
from pyodide_abi.wasm.types import different

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding
    from pyodide_abi.audit.subject import Binary
    from pyodide_abi.linker.facts import Import


#: Modules of imports that the loader answers with functions.


def check(case: Case) -> Iterator[Finding]:
    """One finding for each module, function and type that it has."""
    answered = {
        name
        for offered in different([*case.offers.values()]).values()
        for name, symbol in offered.items()
        if symbol.kind is SymbolKind.JS_FUNCTION and not way_of(name)
    }
    for binary, facts in case.readable():
        for entry in facts.imports:
            if (
                entry.name not in answered
                or entry.module not in ENV_SPACES
                or not isinstance(entry.type, FuncType)
            ):
                continue
            wanted = str(entry.type)
            differing: dict[str, list[str]] = {}
            for release, offered in case.offers.items():
                symbol = offered.get(entry.name)
                if symbol is None or symbol.kind is not SymbolKind.JS_FUNCTION:
                    continue
                if symbol.type is not None and symbol.type != wanted:
                    differing.setdefault(symbol.type, []).append(release)
            for actual, releases in differing.items():
                effect, severity = _effect(entry.type, actual, case.subject.engine)
                yield RULE.finding(
                    f"`{entry.name}` is declared as {wanted} and is {actual} in the runtime's JavaScript; "
                    f"{effect}",
                    fix=_advice(case, binary, entry, actual),
                    path=binary.member,
                    symbol=entry.name,
                    releases=releases,
                    severity=severity,
                )


def _effect(wanted: FuncType, actual: str, engine: str) -> tuple[str, Severity]:
    fault = result_throws(wanted.results, parse_type(actual)[1])
    if fault:
        return f"every call throws ({find_engine(engine).say(fault)})", Severity.ERROR
    return "arguments and results get lost or converted", Severity.WARNING


def _advice(case: Case, binary: Binary, entry: Import, actual: str) -> str:
    if "i64" in actual and "i64" not in str(entry.type):
        return "link with -sWASM_BIGINT"
    # Where the module lacks the rest of what the symbol belongs to, its declaration is right.
    part = part_of(entry.name)
    gaps = (gap for gap in case.gaps if gap.path == binary.path)
    if part and any(part.has(gap.symbol) for gap in gaps):
        return part.fix
    return "correct the declaration; include the header"


RULE = Rule(
    code="ABI212",
    name="javascript-type-mismatch",
    since="0.1",
    severity=Severity.WARNING,
    documentation=__doc__,
    check=check,
)
