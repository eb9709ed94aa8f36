"""A wheel requires another version of a compiled package than the runtimes bring.

## What it checks

`Requires-Dist` in METADATA, as it reads on the platform, against the compiled packages that each release
brings along; what only an extra requires is a note. The advice is one range that the packages of all
releases of the platform are in. What no release brings is not judged: whether an index has a wheel of it
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
from pyodide_abi.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from packaging.requirements import Requirement

    from pyodide_abi.audit.case import Case
    from pyodide_abi.audit.finding import Finding

#: Nobody requires so many, or has so many extras; what is written after them is not looked at.
_MOST, _MOST_EXTRAS = 500, 50
#: Nor is what is longer, in characters, or what comes after so many: each takes a microsecond to parse.
_LONGEST, _MOST_PARSED = 2_000, 300_000
#: Characters of markers that are evaluated in all: each takes a microsecond or two.
_MOST_EVALUATED = 500_000


def check(case: Case) -> Iterator[Finding]:
    """One finding for each requirement that some release does not meet."""
    try:
        path = f"{case.wheel.dist_info}/METADATA"
        headers = read_headers(case.wheel.read_text(path))
    except WheelError:
        return  # Rules about WHEEL and METADATA speak of it.
    requirements = list(_requirements(headers.get_all("Requires-Dist") or []))
    extras = (headers.get_all("Provides-Extra") or [])[:_MOST_EXTRAS]
    if not requirements:
        return
    # Slow to import, and many wheels require nothing.
    from packaging.utils import canonicalize_name  # noqa: PLC0415 - as said

    every = [release.version for platform in load_platforms() for release in platform.releases]
    packages = load_packages(every)
    left = _MOST_EVALUATED
    for requirement in requirements:
        name = canonicalize_name(requirement.name)
        wanted = f"{requirement.name}{requirement.specifier}"
        versions = {one.version: packages[one.version].get(name) for one in case.platform.releases}
        if not any(versions.values()):
            continue
        met = {version: _met(requirement, version) for version in versions.values() if version}
        pythons = dict.fromkeys(release.python for release in case.platform.releases)
        length = len(str(requirement.marker or ""))
        for extra in ["", *(extras if requirement.marker else [])]:
            left -= len(pythons) * length
            if left < 0:
                return
            asked = {python: _asked(requirement, python, extra) for python in pythons}
            brought = {
                release.version: version
                for release in case.platform.releases
                if (version := versions[release.version]) and asked[release.python]
            }
            unmet = [release for release, version in brought.items() if not met[version]]
            if unmet:
                instead = listed(list(dict.fromkeys(brought[release] for release in unmet)))
                asks = f"the extra {extra} requires" if extra else "METADATA requires"
                yield RULE.finding(
                    f"{asks} {wanted}, and the runtime brings {instead}: the index has to have a wheel of "
                    "another version for this platform",
                    fix=f"where sys_platform is 'emscripten', require {_range(name, brought.values())}, "
                    "which every release brings",
                    path=path,
                    symbol=name,
                    releases=unmet,
                    severity=Severity.NOTE if extra else None,
                )
            if brought and not extra:
                break  # Extras ask for no more than what is asked anyway.


def _range(name: str, versions: Iterable[str]) -> str:
    """A requirement that all of these versions meet."""
    from packaging.version import Version  # noqa: PLC0415 - as above

    ordered = sorted(set(versions), key=Version)
    lowest, highest = ordered[0], ordered[-1]
    return f"{name}=={lowest}" if lowest == highest else f"{name}>={lowest},<={highest}"


def _requirements(written: Sequence[str]) -> Iterator[Requirement]:
    left = _MOST_PARSED
    for text in written[:_MOST]:
        if len(text) > _LONGEST:
            continue
        left -= len(text)
        if left < 0:
            return
        try:
            requirement = read_requirement(text)
        except (ValueError, RecursionError):
            continue
        if requirement.specifier:
            yield requirement


def _asked(requirement: Requirement, python: str, extra: str) -> bool:
    """Whether the requirement stands under a Python, with an extra or, where that is empty, without any."""
    if requirement.marker is None:
        return True
    environment = {
        "extra": extra,
        "implementation_name": "cpython",
        "implementation_version": python,
        "os_name": "posix",
        "platform_machine": "wasm32",
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Emscripten",
        "platform_version": "",
        "python_full_version": python,
        "python_version": ".".join(python.split(".")[:2]),
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
