"""Python's strings that a module cuts out of one long text, and functions whose full names are among them.

Cython from 3.2 on keeps all strings of a module in one text, packed by zlib where that is shorter, and their
lengths in an array. The objects that it makes of functions get a table of one method and such a string: the
name of the function in its class.
"""

from __future__ import annotations

import itertools
import zlib
from typing import TYPE_CHECKING

from pyodide_abi.signatures.layouts import DECODING, WORD
from pyodide_abi.signatures.symbolic import MEMORY, Pointer, is_function, options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pyodide_abi.signatures.memory import Image
    from pyodide_abi.signatures.symbolic import Value
    from pyodide_abi.signatures.table_reader import TableReader

#: Gives packed bytes to Python.
_VIEWING = "PyMemoryView_FromMemory"
#: Bytes of a text, and numbers of an array.
_LONGEST, _MOST_NUMBERS = 1 << 20, 1 << 16
#: Texts that are looked at in a module, arrays that are looked for, and places where one may begin. A module
#: made by Cython has one text; others could have this done for each call that is followed.
_MOST_TEXTS, _MOST_ARRAYS, _MOST_TRIED = 16, 4, 20
#: Arguments of both that matter: where bytes begin, and their number.
_PLACE, _SIZE = 0, 1


class JoinedTexts:
    """Knows the strings that are cut out of one text."""

    def __init__(
        self, reader: TableReader, image: Image, before: Callable[[str, Sequence[Value], Value], None]
    ) -> None:
        """Begin.

        Args:
            reader: knows the memory and Python's strings, and is told of names.
            image: what the data segments say.
            before: is told first of each call that is seen.
        """
        self._reader = reader
        self._image = image
        self._before = before
        #: The text, in bytes, where its first string begins, how long that is, and what was made of it.
        self._text = b""
        self._first: tuple[Pointer, int, Value] | None = None
        #: Texts and arrays that may still be looked for, and bytes of strings that may still be made.
        self._texts, self._arrays, self._bytes = _MOST_TEXTS, _MOST_ARRAYS, _LONGEST

    def seen(self, function: str, args: Sequence[Value], made: Value) -> None:
        """An imported function was called, and returned something."""
        self._before(function, args, made)
        if function not in {DECODING, _VIEWING} or len(args) <= _SIZE:
            return
        place = next((one for one in options(args[_PLACE]) if type(one) is Pointer), None)
        size = args[_SIZE]
        if place is None or type(size) is not int:
            return
        if function == _VIEWING:
            if place.region == MEMORY and self._may_look():
                self._text, self._first = _unpacked(self._image.read(place.offset, size)), None
        elif type(made) is Pointer:
            self._cut(place, size, made)

    def _cut(self, place: Pointer, size: int, made: Pointer) -> None:
        """A string is made of a part of a text."""
        if place.region == MEMORY and self._first is None:
            if not self._may_look():
                return
            found, zero, _ = (self._image.read(place.offset, _LONGEST) or b"").partition(b"\0")
            self._text = found if zero else b""
        if not self._text:
            return
        if self._first is None or self._first[0].region != place.region:
            self._first = (place, size, made)
        start, first_size, first = self._first
        begin = place.offset - start.offset
        text = self._text[begin : begin + size]
        self._bytes -= len(text)
        if self._bytes < 0:
            return
        self._reader.names.know(made, text)
        if begin and begin == first_size and self._arrays:
            self._arrays -= 1
            table = self._reader.names.memory.place_of(first)
            if table is not None:
                self._fill(table, [first_size, size])

    def _may_look(self) -> bool:
        self._texts -= 1
        return self._texts >= 0

    def _fill(self, table: Pointer, first: Sequence[int]) -> None:
        """Put names of functions in classes where the module will: its loop is not followed to the end."""
        names = self._reader.names
        begin = 0
        for number, size in enumerate(_lengths(self._image, first, len(self._text))):
            text = self._text[begin : begin + size]
            begin += size
            if b"." in text:
                made = names.memory.make("object")
                names.know(made, text)
                names.memory.store(Pointer(table.region, table.offset + WORD * number), made)

    def called(self, args: Sequence[Value]) -> None:
        """A function of the module is called: given a table of one method, and its name in its class?"""
        table, names = args[0] if args else None, self._reader.names
        if type(table) is not Pointer or table.region != MEMORY:
            return
        name, function = (names.memory.load(Pointer(MEMORY, table.offset + step)) for step in (0, WORD))
        text = names.memory.text(name) if is_function(function) else ""
        if not text.isidentifier():
            return
        for one in itertools.chain(*map(options, args[1:])):
            full = names.text(one) if type(one) is Pointer else ""
            owner, _, last = full.rpartition(".")
            if last == text and all(part.isidentifier() for part in owner.split(".")):
                self._reader.full_names[table.offset] = full


def _unpacked(packed: bytes | None) -> bytes:
    """What zlib has packed; empty where it is something else."""
    stream = zlib.decompressobj()
    try:
        text = stream.decompress(packed or b"", _LONGEST)
    except zlib.error:
        return b""
    return text if stream.eof and not stream.unused_data else b""


def _lengths(image: Image, first: Sequence[int], whole: int) -> list[int]:
    """The one array in the data that begins with some lengths and adds up to the whole; else empty."""
    found = []
    beginning = b"".join(size.to_bytes(WORD, "little") for size in first)
    for contents in itertools.islice(_behind(image, beginning), _MOST_TRIED):
        sizes, left = list[int](), whole
        for at in range(0, len(contents) - WORD + 1, WORD):
            size = int.from_bytes(contents[at : at + WORD], "little")
            left -= size
            if left < 0:
                break
            sizes.append(size)
            if not left:
                found.append(sizes)
                break
    return found[0] if len(found) == 1 else []


def _behind(image: Image, some: bytes) -> Iterator[bytes]:
    """Numbers in the segments that begin with some bytes, wherever these are."""
    for _, contents in image.parts:
        held = bytes(contents)
        at = held.find(some)
        while at >= 0:
            yield held[at : at + WORD * _MOST_NUMBERS]
            at = held.find(some, at + 1)
