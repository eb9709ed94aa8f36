"""What is known of one symbol: which releases offer it, as what, and what it does not do there."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from pyodide_abi.platforms.hollow import load_hollow
from pyodide_abi.platforms.known import load_platforms, load_surface
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.platforms.hollow import Hollow
    from pyodide_abi.platforms.surface import Surface, Symbol


@value
class Offered:
    """Releases of a platform that offer a symbol in the same form.

    Attributes:
        platform: The platform's name.
        releases: those that do, in order.
        every_release: all that are known of the platform.
    """

    platform: str
    releases: tuple[str, ...]
    every_release: tuple[str, ...]
    symbol: Symbol


@value
class SymbolFacts:
    """What the data says of a name.

    Attributes:
        offered: empty where no platform offers it.
        hollow: the ways in which it does less than it promises.
    """

    name: str
    offered: tuple[Offered, ...]
    hollow: tuple[Hollow, ...]


def symbol_facts(name: str) -> SymbolFacts:
    """What is known of a symbol, by the name that an import has.

    Raises:
        PlatformDataError: the data have a fault.
    """
    surfaces = [load_surface(platform) for platform in load_platforms()]
    return SymbolFacts(
        name=name,
        offered=tuple(itertools.chain.from_iterable(_offered(name, surface) for surface in surfaces)),
        hollow=tuple(row for row in load_hollow() if name in row.names),
    )


def _offered(name: str, surface: Surface) -> Iterator[Offered]:
    """One for each form, in the order of the releases that have it first."""
    views = surface.views([name])
    forms = dict.fromkeys(view[name] for view in views.values() if name in view)
    for form in forms:
        yield Offered(
            platform=surface.platform,
            releases=tuple(release for release, view in views.items() if view.get(name) == form),
            every_release=surface.releases,
            symbol=form,
        )
