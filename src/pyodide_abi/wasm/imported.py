"""Imports by kind: what the indices of functions, globals and so on begin with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyodide_abi.wasm.types import FuncType, GlobalType, Kind, kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyodide_abi.wasm.sections.imports import Import
    from pyodide_abi.wasm.types import ExternType

#: The module's own places in memory and table, which its loader chooses.
_BASES = frozenset({b"__memory_base", b"__table_base"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Imported:
    """What a module imports, by kind.

    Attributes:
        types: of the imports of each kind, by index.
        functions: names of the imported functions, by index.
        bases: indices of the globals that stand for the module's own places in memory and table.
    """

    types: Mapping[Kind, Sequence[ExternType]]
    functions: Sequence[bytes]
    bases: frozenset[int]


def by_kind(names: Sequence[bytes], entries: Sequence[Import]) -> Imported:
    """Sort imports.

    Args:
        names: of all imports, in order.
        entries: what each is; their own names are not looked at.
    """
    types: dict[Kind, list[ExternType]] = {kind: [] for kind in Kind}
    functions: list[bytes] = []
    bases: set[int] = set()
    # By class: this runs for every import, and to ask each for its kind would take twice the time.
    functions_of, globals_of = types[Kind.FUNCTION], types[Kind.GLOBAL]
    for name, entry in zip(names, entries, strict=True):
        type_ = entry.type
        if type_.__class__ is FuncType:
            functions_of.append(type_)
            functions.append(name)
        elif type_.__class__ is GlobalType:
            if name in _BASES:
                bases.add(len(globals_of))
            globals_of.append(type_)
        else:
            types[kind_of(type_)].append(type_)
    return Imported(types=types, functions=functions, bases=frozenset(bases))
