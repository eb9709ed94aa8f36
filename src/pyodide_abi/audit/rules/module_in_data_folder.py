"""A module lies in the wheel's `.data` folder, which the runtime's own installer does not move.

## What it checks

Native modules and Python files below `<name>-<version>.data/platlib` and `…/purelib`.

## Why it breaks

The wheel format lets such files be installed into `site-packages`, and pip does it. The runtime's installer,
behind `loadPackage` and micropip, unpacks a wheel as it is; from 0.27.0 on it copies the folder `data` of it
to the interpreter's prefix, and nothing else. The modules stay in
`site-packages/<name>-<version>.data/platlib`, where no import looks: `ModuleNotFoundError`.

## Example

A build backend that puts everything compiled into `x-1.0.data/platlib/` and calls the wheel pure.

## How to fix

Put modules at the root of the wheel, with `Root-Is-Purelib: false`. Repacking with the files moved is enough.

## References

- <https://packaging.python.org/en/latest/specifications/binary-distribution-format/>
- <https://github.com/pyodide/pyodide/blob/main/src/py/pyodide/_package_loader.py>
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Input, Rule
from pyodide_abi.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding

_MOVED = re.compile(r"[^/]+\.data/(?:platlib|purelib)/.+\.(?:py|so(?:\.\d+)*)$")


def check(case: Case) -> Iterator[Finding]:
    """One finding for the wheel."""
    found = [member.name for member in case.wheel.members if _MOVED.match(member.name)]
    if found:
        yield RULE.finding(
            f"loadPackage and micropip leave {listed(found)} where they are, where no import looks; only pip "
            "moves them",
            fix="put them at the root of the wheel",
            path=found[0].partition("/")[0],
            releases=case.releases,
        )


RULE = Rule(
    code="ABI413",
    name="module-in-data-folder",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
    needs=frozenset({Input.WHEEL}),
)
