"""A wheel's Python and ABI tags do not fit the platform's CPython.

## What it checks

Whether any combination of the wheel's Python and ABI tags is one that the platform's CPython accepts.

## Why it breaks

Each version of the platform has exactly one CPython, so that a wheel for another one is not installed:
`Wheel abi 'cp313' is not supported`. And if it were, its modules would not be found by their suffix.

## Example

`cp312-cp312-pyodide_2025_0_wasm32`, where 2025_0 has CPython 3.13.

## How to fix

Build with the platform's CPython. `abi3` wheels fit every CPython from the one they name on.

## References

- <https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Input, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding


def check(case: Case) -> Iterator[Finding]:
    """One finding for the wheel, if no combination of its tags fits."""
    if not case.binaries:
        return
    name, python = case.wheel.name, case.platform.python
    if python.tag in name.pythons and python.tag in name.abis:
        return
    major, minor = (int(part) for part in python.version.split("."))
    if "abi3" in name.abis and any(f"cp{major}{older}" in name.pythons for older in range(2, minor + 1)):
        return
    # Slow to import, and nearly all wheels have one of those tags.
    from packaging.tags import Tag, compatible_tags, cpython_tags  # noqa: PLC0415 - as said

    platforms = name.platforms
    accepted = {
        *cpython_tags((major, minor), [python.tag], platforms),
        *compatible_tags((major, minor), python.tag, platforms),
    }
    if not any(
        Tag(interpreter, abi, platform) in accepted
        for interpreter in name.pythons
        for abi in name.abis
        for platform in platforms
    ):
        yield RULE.finding(
            f"the tags {name.python}-{name.abi} do not fit CPython {python.version}, the one of "
            f"{case.platform.name}",
            fix=case.retag
            or f"build with CPython {python.version}; the tags are then {python.tag}-{python.tag}",
            releases=case.releases,
        )


RULE = Rule(
    code="ABI403",
    name="foreign-python-tag",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
    needs=frozenset({Input.WHEEL, Input.PLATFORM}),
)
