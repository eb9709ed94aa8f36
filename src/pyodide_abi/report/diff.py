"""What changed between two releases, platforms, modules or wheels, as plain data.

:mod:`pyodide_abi.report.diff_text` makes text of it; as JSON it is printed as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from pyodide_abi.abi.symbols import MADE_WHEN_CALLED
from pyodide_abi.linker.compare import Sort, features_of
from pyodide_abi.wasm.types import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pyodide_abi.linker.compare import (
        Difference,
        LibraryDifference,
        SetDifference,
        Touched,
        Version,
    )
    from pyodide_abi.linker.compare_surfaces import Side, SurfaceDifference, SymbolChange
    from pyodide_abi.linker.met_differences import Met
    from pyodide_abi.platforms import Symbol
    from pyodide_abi.wasm import ExternType

Data: TypeAlias = dict[str, object]


def surfaces_data(
    difference: SurfaceDifference, *, engine: str, select: Callable[[str], bool], used_by: Data | None = None
) -> Data:
    """Two releases or platforms.

    Args:
        difference: The difference of the names that ``select`` takes.
        engine: The engine whose view of the symbols it is.
        select: the names that were looked at.
        used_by: from :func:`met_data`; its verdict then stands for the whole.
    """
    before, after = difference.before, difference.after
    return {
        "sort": "releases",
        "engine": engine,
        "before": _side(before, select),
        "after": _side(after, select),
        "same": difference.same,
        "breaks": used_by["breaks"] if used_by else difference.breaks,
        "made_late": _made_late(before, after),
        "came": [_change(change, before, after) for change in difference.came],
        "went": [_change(change, before, after) for change in difference.went],
        "changed": [_change(change, before, after) for change in difference.changed],
        "used_by": used_by,
    }


def met_data(path: str, met: Iterable[Met]) -> Data:
    """What a wheel meets of the differences between two releases."""
    entries = list(met)
    return {
        "path": path,
        "breaks": any(entry.breaks for entry in entries),
        "met": [
            {
                "library": entry.library,
                "symbol": entry.symbol,
                "module": entry.module,
                "declared": entry.declared,
                "before": str(entry.before),
                "after": str(entry.after),
                "releases": list(entry.releases),
                "breaks": entry.breaks,
                "reason": entry.reason,
            }
            for entry in entries
        ],
    }


def modules_data(difference: LibraryDifference, used_by: Data | None = None) -> Data:
    """Two modules."""
    return {
        "sort": "modules",
        **library_data(difference),
        "breaks": used_by["breaks"] if used_by else difference.breaks,
        "used_by": used_by,
    }


def wheels_data(
    difference: SetDifference, *, before: Data, after: Data, files: Data, used_by: Data | None = None
) -> Data:
    """Two wheels.

    Args:
        difference: The difference of their modules and libraries.
        before: What the first is called, and what it says of itself.
        after: The same of the second.
        files: names of the other members, by how they differ.
        used_by: from :func:`touched_data`; its verdict then stands for the whole.
    """
    return {
        "sort": "wheels",
        "before": before,
        "after": after,
        "breaks": used_by["breaks"] if used_by else difference.breaks,
        "came": [{"name": name, "path": path} for name, path in difference.came],
        "went": [{"name": name, "path": path} for name, path in difference.went],
        "changed": [library_data(library) for library in difference.changed],
        "same": difference.same,
        "files": files,
        "used_by": used_by,
    }


def touched_data(path: str, touched: Iterable[Touched]) -> Data:
    """What a wheel meets of the differences between two modules or wheels."""
    entries = list(touched)
    return {
        "path": path,
        "breaks": any(entry.breaks for entry in entries),
        "met": [
            {
                "library": entry.user,
                "symbol": entry.difference.name if entry.difference else None,
                "provider": entry.library,
                "declared": entry.asked,
                "breaks": entry.breaks,
                "reason": entry.reason,
            }
            for entry in entries
        ],
    }


def library_data(difference: LibraryDifference) -> Data:
    """What changed in one module or library."""
    old, new = difference.before.library.facts, difference.after.library.facts
    features = [features_of(version.library) for version in (difference.before, difference.after)]
    return {
        "name": difference.name,
        "before": _version(difference.before),
        "after": _version(difference.after),
        "identical": difference.identical,
        "breaks": difference.breaks,
        "exports": _sorted_out(difference.exports),
        "imports": _sorted_out(difference.imports),
        "needed": {
            "before": list(old.needed) if old else [],
            "after": list(new.needed) if new else [],
        },
        "run_paths": {
            "before": list(old.run_paths) if old else [],
            "after": list(new.run_paths) if new else [],
        },
        "weak": _set_change(old.weak if old else (), new.weak if new else ()),
        "features": _set_change(*features),
    }


def _side(side: Side, select: Callable[[str], bool]) -> Data:
    names = {name for name in side.names if select(name)}
    return {
        "label": side.label,
        "platform": side.platform,
        "releases": list(side.releases),
        "symbols": len(names),
        "in_every_release": len(names & side.common),
        "partial": [
            {"name": name, "forms": _forms(side.forms(name), side.releases)}
            for name in sorted(names - side.common)
        ],
    }


def _made_late(before: Side, after: Side) -> str:
    """What one side makes on demand and the other does not: no list of symbols can show that."""
    if before.loader.late_invoke is after.loader.late_invoke:
        return ""
    maker, other = (before, after) if before.loader.late_invoke else (after, before)
    names = " and ".join(f"{start}*" for start in MADE_WHEN_CALLED)
    return f"{maker.label} makes {names} of any signature when they are called; {other.label} does not"


def _change(change: SymbolChange, before: Side, after: Side) -> Data:
    return {
        "name": change.name,
        "before": _forms(change.before, before.releases),
        "after": _forms(change.after, after.releases),
        "imported": str(change.imported),
        "addressed": str(change.addressed),
        "breaks": change.breaks,
    }


def _forms(forms: Sequence[Symbol | None], releases: Sequence[str]) -> list[Data]:
    """Each thing that a name is, with the releases where it is so; without those where it is nothing."""
    found: dict[Symbol, list[str]] = {}
    for form, release in zip(forms, releases, strict=True):
        if form is not None:
            found.setdefault(form, []).append(release)
    return [{"kind": str(form.kind), "type": form.type, "releases": having} for form, having in found.items()]


def _version(version: Version) -> Data:
    library = version.library
    memory = library.facts.memory if library.facts else None
    return {
        "path": library.path,
        "size": library.size,
        "error": library.fault or (None if library.facts else f"{library.identity}"),
        "memory": None if memory is None else {"size": memory.memory_size, "table_size": memory.table_size},
    }


def _sorted_out(differences: Iterable[Difference]) -> dict[str, list[Data]]:
    found: dict[str, list[Data]] = {str(sort): [] for sort in Sort}
    for difference in differences:
        entry: Data = {"name": difference.name}
        if difference.module:
            entry["module"] = difference.module
        entry |= {"before": _type(difference.before), "after": _type(difference.after)}
        if not difference.module:
            entry |= {"breaks": difference.breaks, "users": list(difference.users)}
        found[str(difference.sort)].append(entry)
    return found


def _type(type_: ExternType | None) -> Data | None:
    return None if type_ is None else {"kind": str(kind_of(type_)), "type": str(type_)}


def _set_change(old: Iterable[str], new: Iterable[str]) -> dict[str, list[str]]:
    before, after = set(map(str, old)), set(map(str, new))
    return {"came": sorted(after - before), "went": sorted(before - after)}
