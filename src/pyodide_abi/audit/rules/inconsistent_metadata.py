"""A wheel's METADATA, its `.dist-info` folder or its build number say something else than the file name.

## What it checks

That the `.dist-info` folder is named after the project and version of the file name, that it has a
`METADATA` file with the fields `Name` and `Version`, that these are the name and version of the file name,
and that the build number in `WHEEL`, if there is one, is that of the file name. Names and versions are
compared in their normal form.

## Why it breaks

Installers choose a wheel by its file name and record what METADATA says. pip refuses the wheel
(`has inconsistent name`, `.dist-info directory … does not start with …`), the runtime's installer only if the
folder's name does not fit; what it installs then answers to two names, so that `importlib.metadata` and later
installs do not find it.

Another version in the folder's name or another build number is only a warning: nothing installs differently
for it.

## Example

A wheel was renamed to give it another version.

## How to fix

Build the wheel again, or unpack it, correct METADATA and pack it with `python -m wheel pack`, which writes
the names that belong together.

## References

- <https://packaging.python.org/en/latest/specifications/binary-distribution-format/>
- <https://packaging.python.org/en/latest/specifications/core-metadata/>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Input, Rule
from pyodide_abi.errors import WheelError
from pyodide_abi.wheel.headers import read_headers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding
    from pyodide_abi.wheel import Wheel

_FIX = "build the wheel again; 'python -m wheel pack' writes names that belong together"
_SUFFIX = ".dist-info"


def check(case: Case) -> Iterator[Finding]:
    """One finding for each disagreement."""
    try:
        folder = case.wheel.dist_info
    except WheelError:
        # That there is not one folder is said by the rule about WHEEL.
        return
    yield from _folder(case.wheel, folder)
    yield from _metadata(case.wheel, f"{folder}/METADATA")
    yield from _build(case.wheel, f"{folder}/WHEEL")


def _folder(wheel: Wheel, folder: str) -> Iterator[Finding]:
    # The project may be written with dashes there, which the version cannot be.
    distribution, _, version = folder.removesuffix(_SUFFIX).rpartition("-")
    if _same_name(distribution, wheel.name.distribution) and _same_version(version, wheel.name.version):
        return
    from packaging.utils import canonicalize_name  # noqa: PLC0415 - slow to import, and seldom needed

    # Installers look no further than this.
    refused = not canonicalize_name(folder).startswith(canonicalize_name(wheel.name.distribution))
    yield RULE.finding(
        f"the folder is called {folder}, the file name says {wheel.name.stem}",
        fix=_FIX,
        path=folder,
        severity=Severity.ERROR if refused else Severity.WARNING,
    )


def _metadata(wheel: Wheel, path: str) -> Iterator[Finding]:
    try:
        fields = read_headers(wheel.read_text(path))
    except WheelError as error:
        yield RULE.finding(f"METADATA cannot be read: {error}", fix="build the wheel again", path=path)
        return
    missing = [field for field in ("Name", "Version") if not fields.get(field)]
    if missing:
        yield RULE.finding(
            f"METADATA has no {' and no '.join(missing)}", fix="build the wheel again", path=path
        )
        return
    name, version = fields.get("Name").strip(), fields.get("Version").strip()
    if not _same_name(name, wheel.name.distribution):
        yield RULE.finding(
            f"METADATA says that the project is {name}, the file name says {wheel.name.distribution}",
            fix=_FIX,
            path=path,
        )
    if not _same_version(version, wheel.name.version):
        yield RULE.finding(
            f"METADATA says version {version}, the file name says {wheel.name.version}", fix=_FIX, path=path
        )


def _build(wheel: Wheel, path: str) -> Iterator[Finding]:
    try:
        written = wheel.metadata.build
    except WheelError:
        return
    if written and written != wheel.name.build:
        yield RULE.finding(
            f"WHEEL says build {written}, the file name says {wheel.name.build or 'none'}",
            fix=_FIX,
            path=path,
            severity=Severity.WARNING,
        )


def _same_name(one: str, other: str) -> bool:
    # File names have an underscore for the usual dash.
    if one.replace("-", "_") == other.replace("-", "_"):
        return True
    from packaging.utils import canonicalize_name  # noqa: PLC0415 - as above

    return canonicalize_name(one) == canonicalize_name(other)


def _same_version(one: str, other: str) -> bool:
    if one == other:
        return True
    from packaging.version import Version  # noqa: PLC0415 - as above

    try:
        # In file names a dash of the version is an underscore.
        return Version(one.replace("_", "-")) == Version(other.replace("_", "-"))
    except ValueError:  # No version, or a number of thousands of digits.
        return one == other


RULE = Rule(
    code="ABI412",
    name="inconsistent-metadata",
    since="0.1",
    severity=Severity.ERROR,
    documentation=__doc__,
    check=check,
    needs=frozenset({Input.WHEEL}),
)
