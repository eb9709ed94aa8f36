"""A module defines a symbol that the runtime defines too, and gets the runtime's.

## What it checks

C symbols that a module both exports and takes back through the loader as an address (`GOT.func`, `GOT.mem`),
against the symbols of each release.

## Why it breaks

The loader keeps one table of addresses for all modules, and what is in it is never replaced: the runtime's
own symbols are there first. The module calls its own functions directly, but its pointers to them, and its
data, are the runtime's. Where the two are not the same version, half of the module works on the tables and
structures of another library.

## Example

A module that brings its own zlib, where the runtime has one: data that one version wrote is read by the
other. A JPEG library was seen to produce garbage this way.

## How to fix

Compile the bundled library with `-fvisibility=hidden`, so that its symbols stay inside; or rename them, as
many libraries can do by a build option (`Z_PREFIX`); or leave it out and use the runtime's.

## References

- loader.md, section 2
- <https://github.com/emscripten-core/emscripten/issues/16581>
- <https://github.com/pyodide/pyodide/issues/1817>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.definitions import taken_back
from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Rule
from pyodide_abi.platforms.surface import SymbolKind
from pyodide_abi.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding

#: What has an address.
_ADDRESSED = frozenset({SymbolKind.WASM_FUNCTION, SymbolKind.JS_FUNCTION, SymbolKind.DATA, SymbolKind.GLOBAL})


def check(case: Case) -> Iterator[Finding]:
    """One finding for each module and set of releases."""
    for binary, facts in case.readable():
        groups: dict[tuple[str, ...], list[str]] = {}
        for name in taken_back(facts):
            releases = tuple(
                release
                for release, offered in case.offers.items()
                if name in offered and offered[name].kind in _ADDRESSED
            )
            if releases:
                groups.setdefault(releases, []).append(name)
        for releases, names in groups.items():
            symbols = listed(names, 4, mark="`")
            yield RULE.finding(
                f"it defines {symbols}, but where it takes an address it gets the runtime's of the same name",
                fix="compile the library that defines them with -fvisibility=hidden, or use the runtime's",
                path=binary.member,
                symbol=names[0],
                releases=releases,
            )


RULE = Rule(
    code="ABI209",
    name="preempted-symbol",
    since="0.1",
    severity=Severity.WARNING,
    documentation=__doc__,
    check=check,
)
