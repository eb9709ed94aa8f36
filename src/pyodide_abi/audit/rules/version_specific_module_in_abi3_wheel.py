"""A wheel for every CPython holds a module that one CPython alone can import.

## What it checks

In a wheel whose ABI tag is `abi3`: extension modules whose suffix names the version of the platform's CPython
(`.cpython-314-wasm32-emscripten.so`). A suffix of another version has a rule of its own (ABI404).

## Why it breaks

`abi3` promises one file for many versions of CPython, but `import` finds such a module in one version only.
In any other: `ModuleNotFoundError`. On this platform each version has one CPython, so that nobody sees it
before the wheel is built alike for another system.

It happens where the build was told the tag, but not that the module should use the limited API; then it
most likely uses more than that as well.

## Example

`py_limited_api = cp310` in the options of `bdist_wheel`, without `py_limited_api=True` for the extension.

## How to fix

Say both, or drop the tag. In setuptools: `Extension(..., py_limited_api=True)` with
`define_macros=[("Py_LIMITED_API", "0x030a0000")]`; in scikit-build-core: `wheel.py-api = "cp310"` and
`python_add_library(... USE_SABI 3.10)`; in maturin: the feature `abi3-py310` of PyO3.

## References

- <https://github.com/scikit-build/scikit-build-core/issues/1153>
- <https://docs.python.org/3/c-api/stable.html>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.abi3 import claim_of
from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Input, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding


def check(case: Case) -> Iterator[Finding]:
    """One finding for each module."""
    suffixes = {suffix for release in case.platform.releases for suffix in release.suffixes}
    specific = tuple(suffix for suffix in suffixes if suffix.startswith(".cpython-"))
    for binary in case.binaries:
        claim = claim_of(case.subject, binary)
        if claim and claim.tag and binary.path.endswith(specific):
            yield RULE.finding(
                f"only CPython {case.platform.python.version} finds a module of this name; {claim.text}",
                fix=f"name it .abi3.so if it was compiled with {claim.definition}, else leave abi3 out",
                path=binary.member,
            )


RULE = Rule(
    code="ABI409",
    name="version-specific-module-in-abi3-wheel",
    since="0.1",
    severity=Severity.WARNING,
    documentation=__doc__,
    check=check,
    needs=frozenset({Input.PLATFORM}),
)
