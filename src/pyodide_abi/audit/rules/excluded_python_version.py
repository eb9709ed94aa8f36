"""A wheel's own metadata say that it is not for the platform's CPython.

## What it checks

`Requires-Python` in METADATA against the CPython of every release of the platform.

## Why it breaks

An index shows the field beside the file, and pip passes over a wheel that excludes the running Python:
`Could not find a version that satisfies the requirement`. micropip does not look at it, so the same wheel
installs in a browser and not in a `pyodide venv`. It is a warning because it depends on the installer.

## Example

`Requires-Python: >=3.9,<3.14` in a wheel for 314_0, left over from a cap that was meant as a precaution.

## How to fix

Widen `requires-python` in `pyproject.toml` and build again.

## References

- <https://packaging.python.org/en/latest/specifications/core-metadata/#requires-python>
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Input, Rule
from pyodide_abi.errors import WheelError
from pyodide_abi.wheel.headers import read_headers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding
    from pyodide_abi.platforms.model import Platform

#: Most clauses: about one minor version, or about all before or from it on. A star stands for patches only:
#: what ``3.*`` excludes is not seen at first sight.
_USUAL = re.compile(r"\s*(>=|!=|<)\s*([0-9]{1,4})(?:\.([0-9]{1,4})(\.[0-9]{1,4}|\.\*)?)?\s*")


def check(case: Case) -> Iterator[Finding]:
    """One finding for the wheel."""
    try:
        path = f"{case.wheel.dist_info}/METADATA"
        written = read_headers(case.wheel.read_text(path)).get("Requires-Python")
    except WheelError:
        return  # METADATA that cannot be read has a rule of its own.
    if not written or _leaves_none_out(written, case.platform):
        return
    # Its import takes a twenty-fifth of a small audit; nearly all wheels ask for what is seen without.
    from packaging.specifiers import SpecifierSet  # noqa: PLC0415 - as said

    try:
        allowed = SpecifierSet(written)
        excluded = {
            release.version: release.python
            for release in case.platform.releases
            if not allowed.contains(release.python, prereleases=True)
        }
    except ValueError:
        return  # No specifier, or a number of thousands of digits. Installers pass over it.
    if excluded:
        pythons = ", ".join(dict.fromkeys(excluded.values()))
        yield RULE.finding(
            f"METADATA says Requires-Python: {written}, which leaves out CPython {pythons}",
            fix="widen requires-python in pyproject.toml",
            path=path,
            releases=excluded,
        )


def _leaves_none_out(written: str, platform: Platform) -> bool:
    """Every clause lets in all of the platform's Pythons, as far as that shows at first sight."""
    here = tuple(int(part) for part in platform.python.version.split("."))
    final = all(release.python.replace(".", "").isdigit() for release in platform.releases)
    for clause in written.split(","):
        match = _USUAL.fullmatch(clause)
        if match is None:
            return False
        limit = int(match[2]), int(match[3] or 0)
        if match[1] == "<":
            lets_in = limit > here
        else:
            # From the first version of a series on: what comes before that is no final release.
            first = match[1] == ">=" and final and match[4] is None
            lets_in = limit < here or (first and limit == here)
        if not lets_in:
            return False
    return True


RULE = Rule(
    code="ABI414",
    name="excluded-python-version",
    since="0.1",
    severity=Severity.WARNING,
    documentation=__doc__,
    check=check,
    needs=frozenset({Input.WHEEL, Input.PLATFORM}),
)
