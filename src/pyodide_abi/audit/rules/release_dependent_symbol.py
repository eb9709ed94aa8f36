"""Some releases of the platform provide a symbol that a module needs, and others do not.

## What it checks

The same imports as `undefined-symbol`: those that at least one release of the platform resolves and at
least one does not.

## Why it breaks

A wheel's tag promises that it works in every release of the platform. Symbols come and go between releases
of one platform as the runtime is rebuilt. Where the symbol is an address, the module does not load in the
releases without it (an error); where it is only called, the call ends the interpreter there (a warning).

## Example

`__stack_low` is provided by 0.29.4 and was not by the first alpha of the next version.

## How to fix

Do without the symbol, bring the function along (link the library statically), or tell users which release
they need.

## References

- loader.md, section 11
- <https://github.com/pyodide/pyodide/issues/6200>
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
    """One finding for each library and symbol."""
    for gap in case.gaps:
        lacking = frozenset(gap.releases)
        having = [release for release in case.releases if release not in lacking]
        if not having or case.excused(gap.path, gap.symbol) or gap.weak:
            continue
        effect = "the module does not load" if gap.refused else "the first call ends the interpreter"
        yield RULE.finding(
            f"`{gap.symbol}` {gap.type} is provided by {', '.join(having)} only; in the others {effect}",
            fix="link a library that defines it, or say which releases the wheel needs",
            path=case.member_of(gap.path),
            symbol=gap.symbol,
            releases=gap.releases,
            severity=Severity.ERROR if gap.refused else Severity.WARNING,
        )


RULE = Rule(
    code="ABI202",
    name="release-dependent-symbol",
    since="0.1",
    severity=Severity.WARNING,
    documentation=__doc__,
    check=check,
)
