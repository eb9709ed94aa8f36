"""A package of a lock file depends on one that the lock file does not have.

## What it checks

Each name in `depends` against the keys of `packages`, and whether each key is the normalised name of its
package (PEP 503), under which installers look for it.

## Why it breaks

`loadPackage` follows `depends` before it fetches anything, and ends with `No known package with name
'…'`: nothing is installed, not even what is there. An entry under another key than its normalised name is
never found.

## Example

`"depends": ["numpy", "six"]` in a lock file from which `six` was left out.

## How to fix

Add the missing package, or take its name out of `depends`.

## References

- <https://pyodide.org/en/stable/usage/api/js-api.html#pyodide.loadPackage>
- <https://peps.python.org/pep-0503/#normalized-names>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Evidence, Severity
from pyodide_abi.audit.rule import Input, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding


def check(case: Case) -> Iterator[Finding]:
    """One finding for each missing name, and for each key that is not found."""
    from packaging.utils import canonicalize_name  # noqa: PLC0415 - slow to import, and seldom needed

    keys = {package.key for package in case.lock.packages}
    for package in case.lock.packages:
        if package.key != canonicalize_name(package.name):
            yield RULE.finding(
                f"`{package.name}` stands under `{package.key}`, where nobody looks for it",
                fix=f"call the entry `{canonicalize_name(package.name)}`",
                symbol=package.key,
            )
        for name in package.depends:
            if canonicalize_name(name) not in keys:
                yield RULE.finding(
                    f"`{package.key}` depends on `{name}`, which the lock file does not have",
                    evidence=Evidence(f"No known package with name '{name}'"),
                    fix=f"add `{name}` to the lock file, or take it out of `depends`",
                    symbol=package.key,
                )


RULE = Rule(
    code="ABI702",
    name="missing-lock-dependency",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
    needs=frozenset({Input.LOCK}),
)
