"""Import and export sections as columns: what a hundred thousand entries cost least in.

These are plain loops over bytes, which are twice as fast as a cursor and a value for each entry, and faster
than regular expressions. They read the usual entries only: names in ASCII of less than 16 KiB, small indices.
For any other section there is no answer, and the careful reader has to say what is in it or wrong with it.

Names stay bytes, which are smaller than text and compared as fast; few of them are ever shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from pyodide_abi.errors import WasmError
from pyodide_abi.wasm.cursor import MAX_ITEMS, Cursor
from pyodide_abi.wasm.sections import imports

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pyodide_abi.wasm.sections.imports import Import
    from pyodide_abi.wasm.types import CompositeType

#: Names, what they are, and where the names begin.
ImportColumns: TypeAlias = "tuple[list[bytes], list[Import], list[int]]"
#: Names, kinds by their code, and indices.
ExportColumns: TypeAlias = "tuple[list[bytes], list[int], list[int]]"
#: More bytes than one entry has that is read here.
_LONGEST = 1 << 16
_FUNCTION, _GLOBAL = 0, 3
_CONTINUES = 0x80
_MOST_KINDS = 5


class NotUsualError(Exception):
    """A section has to be read with care."""


def import_columns(
    pieces: Iterable[bytes], types: Sequence[CompositeType], *, base: int = 0
) -> Iterator[ImportColumns]:
    """The entries of an import section, some at a time: names, what each is, and where its name begins.

    Most imports from one space and of one type are the same value, whose name means nothing.

    Args:
        pieces: the section's contents.
        types: The module's types, by index.
        base: The place in the file where the contents begin.

    Raises:
        NotUsualError: something that this does not read, or a fault; what came before means nothing then.
    """
    known: dict[bytes, Import] = {}
    feed = _Feed(pieces, base)
    for data in feed:
        names: list[bytes] = []
        entries: list[Import] = []
        starts: list[int] = []
        base, start, position = feed.base, 0, 0
        try:
            for _ in range(feed.number):
                start = position
                position += data[position] + 1
                space = data[start:position]
                size = data[position]
                if size < _CONTINUES:
                    begin = position + 1
                else:
                    second = data[position + 1]
                    if second >= _CONTINUES:
                        raise NotUsualError
                    size += (second << 7) - _CONTINUES
                    begin = position + 2
                position = begin + size
                name = data[begin:position]
                kind = data[position]
                end = position + 2
                if kind == _FUNCTION:
                    while data[end - 1] >= _CONTINUES:
                        end += 1
                else:
                    # A global's type; the cursor judges whatever is something else.
                    _, end = data[end], end + 1
                what = space + data[position:end]
                entry = known.get(what)
                if entry is None:
                    entry, read = _read(data, start, types)
                    # Whatever has the same bytes is the same, if they are all.
                    if kind in {_FUNCTION, _GLOBAL} and read == end:
                        known[what] = entry
                    end = read
                names.append(name)
                entries.append(entry)
                starts.append(base + begin)
                position = start = end
        except IndexError:
            pass
        feed.done(start, names)
        yield names, entries, starts
    feed.finish()


def _read(data: bytes, start: int, types: Sequence[CompositeType]) -> tuple[Import, int]:
    """An import as the careful reader reads it, and where it ends."""
    cursor = Cursor(data, start=start)
    try:
        return imports.read_one(cursor, types), cursor.position
    except WasmError as error:
        # Perhaps it is only cut off.
        raise IndexError from error


def export_columns(pieces: Iterable[bytes]) -> Iterator[ExportColumns]:
    """The entries of an export section, some at a time; two may have one name.

    Args:
        pieces: the section's contents.

    Raises:
        NotUsualError: something that this does not read, or a fault; what came before means nothing then.
    """
    feed = _Feed(pieces)
    for data in feed:
        names: list[bytes] = []
        kinds: list[int] = []
        indices: list[int] = []
        start = position = 0
        try:
            for _ in range(feed.number):
                # Not by functions: calls would cost more than what they do.
                size = data[position]
                if size < _CONTINUES:
                    begin = position + 1
                else:
                    second = data[position + 1]
                    if second >= _CONTINUES:
                        raise NotUsualError
                    size += (second << 7) - _CONTINUES
                    begin = position + 2
                position = begin + size
                kind = data[position]
                index = data[position + 1]
                end = position + 2
                if index >= _CONTINUES:
                    second = data[end]
                    end += 1
                    if second < _CONTINUES:
                        index = index & 0x7F | second << 7
                    else:
                        third = data[end]
                        if third >= _CONTINUES:
                            raise NotUsualError
                        index = index & 0x7F | (second & 0x7F) << 7 | third << 14
                        end += 1
                names.append(data[begin:position])
                kinds.append(kind)
                indices.append(index)
                position = start = end
        except IndexError:
            pass
        feed.done(start, names)
        if kinds and max(kinds) >= _MOST_KINDS:
            raise NotUsualError
        yield names, kinds, indices
    feed.finish()


class _Feed:
    """The contents of a section as they come, each time with what was not taken of those before.

    Attributes:
        number: entries that are still to come.
        base: The place in the file where the contents that were given last begin.
    """

    def __init__(self, pieces: Iterable[bytes], base: int = 0) -> None:
        self._pieces = pieces
        self._rest = b""
        self.number = -1
        self.base = base

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self._rest += piece
            if self.number < 0:
                self._begin()
            if self.number >= 0:
                yield self._rest

    def _begin(self) -> None:
        cursor = Cursor(self._rest)
        try:
            self.number = cursor.u32()
        except WasmError as error:
            if len(self._rest) > _LONGEST:
                raise NotUsualError from error
            return
        if self.number > MAX_ITEMS:
            raise NotUsualError
        self._rest = self._rest[cursor.position :]
        self.base += cursor.position

    def done(self, end: int, names: Sequence[bytes]) -> None:
        """Entries were taken, up to ``end``."""
        self._rest = self._rest[end:]
        self.base += end
        self.number -= len(names)
        # What is left is the beginning of one entry, or something that nobody can read.
        if len(self._rest) > _LONGEST or not b"".join(names).isascii():
            raise NotUsualError

    def finish(self) -> None:
        """All was taken."""
        if self.number or self._rest:
            raise NotUsualError
