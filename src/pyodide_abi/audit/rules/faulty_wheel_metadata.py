"""A wheel's WHEEL file is missing, malformed, or says something else than the file name.

## What it checks

That there is one `.dist-info` folder with a `WHEEL` file of format 1, that its tags are those of the file
name, and that a wheel with compiled modules does not call itself pure.

## Why it breaks

Installers refuse a wheel without it. Where the tags differ, some go by the file name and some by the file,
so that it depends on the installer whether the wheel is taken.

## Example

A wheel was given another platform tag by renaming it.

## How to fix

Change tags with a tool that changes both: `python -m wheel tags`.

## References

- <https://packaging.python.org/en/latest/specifications/binary-distribution-format/>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Input, Rule
from pyodide_abi.errors import WheelError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding

_FIX = "change tags with 'python -m wheel tags', which writes WHEEL and RECORD too"


def check(case: Case) -> Iterator[Finding]:
    """One finding for each disagreement."""
    try:
        metadata = case.wheel.metadata
    except WheelError as error:
        yield RULE.finding(f"the WHEEL file is not as it should be: {error}", fix="build the wheel again")
        return
    named, written = set(case.wheel.name.tags), set(metadata.tags)
    path = f"{case.wheel.dist_info}/WHEEL"
    if named != written:
        yield RULE.finding(
            f"WHEEL says {', '.join(sorted(written)) or 'no tag'}, the file name says "
            f"{', '.join(sorted(named))}",
            fix=case.retag or _FIX,
            path=path,
        )
    if metadata.root_is_purelib and any(binary.extension for binary in case.binaries):
        yield RULE.finding(
            "WHEEL says Root-Is-Purelib: true, but the wheel has compiled modules",
            fix="build it as a platform wheel",
            path=path,
            severity=Severity.WARNING,
        )


RULE = Rule(
    code="ABI407",
    name="faulty-wheel-metadata",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
    needs=frozenset({Input.WHEEL}),
)
