"""The modules of a wheel fit another platform than the one its tag names.

## What it checks

If something in the wheel does not fit the platform of its tag, then all modules together are held against
every platform: symbols that none of its releases has, functions of another type, the way of unwinding, the
version of CPython in file names, run paths, the form of the dylink section. The rule speaks if another
platform has nothing against them, apart from what no platform fits. A function of C that only the other one
has is not enough: which of them a main module has is a matter of how it was linked.

## Why it breaks

The tag comes from the configuration of a build, the contents come from its compiler. If the two were not of
the same version, then the tag promises something that nobody built: installers take the wheel, and it does
not load, or ends the interpreter later.

Other rules say what breaks; this one says what they have in common. It is a warning because it infers.

## Example

A wheel for 2024_0 that was renamed to `pyodide_2025_0_wasm32`; a build with `emcc` from the PATH, of another
version than the platform's.

## How to fix

Build again with the compiler and the CPython of the platform (`pyodide-abi build --platform …` sees to both),
or give the wheel the tag of the platform that it was built for: its old name, if somebody renamed it, else
`pyodide-abi repair --tag`. What other rules say of this wheel then has the same remedy.

## References

- <https://github.com/pyodide/pyodide-build/issues/201>
- <https://peps.python.org/pep-0783/>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Rule
from pyodide_abi.audit.unwinding import unwinds_wrongly
from pyodide_abi.linker import Head, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding


def check(case: Case) -> Iterator[Finding]:
    """One finding for the wheel, or for a module given by itself."""
    if not _suspicious(case):
        return
    from pyodide_abi.audit.inference import only_fit  # noqa: PLC0415 - few wheels are
    from pyodide_abi.audit.misnamed import retag_advice  # noqa: PLC0415 - as above

    best = only_fit(case.fits)
    if best is None or best == case.subject.platform:
        return
    wheel = case.subject.wheel
    fix = retag_advice(wheel, best) if wheel else f"audit it with --platform {best.name}"
    if case.subject.platform is None:
        yield RULE.finding(
            f"the tag names no known platform; the contents fit {best.name} and no other", fix=fix
        )
        return
    named = next(fit for fit in case.fits if fit.platform == case.subject.platform)
    if not any(misfit.telling for misfit in named.misfits):
        return
    yield RULE.finding(
        f"the contents fit {best.name}, not {named.platform.name}: {'; '.join(named.reasons)}",
        fix=f"{fix}, or build it for {named.platform.name}",
        releases=case.releases,
    )


def _suspicious(case: Case) -> bool:
    """Something does not fit; otherwise the symbols of all other platforms need not be read."""
    if not any(binary.library.head in {Head.DYLINK, Head.LEGACY} for binary in case.binaries):
        return False
    platform = case.subject.platform
    return (
        platform is None
        or any(unwinds_wrongly(facts, platform) for _, facts in case.readable())
        or any(
            load.prediction.outcome is Outcome.FAILS or load.prediction.undefined_calls for load in case.loads
        )
    )


RULE = Rule(
    code="ABI410",
    name="contents-of-another-platform",
    since="0.1",
    severity=Severity.WARNING,
    documentation=__doc__,
    check=check,
)
