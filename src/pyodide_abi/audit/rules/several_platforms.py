"""A wheel's tags name several versions of the platform at once.

## What it checks

Whether the platform tags in the file name belong to more than one version. Several spellings of one version
are fine.

## Why it breaks

Each version is made with one compiler, and no compiler's version promises that its modules load with
another's. Such a wheel can be right by chance, but every installer takes it for each of the versions, and
the modules were built for one of them. Nor can its file names serve two versions of CPython, unless they are
`abi3`. The audit holds the wheel against the first version only.

## Example

`cp310-abi3-pyemscripten_2025_0_wasm32.pyemscripten_2026_0_wasm32`.

## How to fix

Build one wheel for each version. To see what the modules do on another one: `--platform`.

## References

- <https://peps.python.org/pep-0783/>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Input, Rule
from pyodide_abi.platforms import platform_of_tag

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding


def check(case: Case) -> Iterator[Finding]:
    """One finding for the wheel."""
    if not case.binaries:
        return
    known = (platform_of_tag(tag) for tag in case.wheel.name.platforms)
    named = list(dict.fromkeys(platform.name for platform in known if platform))
    if len(named) > 1:
        others = [name for name in named if name != case.platform.name]
        yield RULE.finding(
            f"the tags promise {' and '.join(named)}, which are made with different compilers; this audit is "
            f"for {case.platform.name}",
            fix=f"build one wheel for each; --platform {others[0]} audits this one for another",
        )


RULE = Rule(
    code="ABI415",
    name="several-platforms",
    since="0.1",
    severity=Severity.WARNING,
    documentation=__doc__,
    check=check,
    needs=frozenset({Input.WHEEL, Input.PLATFORM}),
)
