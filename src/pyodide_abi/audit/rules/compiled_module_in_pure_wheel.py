"""A wheel says that it is for any platform and holds compiled WebAssembly modules.

## What it checks

WebAssembly modules in a wheel whose platform tag is `any`.

## Why it breaks

Such a module is for one version of the platform, but the wheel is installed everywhere, also on Linux or in
another version of the runtime, where its modules do not load.

## Example

A setuptools project whose `ext_modules` are only added in a custom build step gets the tag `py3-none-any`.

## How to fix

Make the build say that it is not pure: `has_ext_modules` in setuptools, `pure = false` in other backends.

## References

- <https://packaging.python.org/en/latest/specifications/binary-distribution-format/>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Input, Rule
from pyodide_abi.linker import Head

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding


def check(case: Case) -> Iterator[Finding]:
    """One finding for each module."""
    if "any" not in case.wheel.name.platforms:
        return
    for binary in case.binaries:
        if binary.library.head is not Head.NOT_WASM:
            yield RULE.finding(
                "a compiled module in a wheel that says it is for any platform",
                fix="build the wheel as a platform wheel",
                path=binary.member,
            )


RULE = Rule(
    code="ABI405",
    name="compiled-module-in-pure-wheel",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
    needs=frozenset({Input.WHEEL}),
)
