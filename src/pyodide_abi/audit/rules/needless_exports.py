"""An extension module exports what nobody needs.

## What it checks

The exports of extension modules, but for the init function, what the loader looks for, and what another
module of the wheel imports. It says something where their names take a hundredth of the module or more.
A symbol that a module exports and then imports itself counts: it could be internal.

## Why it breaks

It costs. Every name is downloaded, once as an export and often again as an import; every exported function
takes an entry of the program's table, which is never given back. It can also break: names of different
modules, and names of the runtime, get into each other's way (`preempted-symbol`, `rival-definitions`).

## Example

A C++ module of 27 MB, of which 13 MB are names: 45 000 exports, two thirds of them imported again by the
module itself.

## How to fix

Compile with `-fvisibility=hidden` (C++: `-fvisibility-inlines-hidden` too), link with `-sSIDE_MODULE=2`, and
name the init function as the only export, which `pyodide-abi build` does. Leave visible what other modules
use: exception types that are thrown in one and caught in another, and what `ctypes` looks up.

## References

- <https://emscripten.org/docs/compiling/Dynamic-Linking.html#code-size>
- <https://gcc.gnu.org/wiki/Visibility>
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import is_internal
from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import EditKind, Rule
from pyodide_abi.wasm import FuncType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding

#: Beside its name an export takes a length, a kind and an index, and an import the name of its space too.
_EXPORT, _IMPORT = 4, 12
_WORTH_A_WORD = 1000
_PART = 100


def check(case: Case) -> Iterator[Finding]:
    """One finding for each extension module."""
    wanted: Counter[str] = Counter()
    for _, facts in case.readable():
        wanted.update({entry.name for entry in facts.imports})
    for binary, facts in case.readable():
        if not binary.extension:
            continue
        inner = facts.inner
        own = {entry.name for entry in facts.imports}
        exports = [name for name in facts.exports if name not in inner.shown]
        needless = [name for name in exports if wanted[name] <= (name in own) and not is_internal(name)]
        again = [name for name in needless if name in own]
        number, repeated = len(needless) + inner.unused, len(again) + inner.again
        size = sum(len(name.encode()) for name in needless) + inner.length + number * _EXPORT
        size += sum(len(name.encode()) for name in again) + inner.again_length + repeated * _IMPORT
        if size < _WORTH_A_WORD or size * _PART < binary.library.size:
            continue
        functions = sum(isinstance(facts.exports[name], FuncType) for name in needless) + inner.functions
        places = {name: place for place, name in enumerate(exports)}
        shortest = min(needless, key=len, default=inner.shortest)
        if inner.unused and (len(inner.shortest), inner.place) <= (len(shortest), places.get(shortest, 0)):
            shortest = inner.shortest
        yield RULE.finding(
            f"{number} of its {len(exports) + inner.number} exports serve no other (such as `{shortest}`): "
            f"{size} of its {binary.library.size} bytes, and {functions} entries of the program's table",
            fix="compile with -fvisibility=hidden and link with -sSIDE_MODULE=2, exporting the init function",
            path=binary.member,
        )


RULE = Rule(
    code="ABI208",
    name="needless-exports",
    since="0.1",
    severity=Severity.NOTE,
    documentation=__doc__,
    check=check,
    answered_by=frozenset({EditKind.DROP_EXPORTS}),
)
