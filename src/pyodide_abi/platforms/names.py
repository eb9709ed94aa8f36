"""From any spelling of a platform's name, a wheel tag or a release to the platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.errors import UnknownPlatformError
from pyodide_abi.platforms.known import load_platforms
from pyodide_abi.platforms.model import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyodide_abi.platforms.model import Platform, Runtime


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

    Raises:
        UnknownPlatformError: our data does not know it; the hint has the nearest ones.
    """
    platforms = load_platforms()
    for platform in platforms:
        for runtime in platform.runtimes:
            if runtime.version == version:
                return runtime
    known = [release.version for platform in platforms for release in platform.releases]
    close = _close(version, known)
    hint = f"did you mean {_either(close)}?\n" if close else ""
    spans = ", ".join(f"{_span(platform)} ({platform.name})" for platform in platforms)
    raise UnknownPlatformError(
        f"there is no runtime release '{version}' in the platform data", hint=f"{hint}known: {spans}"
    )


def resolve(name: str, platforms: Sequence[Platform]) -> Platform:
    """As :func:`load_platform`, among the given ones."""
    wanted = normalise(name)
    spellings = {spelling: platform for platform in platforms for spelling in _spellings(platform)}
    if wanted in spellings:
        return spellings[wanted]
    close = _close(wanted, spellings, cutoff=0.7)
    # Two spellings of one platform are one suggestion.
    likely = list(dict.fromkeys(spellings[spelling].name for spelling in close))
    listing = "\n".join(f"{platform.name}: {', '.join(platform.names)}" for platform in platforms)
    hint = f"did you mean {_either(likely)}?\n" if likely else ""
    raise UnknownPlatformError(f"there is no platform '{name}'", hint=f"{hint}the platforms:\n{listing}")


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
