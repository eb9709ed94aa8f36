"""What changed between two modules or two wheels, as :mod:`pyodide_abi.report.diff` says it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.linker.compare import compare_libraries, compare_sets, touched_by, touched_exports
from pyodide_abi.report.diff import modules_data, touched_data, wheels_data
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyodide_abi.audit.compared import ComparedModule, ComparedWheel
    from pyodide_abi.linker.facts import Library
    from pyodide_abi.report.diff import Data


@value
class User:
    """Who uses the first of the two.

    Attributes:
        given: What it is called.
        libraries: Its native files.
    """

    given: str
    libraries: Sequence[Library]


def _every(_name: str) -> bool:
    return True


def modules_difference(
    before: ComparedModule,
    after: ComparedModule,
    *,
    select: Callable[[str], bool] = _every,
    user: User | None = None,
) -> Data:
    """Two modules, as far as ``select`` takes the names of symbols; with a user, what it meets of that."""
    name = f"{before.path.name} -> {after.path.name}"
    difference = compare_libraries(name, before.version, after.version, select=select)
    if user is None:
        return modules_data(difference)
    touched = (entry for library in user.libraries for entry in touched_exports(library, difference))
    return modules_data(difference, touched_data(user.given, touched))


def wheels_difference(
    before: ComparedWheel,
    after: ComparedWheel,
    *,
    select: Callable[[str], bool] = _every,
    user: User | None = None,
) -> Data:
    """Two wheels, likewise."""
    difference = compare_sets(before.versions, after.versions, select=select)
    used_by = None
    if user is not None:
        touched = (entry for library in user.libraries for entry in touched_by(library, difference))
        used_by = touched_data(user.given, touched)
    both = before.others.keys() & after.others.keys()
    files: Data = {
        "came": sorted(after.others.keys() - both),
        "went": sorted(before.others.keys() - both),
        "changed": sorted(name for name in both if before.others[name] != after.others[name]),
    }
    return wheels_data(difference, before=_about(before), after=_about(after), files=files, used_by=used_by)


def _about(wheel: ComparedWheel) -> Data:
    return {
        "path": wheel.path.name,
        "size": wheel.path.stat().st_size,
        "distribution": wheel.name.distribution,
        "version": wheel.name.version,
        "tags": list(wheel.name.tags),
    }
