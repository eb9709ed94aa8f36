"""A wheel's RECORD does not agree with its files.

## What it checks

Every line of `RECORD` against the archive: files that are not listed or not there, listed twice, with a
wrong size or digest, without a digest, or with one of a weak algorithm.

## Why it breaks

Installers that verify RECORD refuse the wheel, and an uninstall leaves the unlisted files behind. It also
happens to be the first sign that somebody has edited a wheel by hand.

## Example

A module was stripped or patched after the wheel was packed.

## How to fix

Pack the wheel again with a tool that writes RECORD: `python -m wheel pack`.

## References

- <https://packaging.python.org/en/latest/specifications/recording-installed-packages/>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import EditKind, Input, Rule
from pyodide_abi.errors import WheelError
from pyodide_abi.wheel.record import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding

_WORDS = {
    Fault.UNLISTED: "is not listed in RECORD",
    Fault.ABSENT: "is listed in RECORD and not in the wheel",
    Fault.REPEATED: "is listed in RECORD more than once",
    Fault.NO_DIGEST: "is listed in RECORD without a digest",
    Fault.WEAK_DIGEST: "is listed in RECORD with a weak or unknown digest",
    Fault.WRONG_DIGEST: "has another digest than RECORD says",
    Fault.WRONG_SIZE: "has another size than RECORD says",
}
_FIX = "pack the wheel again with a tool that writes RECORD"


def check(case: Case) -> Iterator[Finding]:
    """One finding for each fault."""
    try:
        faults = case.wheel.verify_record()
    except WheelError as error:
        yield RULE.finding(f"RECORD cannot be read: {error}", fix=_FIX)
        return
    for fault in faults:
        detail = f" ({fault.detail})" if fault.detail else ""
        mild = fault.fault in {Fault.NO_DIGEST, Fault.WEAK_DIGEST, Fault.REPEATED}
        yield RULE.finding(
            f"the file {_WORDS[fault.fault]}{detail}",
            fix=_FIX,
            path=fault.path,
            severity=Severity.WARNING if mild else Severity.ERROR,
        )


RULE = Rule(
    code="ABI406",
    name="faulty-record",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
    needs=frozenset({Input.WHEEL}),
    answered_by=frozenset({EditKind.NORMALISE}),
    promised=True,
)
