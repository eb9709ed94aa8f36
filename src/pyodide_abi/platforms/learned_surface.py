"""The symbols of learned releases: checked, and joined with those of the releases of their platform.

The file of a learned release lies in a folder of the user's, where it may have been changed since.
"""

# ruff: noqa: SLF001 - what a surface holds is this package's own

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.errors import PlatformDataError
from pyodide_abi.platforms.learned import SYMBOLS
from pyodide_abi.platforms.surface import Surface, decode_surface

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from pyodide_abi.platforms.surface import Form


def read_learned_surface(folder: Path, engines: tuple[str, ...] | None) -> Surface:
    """The symbols of one learned release.

    Args:
        folder: That of its entry, named by its version.
        engines: The engines of the platform's other releases; None where there are none.

    Raises:
        PlatformDataError: the file is missing, damaged, or about something else.
    """
    file = f"{folder.name}/{SYMBOLS}"
    try:
        data = (folder / SYMBOLS).read_bytes()
    except OSError as error:
        hint = "'pyodide-abi runtime learn' makes it"
        raise PlatformDataError(f"{file}: is missing", hint=hint) from error
    surface = decode_surface(data, file=file)
    if problem := _problem(surface, folder.name, engines or surface.engines):
        hint = f"'pyodide-abi runtime forget {folder.name}', and learn it again"
        raise PlatformDataError(f"{file}: {problem}", hint=hint)
    return surface


def _problem(surface: Surface, version: str, engines: tuple[str, ...]) -> str | None:
    if surface.releases != (version,):
        return f"is not about {version} alone"
    if surface.engines != engines or not all(isinstance(engine, str) for engine in engines):
        return "is of other engines"
    if not all(type_ is None or isinstance(type_, str) for _, type_ in surface._forms):
        return "has a type that is no text"
    forms, width = range(len(surface._forms)), len(engines)
    for form, *masks in (offer for offers in surface._offers for offer in offers):
        if form not in forms or len(masks) != width or any(mask not in {0, 1} for mask in masks):
            return "offers what it does not describe"
    return None


def join_surfaces(surfaces: Sequence[Surface], releases: Sequence[str]) -> Surface:
    """One surface of several.

    Args:
        surfaces: Surfaces of different releases of a platform, with the same engines.
        releases: all of theirs, in the order that they are to have.
    """
    first = surfaces[0]
    forms: dict[Form, int] = {}
    groups: dict[tuple[int | None, ...], int] = {}
    offers: list[tuple[tuple[int, ...], ...]] = []
    names: dict[str, int] = {}
    moved = [_moved(each, releases, forms) for each in surfaces]
    for name in dict.fromkeys(name for each in surfaces for name in each.names):
        key = tuple([each._groups.get(name) for each in surfaces])
        if key not in groups:
            groups[key] = len(offers)
            offers.append(_together([moved[n][group] for n, group in enumerate(key) if group is not None]))
        names[name] = groups[key]
    return Surface(
        platform=first.platform,
        releases=tuple(releases),
        engines=first.engines,
        _groups=names,
        _forms=tuple(forms),
        _offers=tuple(offers),
    )


def _moved(
    surface: Surface, releases: Sequence[str], forms: dict[Form, int]
) -> list[tuple[tuple[int, ...], ...]]:
    """A surface's offers with the bits of other releases, and with the numbers of forms in a common list."""
    places = [releases.index(release) for release in surface.releases]
    numbers = [forms.setdefault(form, len(forms)) for form in surface._forms]

    def mask(old: int) -> int:
        return sum(1 << place for bit, place in enumerate(places) if old >> bit & 1)

    offered = surface._offers
    return [tuple([(numbers[form], *map(mask, masks)) for form, *masks in offers]) for offers in offered]


def _together(offers: Sequence[Iterable[tuple[int, ...]]]) -> tuple[tuple[int, ...], ...]:
    """The offers of a name in several surfaces; the same form stands once."""
    masks: dict[int, tuple[int, ...]] = {}
    for form, *added in (offer for some in offers for offer in some):
        known = masks.get(form, (0,) * len(added))
        masks[form] = tuple([old | new for old, new in zip(known, added, strict=True)])
    return tuple([(form, *known) for form, known in masks.items()])
