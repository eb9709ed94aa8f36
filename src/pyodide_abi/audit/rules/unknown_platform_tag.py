"""A wheel's platform tag belongs to no version of the ABI.

## What it checks

Each platform tag in the wheel's file name, but `any`, against the tags of all known versions.

## Why it breaks

Installers in the runtime take a wheel by its tag alone. One with another platform's tag, or with a tag that
no runtime knows, is never installed: `Can't find a pure Python 3 wheel`, or `Wheel platform … is not
compatible`.

That an index took the wheel says nothing: PyPI looks at the form `pyemscripten_…_…_wasm32` only.

## Example

`manylinux_2_17_x86_64`, `pyodide_2099_0_wasm32`, `emscripten_3_1_14_wasm32` of a very old runtime.

## How to fix

Build for one of the platforms that `pyodide-abi platforms` lists; the build writes the right tag. Renaming
a wheel helps only if it was built for that platform.

## References

- <https://peps.python.org/pep-0783/>
- <https://github.com/pypi/warehouse/issues/19804>
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Input, Rule
from pyodide_abi.platforms import platform_of_tag
from pyodide_abi.platforms.names import is_newer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding

_UPLOADED = re.compile(r"pyemscripten_\d+_\d+_wasm32")


def check(case: Case) -> Iterator[Finding]:
    """One finding for each unknown tag."""
    for tag in case.wheel.name.platforms:
        if tag != "any" and platform_of_tag(tag) is None:
            # PyPI goes by the form of the tag alone: a number that nobody made passes.
            upload = ", though PyPI takes an upload with it" if _UPLOADED.fullmatch(tag) else ""
            newer = is_newer(tag)
            age = ": it is newer than this version of pyodide-abi" if newer else ""
            yield RULE.finding(
                f"the platform tag {tag} belongs to no known version of the platform{upload}{age}",
                fix=("a later version of pyodide-abi may know it; else " if newer else "")
                + "build for a platform that 'pyodide-abi platforms' lists; --platform audits it as one",
            )


RULE = Rule(
    code="ABI401",
    name="unknown-platform-tag",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
    needs=frozenset({Input.WHEEL}),
)
