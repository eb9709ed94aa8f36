"""A module uses a WebAssembly feature that the platform does not allow.

## What it checks

What a module's headers show (types, memories, tables, globals and their initial values) against the
platform's list of features. Instructions are looked at for those that some current engine refuses, and for
those that the module itself claims to use (in a section `target_features`). Shared memory and exceptions have
rules of their own.

## Why it breaks

Engines refuse a whole module for one feature they do not know. If the reference engine of this project
(or the one that `--engine` names) refuses it, that is an error; if only other engines do that the platform's
releases support, it is a warning, which names them.

## Example

`-mcpu=lime1` writes addresses as `extended-const` expressions, which Node 20 refuses: `opcode i32.add is
not allowed in constant expressions`.

## How to fix

Compile without the option that turns the feature on (`-mcpu=…`, `-m<feature>`).

## References

- loader.md, section 9
- <https://webassembly.org/features/>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Input, Rule
from pyodide_abi.wasm.features import Feature

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding

#: These have rules of their own; that of the standard encoding is for platforms that demand the legacy one.
_ELSEWHERE = frozenset(
    {
        Feature.SHARED_MEM,
        Feature.EXCEPTION_HANDLING,
        Feature.LEGACY_EXCEPTIONS,
    }
)


def check(case: Case) -> Iterator[Finding]:
    """One finding for each module and feature."""
    forbidden = {feature.name: feature for feature in case.platform.features if not feature.allowed}
    elsewhere = _ELSEWHERE | ({Feature.EXNREF} if case.platform.exception_encoding == "legacy" else set())
    for binary, facts in case.readable():
        features = (facts.features | binary.anatomy.coded) - elsewhere
        for used in sorted(features):
            feature = forbidden.get(used)
            if feature is not None:
                refusing = ", ".join(feature.refused_by) or "no engine"
                refused = case.subject.engine in feature.refused_by
                yield RULE.finding(
                    f"it uses {used}, refused by {refusing}: {feature.reason}",
                    fix=f"compile and link without what turns {used} on (-m{used}, or a newer -mcpu)",
                    path=binary.member,
                    releases=case.releases,
                    severity=Severity.ERROR if refused else Severity.WARNING,
                )


RULE = Rule(
    code="ABI504",
    name="disallowed-feature",
    since="0.1",
    severity=Severity.WARNING,
    documentation=__doc__,
    check=check,
    needs=frozenset({Input.PLATFORM}),
)
