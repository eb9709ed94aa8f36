"""What CPython has been given and reads again: functions that are stored there count from then on.

A type is used where it lies, so a slot that is set after the type was made is called like any other.
Instances of some types hold a function themselves, at a distance that the type says.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from pyodide_abi.signatures.layouts import WORD
from pyodide_abi.signatures.symbolic import Pointer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyodide_abi.signatures.entries import Certainty
    from pyodide_abi.signatures.layouts import Layouts
    from pyodide_abi.signatures.memory import Memory
    from pyodide_abi.signatures.symbolic import Value

#: The table that says where instances hold their members.
MEMBERS = "PyMemberDef"
_TYPE, _VECTORCALL_OFFSET, _MOST_MEMBERS = "PyTypeObject", "__vectorcalloffset__", 1_000
#: To read one takes as long as so many instructions.
_READING_MEMBER = 4


class UsedTable(NamedTuple):
    """A type or one of its sub-tables.

    Attributes:
        start: The place of its beginning in its region.
        table: the C structure.
        name: The name of the type.
        certainty: that it is one.
    """

    start: int
    table: str
    name: str
    certainty: Certainty


_start = attrgetter("start")


class InUse:
    """The types that CPython uses where they lie.

    Attributes:
        vectorcalls: The distance of an instance's own function from its beginning, by the type's name.
    """

    def __init__(self, layouts: Layouts) -> None:
        self.vectorcalls: dict[str, int] = {}
        self._sizes = {table: WORD * len(layouts.structures[table]) for table in (_TYPE, *layouts.heap_types)}
        self._longest = max(self._sizes.values())
        self._layouts = layouts
        self._tables: dict[str, list[UsedTable]] = {}

    def add(self, table: str, place: Pointer, name: str, certainty: Certainty) -> None:
        """A structure is in use; one that CPython copies is passed over."""
        if table in self._sizes:
            used = UsedTable(place.offset, table, name, certainty)
            known = self._tables.setdefault(place.region, [])
            if used not in known[-1:]:
                insort(known, used)

    def holds_vectorcall(self, name: str, place: Value) -> None:
        """Instances of a type hold their own function, if the place is known and not zero."""
        if type(place) is int and place:
            self.vectorcalls[name] = place

    def make(self, memory: Memory, type_: Pointer, name: str, certainty: Certainty) -> None:
        """CPython has made a type, with sub-tables in it."""
        self.add(_TYPE, type_, name, certainty)
        for index, member in enumerate(self._layouts.structures[_TYPE]):
            inside = self._layouts.heap_types.get(member.table)
            if inside is not None:
                table = Pointer(type_.region, type_.offset + inside)
                memory.store(Pointer(type_.region, type_.offset + WORD * index), table)
                self.add(member.table, table, name, certainty)

    def read_members(
        self, memory: Memory, place: Pointer, name: str, *, spend: Callable[[int], None]
    ) -> None:
        """Find out where instances of a type hold their own function."""
        size = WORD * len(self._layouts.structures[MEMBERS])
        for start in range(place.offset, place.offset + _MOST_MEMBERS * size, size):
            spend(_READING_MEMBER)
            member = memory.load(Pointer(place.region, start))
            if type(member) is not Pointer:
                return
            if memory.text(member) == _VECTORCALL_OFFSET:
                self.holds_vectorcall(name, memory.load(Pointer(place.region, start + 2 * WORD)))

    def at(self, place: Pointer) -> Iterator[tuple[UsedTable, int]]:
        """The structures that a word lies in, each with the number of the word in it."""
        tables = self._tables.get(place.region, [])
        first = bisect_right(tables, place.offset - self._longest, key=_start)
        for used in tables[first : bisect_right(tables, place.offset, key=_start)]:
            inside = place.offset - used.start
            if 0 <= inside < self._sizes[used.table] and not inside % WORD:
                yield used, inside // WORD
