"""An extension module does not export the function that makes it.

## What it checks

That every file whose name makes it an extension module exports a function `PyInit_<name>` (from CPython
3.15 on `PyModExport_<name>` will do as well). A bare `<name>.so` counts as an extension module only if it
exports an init function of any name, since it may also be a library; a file that the wheel's own Python opens
with ctypes or cffi, and imports nowhere, is one.

## Why it breaks

`import` looks the function up by the file's name. Without it: `ImportError: dynamic module does not define
module export function (PyInit_…)`.

## Example

The file was renamed; the function lies in a static library of which nothing was used, so the linker left it
out; it is hidden (`-fvisibility=hidden` without `PyMODINIT_FUNC`); the list of exports names another one.

## How to fix

Add `_PyInit_<name>` to `-sEXPORTED_FUNCTIONS` and declare the function with `PyMODINIT_FUNC`.

## References

- loader.md, section 6
- <https://docs.python.org/3/c-api/module.html>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import INIT_PREFIXES
from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Rule
from pyodide_abi.audit.undefined import find_refusals
from pyodide_abi.linker import Cause

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding


def check(case: Case) -> Iterator[Finding]:
    """One finding for each extension module."""
    for refusal in find_refusals(case.loads, {Cause.NO_INIT}):
        problem = refusal.problem
        facts = case.facts_of(problem.library)
        others = [name for name in (facts.exports if facts else ()) if name.startswith(INIT_PREFIXES)]
        there = f"; it exports {', '.join(others)}" if others else ""
        yield RULE.finding(
            f"an import of the module looks for `{problem.symbol}`, which it does not export{there}",
            fix="name the file after its init function"
            if others
            else f"export _{problem.symbol} at the link",
            path=case.member_of(problem.library),
            symbol=problem.symbol,
            releases=refusal.releases,
        )


RULE = Rule(
    code="ABI204",
    name="missing-init-function",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
)
