"""A module names source files of the machine it was built on.

## What it checks

The module's data, for paths of source files below `/home`, `/Users`, `/root` and the folders of build
services.

## Why it breaks

It does not break anything in the runtime. The paths tell every user how the build machine's user and folders
are called, make the module larger, and make builds on two machines differ.

## Example

`assert` and `__FILE__` in C, and every panic in Rust, keep the path of their source:
`/home/runner/.cargo/registry/src/…/lib.rs`.

## How to fix

`-ffile-prefix-map=$PWD=.` for C and C++, `--remap-path-prefix` for Rust; `-DNDEBUG` removes assertions.

## References

- <https://reproducible-builds.org/docs/build-path/>
- <https://doc.rust-lang.org/rustc/remap-source-paths.html>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding


def check(case: Case) -> Iterator[Finding]:
    """One finding for each module."""
    for binary in case.binaries:
        number = binary.anatomy.build_paths
        if number:
            times = "once" if number == 1 else f"{number} times"
            yield RULE.finding(
                f"its data names source files of the build machine {times}, such as "
                f"{binary.anatomy.build_path}",
                fix="compile with -ffile-prefix-map=<folder>=. (Rust: --remap-path-prefix)",
                path=binary.member,
            )


RULE = Rule(
    code="ABI109",
    name="build-path",
    since="0.1",
    severity=Severity.NOTE,
    documentation=__doc__,
    check=check,
)
