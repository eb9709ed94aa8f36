"""The differences between two runtimes that the libraries of a wheel meet with their imports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import BASES, MADE_WHEN_CALLED
from pyodide_abi.linker.checks.imports import check_imports
from pyodide_abi.linker.fates import ADDRESSES, Fate, fate_of_address, fate_of_call, worst
from pyodide_abi.linker.offers import FUNCTIONS, Offers, Value
from pyodide_abi.values import replace, value
from pyodide_abi.wasm import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyodide_abi.linker.compare_surfaces import Side, SurfaceDifference
    from pyodide_abi.linker.facts import Import, Library
    from pyodide_abi.linker.offers import Offer
    from pyodide_abi.platforms.loaders import Loader


@value
class Met:
    """A difference that a certain library meets with one of its imports.

    Attributes:
        library: The library's path.
        declared: the type that the library gives it.
        before: how the library fares with it on the first side.
        after: on the second, at worst.
        reason: why it is worse off; empty where it is not.
        releases: The releases of the second side where it fares so.
    """

    library: str
    symbol: str
    module: str
    declared: str
    before: Fate
    after: Fate
    reason: str
    releases: tuple[str, ...]

    @property
    def breaks(self) -> bool:
        """It is worse off than before."""
        return self.after.rank > self.before.rank


def met_by(libraries: Iterable[Library], difference: SurfaceDifference) -> Iterator[Met]:
    """The differences that the libraries of one wheel meet, each judged by the type that it declares.

    What the libraries define themselves, the loader finds there when the runtime has nothing.
    """
    readable = [library for library in libraries if library.facts is not None]
    own = {name for library in readable if library.facts for name in library.facts.exports}
    own |= {name for library in readable if library.facts for name in library.facts.js_functions}
    changes = {change.name: change for change in (*difference.came, *difference.went, *difference.changed)}
    for library in readable:
        assert library.facts is not None
        for entry in library.facts.imports:
            late = entry.name.startswith(MADE_WHEN_CALLED) and (
                difference.before.loader.late_invoke is not difference.after.loader.late_invoke
            )
            if entry.name in BASES:
                continue  # The loader makes these for each module, whatever the runtime has.
            if entry.name in changes or (late and entry.name not in difference.before.names):
                yield _meet(entry, library, difference, own)


def _meet(entry: Import, library: Library, difference: SurfaceDifference, own: set[str]) -> Met:
    old = [fate for fate, _ in _fates(entry, library, difference.before, own)]
    new = _fates(entry, library, difference.after, own)
    after = worst(fate for fate, _ in new)
    reason = next(reason for fate, reason in new if fate is after)
    if entry.address and after is Fate.FINE:
        was, now = difference.before.forms(entry.name), difference.after.forms(entry.name)
        pairs = [(a, b) for a in set(was) for b in set(now) if a is not None and b is not None and a != b]
        after = worst(fate_of_address(a, b) for a, b in pairs)
        reason = "its address now leads to another type" if after is not Fate.FINE else ""
        releases = difference.after.releases
    else:
        releases = tuple(
            release
            for release, (fate, _) in zip(difference.after.releases, new, strict=True)
            if fate is after
        )
    return Met(
        library=library.path,
        symbol=entry.name,
        module=entry.module,
        declared=str(entry.type),
        before=worst(old),
        after=after,
        reason=reason,
        releases=releases,
    )


def _fates(entry: Import, library: Library, side: Side, own: set[str]) -> list[tuple[Fate, str]]:
    """How an import fares in each release of a side, and why."""
    assert library.facts is not None
    alone = replace(library, facts=replace(library.facts, imports=(entry,)))
    found = []
    for table in side.tables:
        offers = Offers(table)
        refusals = check_imports(
            alone,
            find=offers.find,
            engine=side.engine,
            loader=side.loader,
            call=side.engine.calls.instance,
        )
        if refusals:
            found.append((Fate.REFUSED, refusals[0].reason))
        else:
            found.append(_fate(entry, library, offers.find(entry.name), side.loader, own))
    return found


def _fate(
    entry: Import, library: Library, offer: Offer | None, loader: Loader, own: set[str]
) -> tuple[Fate, str]:
    """The fate of an import that the engine takes, and why."""
    assert library.facts is not None
    late = loader.late_invoke and entry.name.startswith(MADE_WHEN_CALLED)
    spared = entry.name in own or entry.name in library.facts.weak
    if entry.address:
        return _fate_of_entry(offer, defined=entry.name in own, spared=spared)
    if entry.kind is not Kind.FUNCTION:
        return Fate.FINE, ""
    fate = fate_of_call(str(entry.type), offer, provided=late or spared)
    if fate is Fate.DIES:
        return fate, "nothing provides it"
    return fate, f"the JavaScript function is {offer.type}" if offer and fate is Fate.CONVERTS else ""


def _fate_of_entry(offer: Offer | None, *, defined: bool, spared: bool) -> tuple[Fate, str]:
    """The fate of an entry of the global offset table, and why; a library's definition comes first."""
    if defined or (spared and offer is None):
        return Fate.FINE, ""
    if offer is None:
        return Fate.REFUSED, "nothing defines it, and its address is wanted"
    if offer.value is Value.UNTYPED_FUNCTION or offer.value not in FUNCTIONS | ADDRESSES:
        return Fate.REFUSED, "it has no address"
    return Fate.FINE, ""
