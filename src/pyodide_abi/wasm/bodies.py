"""Functions' bodies out of a code section: one that is held, or one that comes piece by piece."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from pyodide_abi.errors import WasmError
from pyodide_abi.values import value
from pyodide_abi.wasm.cursor import MAX_ITEMS, Cursor
from pyodide_abi.wasm.section_table import SectionId

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyodide_abi.wasm.cursor import Bytes
    from pyodide_abi.wasm.module import Module
    from pyodide_abi.wasm.section_table import Section

_CONTINUES, _PAYLOAD = 0x80, 0x7F
#: Bytes of a number at most.
_LONGEST = 5


class Bodies:
    """The functions' bodies of a module that is held; their places are found as far as they are asked for."""

    def __init__(self, module: Module) -> None:
        """Begin.

        Raises:
            WasmError: the code section claims more bodies than fit into it.
        """
        section = module.find(SectionId.CODE)
        self._found: list[tuple[int, int]] = []
        self._cursor: Cursor | None = None
        self._number = 0
        if section is not None:
            self._cursor = module.cursor(section)
            self._number = self._cursor.count(smallest=2)

    def find(self, index: int) -> Cursor | None:
        """A cursor over the body of a function, by its index among those that the module defines.

        Returns:
            None where there is none, or one that does not fit into the section.
        """
        cursor = self._cursor
        if cursor is None or index >= self._number:
            return None
        try:
            while len(self._found) <= index:
                size = cursor.u32()
                start = cursor.position
                # Checked before it is kept: a body that goes beyond the section stays not found.
                cursor.skip(size)
                self._found.append((start, cursor.position))
        except WasmError:
            return None
        start, end = self._found[index]
        return Cursor(cursor.data, start=start, end=end, base=cursor.base, within=cursor.within)


@value
class Window:
    """Some bodies, one after another.

    Attributes:
        data: The bodies' bytes, the sizes between them, and perhaps the beginning of the next one.
        base: The place in the file where the bytes begin.
        first: the index of the first one among the functions that the module defines.
        starts: The place in ``data`` where each body begins, behind its size.
        ends: The place in ``data`` where each body ends.
    """

    data: Bytes
    base: int
    first: int
    starts: list[int]
    ends: list[int]

    @property
    def last(self) -> int:
        """The index behind that of the last body."""
        return self.first + len(self.starts)

    def body(self, index: int) -> Cursor:
        """A cursor over the body of a function, by its index among those that the module defines."""
        return self._body(index - self.first)

    def body_at(self, position: int) -> Cursor | None:
        """A cursor over the body that a byte of ``data`` belongs to; None for one of a size."""
        place = self.place_of(position)
        return None if place is None else self._body(place)

    def place_of(self, position: int) -> int | None:
        """The place of the body that a byte of ``data`` belongs to; None for one of a size."""
        place = bisect_right(self.starts, position) - 1
        return place if place >= 0 and position < self.ends[place] else None

    def _body(self, place: int) -> Cursor:
        start, end = self.starts[place], self.ends[place]
        return Cursor(self.data, start=start, end=end, base=self.base, within="code section")


def windows(pieces: Iterable[Bytes], section: Section) -> Iterator[Window]:
    """The bodies of a code section, each time those that have become whole.

    Args:
        pieces: the section's contents.
        section: The code section.

    Raises:
        WasmError: a body does not fit into the section, or there are more than engines accept.
    """
    held, base, first, number = bytearray(), section.contents, 0, -1
    wanted = min(_LONGEST, section.size)
    for piece in pieces:
        held += piece
        if len(held) < wanted:
            continue
        cursor = Cursor(held, base=base, within="code section")
        if number < 0:
            number = _number(cursor, section)
        window = Window(data=held, base=base, first=first, starts=[], ends=[])
        wanted = _find(cursor, window, number, section)
        yield window
        first += len(window.starts)
        if first == number:
            return
        # What was taken goes; a part of it may still be looked at.
        held, base = held[cursor.position :], cursor.offset
    if number < 0:
        _number(Cursor(held, base=base, within="code section"), section)


def _number(cursor: Cursor, section: Section) -> int:
    """How many bodies there are."""
    start = cursor.offset
    number = cursor.u32()
    if number > min(MAX_ITEMS, section.size):
        raise cursor.fault(f"claims {number} items in {section.size} bytes", offset=start)
    return number


def _find(cursor: Cursor, window: Window, number: int, section: Section) -> int:
    """Find the bodies that are whole, go over them, and say how many bytes the next one needs."""
    data, starts, ends = window.data, window.starts, window.ends
    position, have, left = cursor.position, len(data), section.end - window.base
    # Behind this a size may be cut off.
    whole = have if have == left else have - _LONGEST
    # Not by a cursor's methods: large modules have a hundred thousand bodies.
    for _ in range(number - window.first):
        if position > whole:
            break
        size = data[position] if position < have else _CONTINUES
        if size < _CONTINUES:
            start = position + 1
        elif position + 1 < have and (second := data[position + 1]) < _CONTINUES:
            size = size & _PAYLOAD | second << 7
            start = position + 2
        else:
            cursor.position = position
            size, start = cursor.u32(), cursor.position
        end = start + size
        if end > have:
            if end > left:
                cursor.position = position
                raise cursor.fault(f"wants {size} more bytes where {left - start} are left")
            cursor.position = position
            return end - position
        starts.append(start)
        ends.append(end)
        position = end
    cursor.position = position
    return min(_LONGEST, left - position)
