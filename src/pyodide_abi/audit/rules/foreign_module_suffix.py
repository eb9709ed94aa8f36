"""A module's file name has the suffix of another interpreter or another system.

## What it checks

File names with the suffix of an extension module (`.cpython-…`, `.cp3…`, `.pypy…`, `.abi3`, `.pyd`) that
the platform's CPython does not look for.

## Why it breaks

`import` finds a module by its suffix, and installers skip files that are marked for another interpreter:
`ModuleNotFoundError: No module named 'pkg._core'`.

## Example

`_core.cpython-312-x86_64-linux-gnu.so` in a wheel for 2025_0, whose modules end in
`.cpython-313-wasm32-emscripten.so`.

## How to fix

Let the build ask the target's `sysconfig` for `EXT_SUFFIX` instead of the host's. Renaming the file helps
if it is WebAssembly inside; RECORD has to be written again then.

## References

- loader.md, section 6
- <https://github.com/pyodide/pyodide/issues/3927>
- <https://docs.python.org/3/library/importlib.html#importlib.machinery.EXTENSION_SUFFIXES>
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Input, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding

_MARKED = re.compile(r"\.(?:(?P<stable>abi3t?)|(?:cpython|cp|pypy|graalpy)-?\d)[^./]*\.(?:so|pyd)$|\.pyd$")


def check(case: Case) -> Iterator[Finding]:
    """One finding for each file with a suffix that a release does not look for."""
    own = case.platform.python.suffixes
    for binary in case.binaries:
        marked = _MARKED.search(binary.path)
        if marked is None:
            continue
        deaf = [
            release.version
            for release in case.platform.releases
            if not binary.path.endswith(tuple(_own(release.suffixes)))
        ]
        if deaf:
            stable = f".{marked['stable']}.so"
            yield RULE.finding(
                f"the file name ends in {marked[0]}, which the platform's CPython does not look for",
                fix=case.retag_for(marked[0]) or f"give it the suffix {stable if stable in own else own[0]}",
                path=binary.member,
                releases=deaf,
            )


def _own(suffixes: Iterable[str]) -> Iterator[str]:
    """The suffixes that say for whom a module is."""
    return (suffix for suffix in suffixes if suffix != ".so")


RULE = Rule(
    code="ABI404",
    name="foreign-module-suffix",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
    needs=frozenset({Input.PLATFORM}),
)
