"""Which symbols of a platform's earlier releases does a later one not offer as they were?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.linker.compare_surfaces import compare_surfaces, side_of
from pyodide_abi.linker.fates import Fate
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyodide_abi.platforms import Surface, Symbol
    from pyodide_abi.platforms.model import Platform

_EFFECTS = {
    Fate.CONVERTS: "it is a JavaScript function of another type, which converts or loses arguments",
    Fate.DIES: "modules load, and the first call ends the interpreter",
    Fate.REFUSED: "modules that import it do not load",
}


@value
class BrokenSymbol:
    """A symbol that earlier releases offer and the one in question does not, or not as they do.

    Attributes:
        had: the release that offers it, the newest of those that do.
        promised: what it is there, in words.
        found: what it is now, in words; ``none`` where it is gone.
        effect: what becomes of modules that use it.
        lasted: the newest of the earlier releases offers it so; otherwise it was gone before.
    """

    name: str
    had: str
    promised: str
    found: str
    effect: str
    lasted: bool


def broken_symbols(
    platform: Platform, known: Surface, earlier: Sequence[str], surface: Surface, engine: str
) -> list[BrokenSymbol]:
    """The symbols whose promise a release breaks, in their order.

    Args:
        platform: The platform of the release.
        known: the platform's symbols.
        earlier: the releases before the one in question, the oldest first.
        surface: that one's symbols, in its only release.
        engine: The engine whose view and checks count.
    """
    broken = dict[str, BrokenSymbol]()
    after = side_of("after", platform, surface, surface.releases, engine)
    for release in reversed(earlier):
        before = side_of("before", platform, known, (release,), engine)
        difference = compare_surfaces(before, after)
        for change in (*difference.went, *difference.changed):
            if change.breaks and change.name not in broken:
                worst = max(change.imported, change.addressed, key=lambda fate: fate.rank)
                broken[change.name] = BrokenSymbol(
                    name=change.name,
                    had=release,
                    promised=_words(change.before[0]),
                    found=_words(change.after[0]),
                    effect=_EFFECTS[worst],
                    lasted=release == earlier[-1],
                )
    return sorted(broken.values(), key=lambda symbol: symbol.name)


def _words(symbol: Symbol | None) -> str:
    return "none" if symbol is None else " ".join(filter(None, (symbol.kind.value, symbol.type)))
