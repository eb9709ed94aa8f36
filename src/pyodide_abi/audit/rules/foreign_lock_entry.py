"""A lock file names a wheel that is not for its platform.

## What it checks

Each wheel of a lock file by its tags: that of another platform, of no platform that is known, or for
another CPython; and whether the lock file's own `info` fits one platform (CPython, Emscripten).

## Why it breaks

`loadPackage` installs what the lock file names and looks at no tag, so the wheel is unpacked and its
modules do not load, or end the interpreter. micropip and pip, which do look, refuse it.

## Example

`info` says `2026_0`, and one package's `file_name` ends in `-cp313-cp313-pyodide_2025_0_wasm32.whl`, left
over from the lock file of the release before.

## How to fix

Name wheels of the lock file's own platform, built for its CPython.

## References

- <https://pyodide.org/en/stable/development/abi.html>
- <https://peps.python.org/pep-0783/>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Input, Rule
from pyodide_abi.errors import WheelError
from pyodide_abi.platforms import platform_of_tag
from pyodide_abi.wheel import parse_wheel_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding
    from pyodide_abi.platforms.model import Platform

_FIX = "name a wheel that was built for the lock file's platform and its CPython"


def check(case: Case) -> Iterator[Finding]:
    """One finding for each wheel, and one for the lock file itself."""
    platform, lock = case.platform, case.lock
    compiler = f"emscripten_{platform.emscripten.replace('.', '_')}"
    if not lock.python.startswith(f"{platform.python.version}.") or lock.compiler != compiler:
        yield RULE.finding(
            f"the lock file is of CPython {lock.python} and {lock.compiler}, "
            f"and platform {platform.name} has {platform.python.version} and {compiler}",
            fix="make the lock file with the release that it is for",
        )
    for package in lock.packages:
        if package.file_name.endswith(".whl"):
            reason = _misfit(package.file_name.rpartition("/")[2], platform)
            if reason:
                yield RULE.finding(f"`{package.file_name}` {reason}", fix=_FIX, symbol=package.key)


def _misfit(file: str, platform: Platform) -> str:
    """Why a wheel does not fit a platform; empty where it does."""
    try:
        name = parse_wheel_name(file)
    except WheelError as error:
        return f"is no name of a wheel: {error}"
    python = platform.python.tag
    pure = {"py3", f"py{platform.python.version[0]}", f"py{python.removeprefix('cp')}"}
    own = python in name.pythons or (
        "abi3" in name.abis and any(_is_older(tag, python) for tag in name.pythons)
    )
    if not own and not pure & set(name.pythons):
        return f"is for {name.python}, and platform {platform.name} has {python}"
    if "any" in name.platforms:
        return ""
    known = {tag: platform_of_tag(tag) for tag in name.platforms}
    if any(each is not None and each.name == platform.name for each in known.values()):
        return ""
    other = next((each for each in known.values() if each), None)
    return (
        f"is for platform {other.name}"
        if other
        else f"is for {name.platform}, which is no platform of Pyodide"
    )


def _is_older(tag: str, python: str) -> bool:
    """Whether a CPython's tag is of a version that is not newer."""
    minor = tag.removeprefix("cp3")
    return tag.startswith("cp3") and minor.isdecimal() and int(minor) <= int(python.removeprefix("cp3"))


RULE = Rule(
    code="ABI701",
    name="foreign-lock-entry",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
    needs=frozenset({Input.LOCK, Input.PLATFORM}),
)
