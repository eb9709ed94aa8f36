"""A module was compiled against NumPy 1, and the runtime has NumPy 2.

## What it checks

Modules that use NumPy's C interface (their data name `_multiarray_umath`, where its table of functions is):
whether they look for it in `numpy._core`, as all do that were compiled with NumPy 2's headers, or only where
NumPy 1 had it. This is held against the NumPy that each release brings. pybind11's and Rust's own ways to
reach arrays go through Python, and are not concerned.

## Why it breaks

`import_array()` compares the versions when the module is imported: `RuntimeError: module compiled against
ABI version 0x1000009 but this version of numpy is 0x2000000`, or `A module that was compiled using NumPy 1.x
cannot be run in NumPy 2`. The other way round works: NumPy 2's headers serve NumPy 1 too.

## Example

A build with `numpy<2` or `oldest-supported-numpy` in `build-system.requires`.

## How to fix

Build with `numpy>=2` in `build-system.requires`.

## References

- <https://numpy.org/doc/stable/dev/depending_on_numpy.html>
- <https://github.com/numpy/numpy/issues/25865>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Rule
from pyodide_abi.platforms import load_platforms
from pyodide_abi.platforms.packages import load_packages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding


def check(case: Case) -> Iterator[Finding]:
    """One finding for each module."""
    for binary in case.binaries:
        if not binary.anatomy.numpy_1:
            continue
        every = [release.version for platform in load_platforms() for release in platform.releases]
        packages = load_packages(every)
        numpy = {release: packages[release].get("numpy", "") for release in case.releases}
        newer = [release for release, version in numpy.items() if not version.startswith(("1.", "0."))]
        if newer:
            versions = ", ".join(dict.fromkeys(numpy[release] for release in newer))
            yield RULE.finding(
                f"it was compiled against NumPy 1: its import_array() refuses the runtime's NumPy {versions}",
                fix="build it with numpy>=2 in build-system.requires: such a module works with NumPy 1 too",
                path=binary.member,
                releases=newer,
            )


RULE = Rule(
    code="ABI219",
    name="interface-of-numpy-1",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
)
