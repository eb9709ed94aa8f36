"""From any spelling of a platform's name, a wheel tag or a release to the platform."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyodide_abi.errors import UnknownPlatformError
from pyodide_abi.platforms.known import load_platforms
from pyodide_abi.platforms.model import Status
from pyodide_abi.platforms.versions import RELEASE, version_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyodide_abi.platforms.model import Platform, Runtime

_LATEST = "latest"
#: The beginning of a release's version. ``3.14`` is one of CPython's, and never gets here.
_BEGINNING = re.compile(r"\d+\.\d+")
_YEAR = re.compile(r"(?:pyodide_|pyemscripten_)?(20\d\d)_\d+")


def default_platform() -> Platform:
    """The newest stable version."""
    return [platform for platform in load_platforms() if platform.status is Status.STABLE][-1]


def load_platform(name: str) -> Platform:
    """The version of that name.

    Args:
        name: any spelling: ``314_0``, ``pyodide_314_0``, ``pyemscripten-2026-0``, a wheel tag
            (``pyodide_2025_0_wasm32``), a CPython (``3.14``, ``cp314``), a runtime release (``0.29.4``).

    Raises:
        UnknownPlatformError: there is none; the hint has the nearest names and the list.
    """
    return resolve(name, load_platforms())


def find_runtime(version: str) -> Runtime:
    """The runtime release of that version, with its platform.

    Args:
        version: as on npm (``0.29.4``), the beginning of one (``0.29``: its newest), or ``latest``: the
            newest stable one.

    Raises:
        UnknownPlatformError: our data does not know it; the hint has the nearest ones.
    """
    platforms = load_platforms()
    meant = _meant(version, platforms)
    if meant is not None:
        return meant
    known = [release.version for platform in platforms for release in platform.releases]
    close = _close(version, known)
    hint = f"did you mean {_either(close)}?\n" if close else ""
    spans = ", ".join(f"{_span(platform)} ({platform.name})" for platform in platforms)
    age = _age(version, platforms)
    raise UnknownPlatformError(
        f"there is no runtime release '{version}' in the platform data{age}",
        hint=f"{hint}known: {spans}{_way_to_learn(version)}",
    )


def _meant(version: str, platforms: Sequence[Platform]) -> Runtime | None:
    """The release that a version, the beginning of one, or ``latest`` means."""
    runtimes = [runtime for platform in platforms for runtime in platform.runtimes]
    exact = [runtime for runtime in runtimes if runtime.version == version]
    if exact:
        return exact[0]
    # A build of somebody's own is meant only where it is named.
    published = [runtime for runtime in runtimes if "+" not in runtime.version]
    if version == _LATEST:
        stable = [runtime for runtime in published if runtime.platform.status is Status.STABLE]
        return stable[-1] if stable else None
    if not _BEGINNING.fullmatch(version):
        return None
    begun = [runtime for runtime in published if runtime.version.startswith(f"{version}.")]
    return max(begun, key=lambda runtime: version_key(runtime.version), default=None)


def _age(version: str, platforms: Sequence[Platform]) -> str:
    """Where a version lies that is not known, in words; empty for other names."""
    if not re.fullmatch(r"\d+(\.\d+){1,3}", version):
        return ""
    known = [version_key(release.version) for platform in platforms for release in platform.releases]
    if version_key(version) > max(known):
        return ": it is newer than this version of pyodide-abi"
    between = ": no release of that version is known"
    return ": it is older than the first that is known" if version_key(version) < min(known) else between


def resolve(name: str, platforms: Sequence[Platform]) -> Platform:
    """As :func:`load_platform`, among the given ones."""
    wanted = normalise(name)
    spellings = {spelling: platform for platform in platforms for spelling in _spellings(platform)}
    if wanted in spellings:
        return spellings[wanted]
    meant = _meant(name.strip().lower(), platforms)
    if meant is not None:
        return meant.platform
    close = _close(wanted, spellings, cutoff=0.7)
    # Two spellings of one platform are one suggestion.
    likely = list(dict.fromkeys(spellings[spelling].name for spelling in close))
    listing = "\n".join(f"{platform.name}: {', '.join(platform.names)}" for platform in platforms)
    hint = f"did you mean {_either(likely)}?\n" if likely else ""
    age = _age(name, platforms) or _age_of_tag(wanted, spellings)
    if "," in name:
        hint = "this names one platform; where several can be built for, repeat --platform\n"
    learn = _way_to_learn(name)
    raise UnknownPlatformError(
        f"there is no platform '{name}'{age}", hint=f"{hint}the platforms:\n{listing}{learn}"
    )


def _way_to_learn(version: str) -> str:
    """How to make a release known, where the name is that of one; else empty."""
    if not re.fullmatch(RELEASE, version):
        return ""
    return f"\n'pyodide-abi runtime learn {version}' reads a release that npm has; from then on it is known"


def is_newer(tag: str) -> bool:
    """Whether a wheel tag names a year behind those of all known platforms."""
    return bool(_age_of_tag(normalise(tag), {name for one in load_platforms() for name in _spellings(one)}))


def _age_of_tag(wanted: str, spellings: Iterable[str]) -> str:
    """Whether a name with a year in it is of a later year than every known one."""
    named = _YEAR.fullmatch(wanted)
    years = [int(found[1]) for found in map(_YEAR.fullmatch, spellings) if found]
    later = named is not None and int(named[1]) > max(years, default=0)
    return ": it is newer than this version of pyodide-abi" if later else ""


def _close(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> list[str]:
    import difflib  # noqa: PLC0415 - seldom needed

    return difflib.get_close_matches(name, list(known), n=3, cutoff=cutoff)


def normalise(name: str) -> str:
    """One form of the many: lower case, one kind of separator, no ``_wasm32``."""
    return name.strip().lower().replace("-", "_").replace(".", "_").removesuffix("_wasm32")


def _spellings(platform: Platform) -> list[str]:
    python = platform.python.version
    compact = python.replace(".", "")
    return [
        normalise(spelling)
        for spelling in (
            platform.name,
            *platform.names,
            *(tag.tag for tag in platform.tags),
            python,
            compact,
            f"cp{compact}",
            f"py{compact}",
            f"python{python}",
            *(release.version for release in platform.releases),
        )
    ]


def _span(platform: Platform) -> str:
    first, last = platform.releases[0].version, platform.releases[-1].version
    return first if first == last else f"{first} to {last}"


def _either(names: Sequence[str]) -> str:
    quoted = [f"'{name}'" for name in names]
    return " or ".join(filter(None, [", ".join(quoted[:-1]), quoted[-1]]))
