"""A module's failure makes modules fail that are sound.

## What it checks

Modules that are refused for an address that nobody provides, in wheels with further extension modules.

## Why it breaks

The refused module leaves its demand in the loader's table of addresses. Every later load checks the whole
table, so that it fails for the same symbol, until some module provides it. What the user sees is an error of
a module that is sound, and which one depends on the order of the imports. An `except ImportError` around an
optional module does not help.

## Example

`try: from . import _accelerated` fails, and then `from . import _core` does too: `Dynamic linking error:
undefined symbol 'gpu_state'`.

## How to fix

Repair the module that is named; the others are sound.

## References

- loader.md, section 2
- <https://github.com/emscripten-core/emscripten/blob/main/src/lib/libdylink.js>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Rule
from pyodide_abi.linker import Cause, Outcome
from pyodide_abi.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding
    from pyodide_abi.audit.subject import Binary


def check(case: Case) -> Iterator[Finding]:
    """One finding for each module that is refused, where others suffer from it."""
    extensions = [binary for binary in case.binaries if binary.extension]
    # Refused modules are few, and found at once; a hostile wheel can hold thousands of others.
    sound = {
        release: [binary for binary in extensions if binary.judged(release).outcome is Outcome.LOADS]
        for release in case.releases
    }
    for culprit in extensions:
        releases: dict[tuple[str, ...], list[str]] = {}
        symbol = ""
        for release in case.releases:
            left = _left_behind(culprit, release)
            victims = (
                tuple(binary.member for binary in sound[release] if _suffers(binary, left)) if left else ()
            )
            if victims:
                symbol = symbol or left[0]
                releases.setdefault(victims, []).append(release)
        for victims, affected in releases.items():
            yield RULE.finding(
                f"after it was refused for `{symbol}`, everything that is loaded later is refused for "
                f"it too: {listed(victims)}",
                fix="repair this module; the others are sound",
                path=culprit.member,
                symbol=symbol,
                releases=affected,
            )


def _left_behind(binary: Binary, release: str) -> list[str]:
    """The demands that a refused load leaves in the table; one that the engine cannot compile leaves none."""
    problems = binary.judged(release).problems
    if any(problem.cause in {Cause.UNREADABLE, Cause.FEATURE} for problem in problems):
        return []
    return [
        problem.symbol for problem in problems if problem.cause is Cause.UNDEFINED_ADDRESS and problem.symbol
    ]


def _suffers(binary: Binary, left: list[str]) -> bool:
    facts = binary.library.facts
    return facts is not None and not facts.exports.keys() >= set(left)


RULE = Rule(
    code="ABI308",
    name="poisoning-failure",
    since="0.1",
    severity=Severity.WARNING,
    documentation=__doc__,
    check=check,
)
