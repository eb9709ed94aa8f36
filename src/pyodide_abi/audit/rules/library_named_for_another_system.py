"""A library is called as on macOS or Windows, or by the name of a plain WebAssembly module.

## What it checks

Side modules (files that begin with a `dylink.0` section) whose name ends in `.dylib`, `.dll` or `.wasm`.

## Why it breaks

Installers in the runtime load libraries ahead by their names, `.so` or `.so.N`: this one is left out. It is
then loaded when something needs it, at the latest moment, when a browser's main thread refuses to compile
more than 8 MiB at once. Code that looks for a library by the usual name
(`ctypes.util`, `glob("*.so")`) does not find it; and tools that take the name for what it says may leave it
out of a wheel, or try to load it on the wrong system.

It is a warning because a library that is needed by this very name, where the loader looks for it, does
load. If it does not, another rule says so.

## Example

A build script that takes the suffix of shared libraries from the machine it runs on:
`pkg.libs/libcore.dylib`.

## How to fix

Name it `.so` in the build, for the target instead of the host, so that the modules that need it are linked
with that name.

## References

- <https://github.com/pyodide/pyodide/issues/5996>
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import EditKind, Rule
from pyodide_abi.linker import Head

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding
    from pyodide_abi.audit.subject import Binary

_NAMED = re.compile(r"\.(dylib|dll|wasm)$")
_SHOWN = 3


def check(case: Case) -> Iterator[Finding]:
    """One finding for each file."""
    all_users: dict[str, list[str]] = {}
    for binary in case.binaries:
        for name in _needed(binary):
            all_users.setdefault(name, []).append(binary.path)
    for binary in case.binaries:
        named = _NAMED.search(binary.path)
        if named is None or binary.library.head is not Head.DYLINK:
            continue
        name = binary.path.rpartition("/")[2]
        users = all_users.get(name, [])
        used = f", though {', '.join(users[:_SHOWN])} needs it" if users else ""
        yield RULE.finding(
            f"a shared library whose name ends in {named[0]}: no installer loads it ahead{used}",
            fix="give it a name that ends in .so, and link what needs it with that name",
            path=binary.member,
        )


def _needed(binary: Binary) -> set[str]:
    """The names that it needs libraries by, without their folders."""
    return {needed.rpartition("/")[2] for needed in binary.library.dylink.needed}


RULE = Rule(
    code="ABI411",
    name="library-named-for-another-system",
    since="0.1",
    severity=Severity.WARNING,
    documentation=__doc__,
    check=check,
    answered_by=frozenset({EditKind.MOVE_FILE}),
)
