"""Imports by kind: what the indices of functions, globals and so on begin with."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import BASES
from pyodide_abi.values import value
from pyodide_abi.wasm.types import FuncType, GlobalType, Kind, kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyodide_abi.wasm.sections.imports import Import
    from pyodide_abi.wasm.types import ExternType

#: The module's own places in memory and table, which its loader chooses.
_BASES = frozenset(name.encode() for name in BASES)


@value
class Imported:
    """What a module imports, by kind.

    Attributes:
        types: The types of the imports of each kind, by index.
        functions: names of the imported functions, by index.
        bases: indices of the globals that stand for the module's own places in memory and table.
        globals: the space and the name of the imported globals, by index; some readers leave out those whose
            names are mangled.
    """

    types: Mapping[Kind, Sequence[ExternType]]
    functions: Sequence[bytes]
    bases: frozenset[int]
    globals: Mapping[int, tuple[str, bytes]]


class ByKind:
    """Sorts imports, some at a time."""

    def __init__(self) -> None:
        self._types: dict[Kind, list[ExternType]] = {kind: [] for kind in Kind}
        self._functions: list[bytes] = []
        self._bases: set[int] = set()
        self._named: dict[int, tuple[str, bytes]] = {}

    def add(self, names: Sequence[bytes], entries: Sequence[Import]) -> None:
        """Sort the next imports: their names, empty where they do not matter, and what each is."""
        # By class: this runs for every import, and to ask each for its kind would take twice the time.
        functions, globals_ = self._types[Kind.FUNCTION], self._types[Kind.GLOBAL]
        for name, entry in zip(names, entries, strict=True):
            type_ = entry.type
            if type_.__class__ is FuncType:
                functions.append(type_)
                self._functions.append(name)
            elif type_.__class__ is GlobalType:
                if name in _BASES and not type_.mutable:
                    self._bases.add(len(globals_))
                if name:
                    self._named[len(globals_)] = entry.module, name
                globals_.append(type_)
            else:
                self._types[kind_of(type_)].append(type_)

    def add_globals(self, type_: GlobalType, names: Sequence[bytes], entries: Sequence[Import]) -> None:
        """Note some globals of one type, none of them a base."""
        globals_ = self._types[Kind.GLOBAL]
        first = len(globals_)
        globals_.extend(itertools.repeat(type_, len(names)))
        self._named.update(
            (first + place, (entries[place].module, name)) for place, name in enumerate(names) if name
        )

    def imported(self) -> Imported:
        """All of them."""
        return Imported(
            types=self._types,
            functions=self._functions,
            bases=frozenset(self._bases),
            globals=self._named,
        )
