"""Two modules of a wheel define the same data, and one of them gets the other's.

## What it checks

C symbols that two modules of the wheel export, and that at least one of them takes back through the loader
as an address, where they are data, or functions of different types.

## Why it breaks

The loader keeps one table of addresses for all modules, even for those that are loaded apart from each
other, and the first definition of a name stays. Which one is first depends on the order of the imports: the
module that comes later works on the data, or calls through pointers the functions, of the one before.

## Example

Two extension modules that were each linked with the same C library, with its state in a global variable:
what one sets, the other sees.

## How to fix

Compile what both contain with `-fvisibility=hidden`, so that each keeps its own; or make it a library that
both need, if they are meant to share it.

## References

- loader.md, section 2
- <https://emscripten.org/docs/compiling/Dynamic-Linking.html>
- <https://github.com/emscripten-core/emscripten/issues/16581>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import is_internal
from pyodide_abi.audit.definitions import taken_back
from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Rule
from pyodide_abi.linker.installing import for_another_interpreter
from pyodide_abi.wasm import FuncType
from pyodide_abi.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding
    from pyodide_abi.audit.subject import Binary
    from pyodide_abi.linker import Facts


def check(case: Case) -> Iterator[Finding]:
    """One finding for each set of modules."""
    asked = {name for _, facts in case.readable() for name in taken_back(facts)}
    groups: dict[tuple[str, ...], list[str]] = {}
    for name, definitions in _definitions(case, asked).items():
        types = {str(facts.exports[name]) for _, facts in definitions}
        functions = all(isinstance(facts.exports[name], FuncType) for _, facts in definitions)
        # The runtime's would be taken before either.
        offered = any(name in symbols for symbols in case.offers.values())
        if not offered and (len(types) > 1 or not functions):
            groups.setdefault(tuple(binary.member for binary, _ in definitions), []).append(name)
    for members, names in groups.items():
        are = "are" if len(names) > 1 else "is"
        yield RULE.finding(
            f"{listed(names, 4, mark='`')} {are} defined by {listed(members)}, and the first one loaded "
            f"serves all of them; an installer that loads ahead takes {members[0]} first",
            fix="compile what they share with -fvisibility=hidden, or make it a library that they need",
            path=members[-1],
            symbol=names[0],
            releases=case.releases,
        )


def _definitions(case: Case, asked: set[str]) -> Mapping[str, Sequence[tuple[Binary, Facts]]]:
    """The binaries that define each name, in the order of the wheel; names with several only."""
    found: dict[str, list[tuple[Binary, Facts]]] = {}
    platform = case.subject.platform
    suffixes = platform.python.suffixes if platform else ()
    for binary, facts in case.readable():
        if for_another_interpreter(binary.path, suffixes):
            continue
        for name in sorted(asked & facts.exports.keys()):
            if not is_internal(name):
                found.setdefault(name, []).append((binary, facts))
    return {name: binaries for name, binaries in found.items() if len(binaries) > 1}


RULE = Rule(
    code="ABI210",
    name="rival-definitions",
    since="0.1",
    severity=Severity.WARNING,
    documentation=__doc__,
    check=check,
)
