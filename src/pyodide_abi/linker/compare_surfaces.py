"""What came, went and changed between the symbols of two releases or platforms, and whom it breaks.

A module uses a symbol in one of two ways and fares differently in each (loader.md, section 2): it imports the
thing itself, to call it or to share it, or it asks for an address.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import BASES, MADE_WHEN_CALLED
from pyodide_abi.linker.checks.imports import check_imports
from pyodide_abi.linker.offers import FUNCTIONS, Offers, Value, offer_of
from pyodide_abi.platforms.engines import find_engine
from pyodide_abi.platforms.loaders import loader_of
from pyodide_abi.platforms.surface import SymbolKind
from pyodide_abi.values import replace, value
from pyodide_abi.wasm import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pyodide_abi.linker.facts import Import, Library
    from pyodide_abi.linker.offers import Offer
    from pyodide_abi.platforms import Surface, Symbol
    from pyodide_abi.platforms.engines import Engine
    from pyodide_abi.platforms.loaders import Loader
    from pyodide_abi.platforms.model import Platform

_SHARED = frozenset({Value.MEMORY, Value.TABLE})
_ADDRESSES = frozenset({Value.DATA, Value.GLOBAL})


class Fate(enum.StrEnum):
    """How a module fares, best first."""

    FINE = "works"
    CONVERTS = "converts"
    """It loads; its calls go to a JavaScript function of another type, which converts or loses arguments."""
    DIES = "dies"
    """It loads; the first call ends the interpreter."""
    REFUSED = "refused"
    """It does not load."""

    @property
    def rank(self) -> int:
        """0 is the best."""
        return list(Fate).index(self)


@value
class Side:
    """One of the two things compared: a release, or a platform with all its releases.

    Attributes:
        label: as people call it.
        platform: The platform's name.
        releases: The releases, in order.
        tables: the symbols of each release.
        loader: the loader of the platform's runtimes.
        engine: the JavaScript engine whose checks an import has to stand.
    """

    label: str
    platform: str
    releases: tuple[str, ...]
    tables: tuple[Mapping[str, Symbol], ...]
    loader: Loader
    engine: Engine

    @property
    def names(self) -> frozenset[str]:
        """Everything that some release has."""
        return frozenset().union(*self.tables)

    @property
    def common(self) -> frozenset[str]:
        """Everything that every release has."""
        return frozenset(self.tables[0]).intersection(*self.tables)

    def forms(self, name: str) -> tuple[Symbol | None, ...]:
        """What a name is in each release, None where it is not there."""
        return tuple(table.get(name) for table in self.tables)


@value
class SymbolChange:
    """A symbol that differs.

    Attributes:
        before: what it was in each release of the first side.
        after: likewise for the second.
        imported: how a module fares that imports the thing itself, as it was.
        addressed: how one fares that asks for its address.
    """

    name: str
    before: tuple[Symbol | None, ...]
    after: tuple[Symbol | None, ...]
    imported: Fate
    addressed: Fate

    @property
    def breaks(self) -> bool:
        """Some module that uses it is worse off."""
        return {self.imported, self.addressed} != {Fate.FINE}


@value
class SurfaceDifference:
    """All differences, by name.

    Attributes:
        same: how many symbols are the same in every release of both.
    """

    before: Side
    after: Side
    came: tuple[SymbolChange, ...]
    went: tuple[SymbolChange, ...]
    changed: tuple[SymbolChange, ...]
    same: int

    @property
    def breaks(self) -> bool:
        """Some module that fits the first side does not fit the second."""
        return any(change.breaks for change in (*self.went, *self.changed))


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


def side_of(label: str, platform: Platform, surface: Surface, releases: Sequence[str], engine: str) -> Side:
    """A side of a comparison.

    Args:
        label: what people call it.
        platform: the platform.
        surface: The platform's symbols.
        releases: those to compare.
        engine: the name of the JavaScript engine whose view and whose checks count.

    Raises:
        UsageError: the surface does not know one of the releases.
        KeyError: there is no such engine.
    """
    judge = find_engine(engine)
    return Side(
        label=label,
        platform=platform.name,
        releases=tuple(releases),
        tables=tuple(dict(surface.symbols(release, judge.surface)) for release in releases),
        loader=loader_of(platform),
        engine=judge,
    )


def compare_surfaces(
    before: Side, after: Side, *, select: Callable[[str], bool] = lambda _: True
) -> SurfaceDifference:
    """What came, went and changed.

    Args:
        before: the older, or whatever a module fits.
        after: what it meets instead.
        select: the names to look at.
    """
    came, went, changed = [], [], []
    same = 0
    old_names, new_names = before.names, after.names
    essences: dict[Symbol | None, object] = {}

    def essence(form: Symbol | None) -> object:
        if form not in essences:
            essences[form] = _essence(form)
        return essences[form]

    for name in sorted(filter(select, old_names | new_names)):
        old, new = before.forms(name), after.forms(name)
        if {essence(form) for form in old} == {essence(form) for form in new}:
            same += 1
        elif name not in old_names:
            came.append(_change(name, old, new, after.loader))
        elif name not in new_names:
            went.append(_change(name, old, new, after.loader))
        else:
            changed.append(_change(name, old, new, after.loader))
    return SurfaceDifference(
        before=before,
        after=after,
        came=tuple(came),
        went=tuple(went),
        changed=tuple(changed),
        same=same,
    )


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


def _essence(form: Symbol | None) -> object:
    """What counts of a form.

    How the loader holds an address (as a number or as a global) and how long the table is at first make no
    difference to anybody.
    """
    if form is None:
        return None
    if form.kind is SymbolKind.DATA:
        return form.kind
    if form.kind is SymbolKind.TABLE and form.type:
        return form.kind, *(word for word in form.type.split() if not word.startswith("min="))
    return form.kind, form.type


def _change(
    name: str, old: tuple[Symbol | None, ...], new: tuple[Symbol | None, ...], loader: Loader
) -> SymbolChange:
    late = loader.late_invoke and name.startswith(MADE_WHEN_CALLED)
    pairs = [(was, now) for was in set(old) for now in set(new) if was is not None and was != now]
    return SymbolChange(
        name=name,
        before=old,
        after=new,
        imported=_worst(_fate_of_import(was, now, late=late) for was, now in pairs),
        addressed=_worst(_fate_of_address(was, now) for was, now in pairs),
    )


def _worst(fates: Iterable[Fate]) -> Fate:
    return max(fates, key=lambda fate: fate.rank, default=Fate.FINE)


def _fate_of_import(was: Symbol, now: Symbol | None, *, late: bool) -> Fate:
    """Of a module that declares the symbol as it was."""
    old, new = offer_of(was), offer_of(now) if now else None
    if old is None or old.value in {Value.OBJECT, Value.SUSPENDING}:
        return Fate.FINE
    if old.value in FUNCTIONS:
        return _fate_of_call(old.type, new, provided=late)
    if new is None:
        return Fate.REFUSED
    if old.value is Value.DATA:
        return Fate.FINE if new.value in _ADDRESSES else Fate.REFUSED
    fits = old.value is new.value and (old.type == new.type or old.value in _SHARED)
    return Fate.FINE if fits else Fate.REFUSED


def _fate_of_call(declared: str, offer: Offer | None, *, provided: bool) -> Fate:
    if offer is None:
        return Fate.FINE if provided else Fate.DIES
    if offer.value not in FUNCTIONS:
        return Fate.REFUSED
    if not declared or not offer.type or offer.type == declared:
        return Fate.FINE
    return Fate.REFUSED if offer.value is Value.WASM_FUNCTION else Fate.CONVERTS


def _fate_of_address(was: Symbol, now: Symbol | None) -> Fate:
    """Of a module that asks for the symbol's address and then calls it or reads there."""
    old, new = offer_of(was), offer_of(now) if now else None
    if old is None or old.value not in FUNCTIONS | {Value.DATA} or old.value is Value.UNTYPED_FUNCTION:
        return Fate.FINE
    if new is None or new.value is Value.UNTYPED_FUNCTION or new.value not in FUNCTIONS | _ADDRESSES:
        return Fate.REFUSED
    if (old.value in FUNCTIONS) is not (new.value in FUNCTIONS):
        return Fate.DIES
    # An indirect call checks the type; a name that was of an unknown type has no such check to fail.
    differs = old.value in FUNCTIONS and old.type and new.type and old.type != new.type
    return Fate.DIES if differs else Fate.FINE


def _meet(entry: Import, library: Library, difference: SurfaceDifference, own: set[str]) -> Met:
    old = [fate for fate, _ in _fates(entry, library, difference.before, own)]
    new = _fates(entry, library, difference.after, own)
    worst = _worst(fate for fate, _ in new)
    reason = next(reason for fate, reason in new if fate is worst)
    if entry.address and worst is Fate.FINE:
        was, now = difference.before.forms(entry.name), difference.after.forms(entry.name)
        pairs = [(a, b) for a in set(was) for b in set(now) if a is not None and b is not None and a != b]
        worst = _worst(_fate_of_address(a, b) for a, b in pairs)
        reason = "its address now leads to another type" if worst is not Fate.FINE else ""
        releases = difference.after.releases
    else:
        releases = tuple(
            release
            for release, (fate, _) in zip(difference.after.releases, new, strict=True)
            if fate is worst
        )
    return Met(
        library=library.path,
        symbol=entry.name,
        module=entry.module,
        declared=str(entry.type),
        before=_worst(old),
        after=worst,
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
            found.append((Fate.REFUSED, refusals[0].problem.text.rpartition(": ")[2]))
        else:
            found.append(_fate(entry, library, offers.find(entry.name), side.loader, own))
    return found


def _fate(
    entry: Import, library: Library, offer: Offer | None, loader: Loader, own: set[str]
) -> tuple[Fate, str]:
    """Of an import that the engine takes."""
    assert library.facts is not None
    late = loader.late_invoke and entry.name.startswith(MADE_WHEN_CALLED)
    spared = entry.name in own or entry.name in library.facts.weak
    if entry.address:
        return _fate_of_entry(offer, defined=entry.name in own, spared=spared)
    if entry.kind is not Kind.FUNCTION:
        return Fate.FINE, ""
    fate = _fate_of_call(str(entry.type), offer, provided=late or spared)
    if fate is Fate.DIES:
        return fate, "nothing provides it"
    return fate, f"the JavaScript function is {offer.type}" if offer and fate is Fate.CONVERTS else ""


def _fate_of_entry(offer: Offer | None, *, defined: bool, spared: bool) -> tuple[Fate, str]:
    """Of an entry of the global offset table; a definition in a loaded library comes first."""
    if defined or (spared and offer is None):
        return Fate.FINE, ""
    if offer is None:
        return Fate.REFUSED, "nothing defines it, and its address is wanted"
    if offer.value is Value.UNTYPED_FUNCTION or offer.value not in FUNCTIONS | _ADDRESSES:
        return Fate.REFUSED, "it has no address"
    return Fate.FINE, ""
