"""A wheel requires another version of a compiled package than the runtimes bring.

## What it checks

`Requires-Dist` in METADATA, as it reads on the platform and without extras, against the compiled packages
that each release brings along. What no release brings is not judged: whether an index has a wheel of it
cannot be known from the wheel.

## Why it breaks

A release has one version of each of its compiled packages. An installer in the runtime needs a wheel of
another version then, for this very platform, from the index; most packages have none, and it does not try
older versions of *your* package instead: `Can't find a pure Python 3 wheel for …`. pip in a virtual
environment may resolve the same requirement, so that tests there pass. It is a warning because such a wheel
may exist.

## Example

`Requires-Dist: lxml>=6.1.0` where the release brings lxml 6.0.2.

## How to fix

Loosen the requirement to what the releases have, on this platform only if need be:
`lxml>=6.1; sys_platform != "emscripten"` and `lxml>=6.0; sys_platform == "emscripten"`.

## References

- <https://pyodide.org/en/stable/usage/packages-in-pyodide.html>
- <https://github.com/pyodide/micropip/issues/105>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.finding import Severity
from pyodide_abi.audit.rule import Input, Rule
from pyodide_abi.errors import WheelError
from pyodide_abi.platforms import load_platforms
from pyodide_abi.platforms.packages import load_packages
from pyodide_abi.wheel.headers import read_headers
from pyodide_abi.wheel.requirement import read_requirement

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from packaging.requirements import Requirement

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding
    from pyodide_abi.platforms.model import Release

#: Nobody requires so many; what is written after them is not looked at.
_MOST = 500


def check(case: Case) -> Iterator[Finding]:
    """One finding for each requirement and version that releases have instead."""
    try:
        path = f"{case.wheel.dist_info}/METADATA"
        written = read_headers(case.wheel.read_text(path)).get_all("Requires-Dist")
    except WheelError:
        return  # Rules about WHEEL and METADATA speak of it.
    requirements = list(_requirements(written or []))
    if not requirements:
        return
    # Slow to import, and many wheels require nothing.
    from packaging.utils import canonicalize_name  # noqa: PLC0415 - as said

    every = [release.version for platform in load_platforms() for release in platform.releases]
    packages = load_packages(every)
    for requirement in requirements:
        name = canonicalize_name(requirement.name)
        unmet: dict[str, list[str]] = {}
        for release in case.platform.releases:
            version = packages[release.version].get(name)
            if version and _asked(requirement, release) and not _met(requirement, version):
                unmet.setdefault(version, []).append(release.version)
        for version, releases in unmet.items():
            wanted = f"{requirement.name}{requirement.specifier}"
            yield RULE.finding(
                f"METADATA requires {wanted}, and the runtime brings {version}: the index has to have a "
                "wheel of another version for this platform",
                fix=f"require what the runtimes bring where sys_platform is 'emscripten' ({name}=={version})",
                path=path,
                symbol=name,
                releases=releases,
            )


def _requirements(written: Sequence[str]) -> Iterator[Requirement]:
    for text in written[:_MOST]:
        try:
            requirement = read_requirement(text)
        except (ValueError, RecursionError):
            continue
        if requirement.specifier:
            yield requirement


def _asked(requirement: Requirement, release: Release) -> bool:
    """Whether the requirement stands in the release, without extras."""
    if requirement.marker is None:
        return True
    environment = {
        "extra": "",
        "implementation_name": "cpython",
        "implementation_version": release.python,
        "os_name": "posix",
        "platform_machine": "wasm32",
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Emscripten",
        "platform_version": "",
        "python_full_version": release.python,
        "python_version": ".".join(release.python.split(".")[:2]),
        "sys_platform": "emscripten",
    }
    try:
        return requirement.marker.evaluate(environment)
    except ValueError:  # It compares what is not known, or cannot be compared.
        return False


def _met(requirement: Requirement, version: str) -> bool:
    return requirement.specifier.contains(version, prereleases=True)


RULE = Rule(
    code="ABI416",
    name="unmet-requirement",
    since="0.1",
    severity=Severity.WARNING,
    documentation=__doc__,
    check=check,
    needs=frozenset({Input.WHEEL, Input.PLATFORM}),
)
