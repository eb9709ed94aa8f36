"""The wheel holds the same module under several names.

## What it checks

Native files of the wheel with the same contents, from 10 kB on.

## Why it breaks

A wheel has no links, so a build that installs `liba.so`, `liba.so.1` and `liba.so.1.2` as links gets three
files: three times the download and the memory. If two of them get loaded, each has its own data, and its
constructors run twice: to the loader a library is its path.

## Example

A CMake project with `VERSION` and `SOVERSION` set.

## How to fix

Install one file, called as its users need it: `-DCMAKE_PLATFORM_NO_VERSIONED_SONAME=ON`, or no `VERSION` for
this platform.

## References

- <https://github.com/pyodide/pyodide/issues/3167>
- <https://cmake.org/cmake/help/latest/prop_tgt/NO_SONAME.html>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import EditKind, Input, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding
    from pyodide_abi.audit.subject import Binary


_WORTH_A_WORD = 10_000


def check(case: Case) -> Iterator[Finding]:
    """One finding for each module that comes again."""
    alike: dict[tuple[int, int], list[Binary]] = {}
    for binary, _ in case.readable():
        if binary.library.size >= _WORTH_A_WORD:
            alike.setdefault((binary.library.size, binary.anatomy.checksum), []).append(binary)
    for group in alike.values():
        if len(group) > 1:
            content = case.wheel.read(group[0].member)
            same = [binary.member for binary in group[1:] if case.wheel.read(binary.member) == content]
            more = len(same) * group[0].library.size
            if same:
                yield RULE.finding(
                    f"it comes again as {', '.join(same)}: {more} bytes more, and "
                    "data of its own for each that gets loaded",
                    fix="install it once, under the name that its users need",
                    path=group[0].member,
                )


RULE = Rule(
    code="ABI307",
    name="duplicate-library",
    since="0.1",
    severity=Severity.NOTE,
    documentation=__doc__,
    check=check,
    needs=frozenset({Input.WHEEL}),
    answered_by=frozenset({EditKind.DROP_FILE}),
    promised=True,
)
