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
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding
    from pyodide_abi.audit.subject import Binary
    from pyodide_abi.linker import Prediction

_NOBODY: frozenset[str] = frozenset()


def check(case: Case) -> Iterator[Finding]:
    """One finding for each module that is refused, where others suffer from it."""
    extensions = [binary for binary in case.binaries if binary.extension]
    # A hostile wheel can hold thousands of refused modules and as many sound ones: no pair is looked at.
    groups: dict[tuple[str, ...], None] = {}
    sound: dict[str, tuple[str, ...]] = {}
    for release in case.releases:
        loading = (one.member for one in extensions if one.judged(release).outcome is Outcome.LOADS)
        sound[release] = tuple(loading)
        groups.setdefault(sound[release])
    numbers = {members: number for number, members in enumerate(groups)}
    group_of = {release: numbers[members] for release, members in sound.items()}
    members_of = {release: frozenset(members) for release, members in sound.items()}
    if not any(sound.values()):
        return
    left_behind = _left_behind(case, extensions)
    exporters = _exporters(case, left_behind)
    for culprit in extensions:
        releases: dict[tuple[int, frozenset[str]], list[str]] = {}
        symbol = ""
        for release in case.releases:
            left = left_behind[id(culprit.judged(release))]
            if not left or not sound[release]:
                continue
            spared = frozenset.intersection(*(exporters.get(name, _NOBODY) for name in left))
            spared &= members_of[release]
            if len(spared) < len(sound[release]):
                symbol = symbol or left[0]
                releases.setdefault((group_of[release], spared), []).append(release)
        for (_, spared), affected in releases.items():
            victims = (
                [member for member in sound[affected[0]] if member not in spared]
                if spared
                else sound[affected[0]]
            )
            yield RULE.finding(
                f"after it was refused for `{symbol}`, everything that is loaded later is refused for "
                f"it too: {listed(victims)}",
                fix="repair this module; the others are sound",
                path=culprit.member,
                symbol=symbol,
                releases=affected,
            )


def _exporters(case: Case, left_behind: Mapping[int, Sequence[str]]) -> Mapping[str, frozenset[str]]:
    """The members that export each symbol that a refused module leaves behind."""
    wanted = {name for names in left_behind.values() for name in names}
    found: dict[str, set[str]] = {}
    for binary, facts in case.readable():
        for name in wanted & facts.exports.keys():
            found.setdefault(name, set()).add(binary.member)
    return {name: frozenset(members) for name, members in found.items()}


def _left_behind(case: Case, extensions: Iterable[Binary]) -> Mapping[int, Sequence[str]]:
    """The demands that a load leaves in the table, by the identity of its prediction.

    Releases that do the same share one prediction, of a hundred thousand problems at worst.
    """
    loads = (binary.judged(release) for binary in extensions for release in case.releases)
    return {key: _demands(prediction) for key, prediction in {id(load): load for load in loads}.items()}


def _demands(prediction: Prediction) -> Sequence[str]:
    """What a refused load leaves; one that the engine cannot compile leaves nothing."""
    problems = prediction.problems
    if any(problem.cause in {Cause.UNREADABLE, Cause.FEATURE} for problem in problems):
        return ()
    return [
        problem.symbol for problem in problems if problem.cause is Cause.UNDEFINED_ADDRESS and problem.symbol
    ]


RULE = Rule(
    code="ABI308",
    name="poisoning-failure",
    since="0.1",
    severity=Severity.WARNING,
    documentation=__doc__,
    check=check,
)
