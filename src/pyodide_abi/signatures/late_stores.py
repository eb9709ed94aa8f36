"""Functions that are stored where CPython looks for them later: in types, objects and variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.signatures.entries import Certainty, least, options_of
from pyodide_abi.signatures.symbolic import DATA_NAMED, PARAMETER, Pointer

if TYPE_CHECKING:
    from pyodide_abi.signatures.layouts import Layouts
    from pyodide_abi.signatures.machine import Machine
    from pyodide_abi.signatures.symbolic import Value
    from pyodide_abi.signatures.table_reader import TableReader

_OBJECT, _VECTORCALL = "PyObject", "vectorcall"
#: Entries, types and places that are looked at on account of what was stored.
_MOST_LOOKED_AT = 1_000_000
#: Members whose function is given a type, not an instance of it.
_GIVEN_TYPE = frozenset({"tp_new", "tp_alloc"})


class LateStores:
    """Reads what a function has stored, once it has been followed to its end."""

    def __init__(self, layouts: Layouts, reader: TableReader, machine: Machine) -> None:
        """Take what is needed.

        Args:
            layouts: which variables hold functions.
            reader: takes the entries, and knows the types.
            machine: says what was stored.
        """
        self._layouts = layouts
        self._reader = reader
        self._machine = machine
        self._left = _MOST_LOOKED_AT

    def read(self) -> None:
        """Take entries from what was stored since the last time."""
        stored = self._machine.stored
        vectorcalls = self._reader.in_use.vectorcalls
        for place, within in stored.items():
            # For each of these, all types and all entries so far may be looked through.
            self._left -= 1 + (len(vectorcalls) + len(self._reader.entries) if vectorcalls else 0)
            if self._left < 0:
                break
            self._read(place, within)
        stored.clear()

    def _read(self, place: Pointer, within: int) -> None:
        reader = self._reader
        held = [*options_of(self._machine.memory.load(place))]
        name = place.region.removeprefix(DATA_NAMED)
        if name in self._layouts.variables and not place.offset:
            for word, sure in held:
                if type(word) is Pointer:
                    reader.add(name, "", word, self._layouts.variables[name], sure, within=within)
            return
        for used, index in reader.in_use.at(place):
            member = self._layouts.structures[used.table][index]
            name = f"{used.name} {member.name}"
            if member.prototype is not None and not reader.has(used.table, name, held):
                for word, sure in held:
                    if type(word) is Pointer:
                        reader.add(used.table, name, word, member.prototype, least(used.certainty, sure))
        if place.offset and reader.in_use.vectorcalls:
            owner = self._type_of(place)
            for word, sure in held:
                if owner is not None and type(word) is Pointer:
                    # Where there was no room for an object, nothing was stored into it.
                    sure = Certainty.MAY if sure is Certainty.MAY else owner[1]  # noqa: PLW2901
                    prototype = self._layouts.prototypes["vectorcallfunc"]
                    reader.add(_OBJECT, f"{owner[0]} {_VECTORCALL}", word, prototype, sure)

    def _type_of(self, place: Pointer) -> tuple[str, Certainty] | None:
        """The type of an object that has its own function at this place, and how sure that is."""
        fitting = [name for name, at in self._reader.in_use.vectorcalls.items() if at == place.offset]
        made_of = self._machine.instances.get(place.region)
        name = self._named(made_of) if made_of is not None else self._owner(place.region, instance=True)
        if name in fitting:
            return name, Certainty.CERTAIN
        if made_of is not None and not name and len(fitting) == 1:
            return fitting[0], Certainty.LIKELY
        return None

    def _named(self, type_: Value) -> str:
        """The name of a type that an object was made of; empty where it is not known."""
        if type(type_) is not Pointer:
            return ""
        return self._reader.owner(type_) or self._owner(type_.region, instance=False)

    def _owner(self, region: str, *, instance: bool) -> str:
        """The type whose member has a parameter that is an instance of it, or the type itself."""
        words = region.split()
        if not region.startswith(PARAMETER) or words[2:] != ["0"]:
            return ""
        for entry in self._reader.entries:
            if str(entry.target.index) == words[1] and " " in entry.name:
                owner, _, member = entry.name.partition(" ")
                if (member in _GIVEN_TYPE) is not instance:
                    return owner
        return ""
