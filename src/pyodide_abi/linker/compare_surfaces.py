"""What came, went and changed between the symbols of two releases or platforms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import MADE_WHEN_CALLED
from pyodide_abi.linker.fates import Fate, fate_of_address, fate_of_import, worst
from pyodide_abi.linker.offers import Value
from pyodide_abi.platforms.engines import find_engine
from pyodide_abi.platforms.loaders import loader_of
from pyodide_abi.platforms.surface import SymbolKind
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pyodide_abi.platforms import Surface, Symbol
    from pyodide_abi.platforms.engines import Engine
    from pyodide_abi.platforms.loaders import Loader
    from pyodide_abi.platforms.model import Platform

_SHARED = frozenset({Value.MEMORY, Value.TABLE})
_ADDRESSES = frozenset({Value.DATA, Value.GLOBAL})


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
        after: The same for each release of the second side.
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
        imported=worst(fate_of_import(was, now, late=late) for was, now in pairs),
        addressed=worst(fate_of_address(was, now) for was, now in pairs),
    )
