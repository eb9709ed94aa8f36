"""Where the ways to install a wheel differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.wording import listed

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    from pyodide_abi.runtime.as_installed import Installation, Way

#: Files of which so many are named where only some ways have them.
_NAMED = 5


def differences(installations: Sequence[Installation]) -> list[str]:
    """What is not the same in all ways, a line each.

    Args:
        installations: The installations of one wheel in one release.
    """
    return [*_by_error(installations), *_by_content([item for item in installations if not item.error])]


def _by_error(installations: Sequence[Installation]) -> Iterator[str]:
    failed = [item for item in installations if item.error]
    if failed and len(failed) < len(installations):
        fine = _and(item.way for item in installations if not item.error)
        yield from (f"{item.way} cannot install it, {fine} can" for item in failed)


def _by_content(installed: Sequence[Installation]) -> Iterator[str]:
    versions = {item.way: dict(item.distributions) for item in installed}
    for name in sorted({name for found in versions.values() for name in found}):
        found = {way: there.get(name) for way, there in versions.items()}
        if len(set(found.values())) > 1:
            yield f"{name}: " + _told({way: version or "not installed" for way, version in found.items()})
    files = {item.way: item.files for item in installed}
    everywhere = frozenset.intersection(*files.values()) if files else frozenset()
    places: dict[tuple[Way, ...], list[str]] = {}
    for name in sorted(frozenset[str]().union(*files.values()) - everywhere):
        places.setdefault(tuple(way for way, there in files.items() if name in there), []).append(name)
    for ways, names in places.items():
        yield f"only {_and(ways)} puts there: {listed(names, _NAMED)}"
    modules = {item.way: {tried.module: tried for tried in item.modules} for item in installed}
    for name in dict.fromkeys(name for found in modules.values() for name in found):
        outcomes = {way: str(found[name].outcome) for way, found in modules.items() if name in found}
        if len(set(outcomes.values())) > 1:
            yield f"{name}: {_told(outcomes)}"


def _told(by_way: Mapping[Way, Hashable]) -> str:
    """Each value once, with the ways that have it."""
    ways: dict[Hashable, list[Way]] = {}
    for way, value in by_way.items():
        ways.setdefault(value, []).append(way)
    return "; ".join(f"{value} with {_and(names)}" for value, names in ways.items())


def _and(words: Iterable[str]) -> str:
    return " and ".join(words)
