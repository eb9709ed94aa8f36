"""A module that arrives piece by piece, as a decompressor makes it: sections in the order of the file.

Whoever reads it takes from each section what is wanted and lets go of the rest, so that never more than the
largest section is held, and not the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.errors import WasmError
from pyodide_abi.wasm.columns import NotUsualError
from pyodide_abi.wasm.cursor import Cursor
from pyodide_abi.wasm.frame import Frame
from pyodide_abi.wasm.imported import ByKind
from pyodide_abi.wasm.section_table import CUSTOM, HEADER_SIZE, Order, Section, SectionId, check_header

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from pyodide_abi.wasm.cursor import Bytes
    from pyodide_abi.wasm.imported import Imported

_CONTINUES = 0x80
#: Bytes of a section's size at most.
_LONGEST_SIZE = 5
#: So much of the file stays, in bytes. Loaders read on behind sections' ends.
_BEGINNING = 1 << 16


class StreamedFrame(Frame):
    """A module of which only some sections are held.

    Its ``sections`` are known when the last one has come. Whoever asks for a section that went by is told to
    read the file another way.

    Attributes:
        beginning: The first bytes of the file, when the last section has come.
    """

    def __init__(self) -> None:
        super().__init__(())
        self.beginning = b""
        self._held: dict[int, Bytes] = {}
        self._imported = ByKind().imported()

    @property
    def imported(self) -> Imported:
        """The imports by kind; none before :meth:`take_imports`."""
        return self._imported

    def take_imports(self, imported: Imported) -> None:
        """Note the imports, which stand before whatever refers to them."""
        self._imported = imported

    def view(self, section: Section) -> Bytes:
        """A section's contents.

        Raises:
            NotUsualError: they are held no longer.
        """
        held = self._held.get(section.start)
        if held is None:
            raise NotUsualError
        return held

    def holds(self, section: Section) -> bool:
        """A section's contents are there."""
        return section.start in self._held

    def drop(self, section: Section) -> None:
        """Hold a section's contents no longer."""
        del self._held[section.start]

    def receive(
        self, pieces: Iterable[bytes], size: int, *, passing: Collection[SectionId] = ()
    ) -> Iterator[tuple[Section, Iterator[bytes]]]:
        """Take the module's bytes and yield each section when its contents are there.

        Args:
            pieces: the file.
            size: The size of the file, in bytes.
            passing: sections that are not held at all: their contents come in pieces with them, which are
                to be taken before the next section is asked for.

        Raises:
            WasmError: as for :func:`~pyodide_abi.wasm.module.read_module`, in other words for some faults.
        """
        stream = _Stream(pieces, size)
        check_header(stream.take(HEADER_SIZE))
        order = Order()
        sections: list[Section] = []
        while stream.left:
            id_, start, length = _header(stream)
            payload = stream.position
            if id_ in passing:
                section = _standard(id_, start, payload, length)
                contents = stream.passing(length)
            else:
                section, self._held[start] = _whole(id_, start, payload, stream.take(length))
                contents = iter(())
            order.check(section)
            sections.append(section)
            if not section.custom:
                self._standard[section.id] = section
            yield section, contents
        self.sections = tuple(sections)
        self.beginning = bytes(stream.beginning)


def _header(stream: _Stream) -> tuple[int, int, int]:
    """The id of the next section, where it starts, and the size of its payload."""
    start = stream.position
    head = bytearray(stream.take(2))
    while head[-1] & _CONTINUES and len(head) <= _LONGEST_SIZE:
        head += stream.take(1)
    if head[0] not in set(SectionId) | {CUSTOM}:
        raise WasmError(f"module: unknown section id {head[0]}", offset=start)
    return head[0], start, Cursor(head, start=1).u32()


def _standard(id_: int, start: int, payload: int, length: int) -> Section:
    name = SectionId(id_).name.lower().replace("_", " ")
    return Section(id=id_, name=name, start=start, payload=payload, contents=payload, end=payload + length)


def _whole(id_: int, start: int, payload: int, contents: Bytes) -> tuple[Section, Bytes]:
    """A section, and its contents without a custom section's name."""
    end = payload + len(contents)
    if id_ != CUSTOM:
        return _standard(id_, start, payload, len(contents)), contents
    cursor = Cursor(contents, base=payload, within="custom section")
    name = cursor.name()
    section = Section(id=id_, name=name, start=start, payload=payload, contents=cursor.offset, end=end)
    return section, contents[cursor.position :]


class _Stream:
    """Bytes from pieces, in whatever numbers they are wanted."""

    def __init__(self, pieces: Iterable[bytes], size: int) -> None:
        self._pieces = iter(pieces)
        self._piece = b""
        self._at = 0
        self.position = 0
        self.left = size
        self.beginning = bytearray()

    def take(self, number: int) -> Bytes:
        """The next bytes.

        Raises:
            WasmError: there are fewer.
        """
        self._claim(number)
        end = self._at + number
        if end <= len(self._piece):
            start, self._at = self._at, end
            return self._piece[start:end]
        # Room for all at once: what grows is moved about.
        taken = bytearray(number)
        filled = 0
        for part in self._parts(number):
            taken[filled : filled + len(part)] = part
            filled += len(part)
        return taken

    def passing(self, number: int) -> Iterator[bytes]:
        """The next bytes, as they come.

        Raises:
            WasmError: there are fewer.
        """
        self._claim(number)
        # A piece that is wanted whole is not copied.
        return (part if type(part) is bytes else bytes(part) for part in self._parts(number))

    def _claim(self, number: int) -> None:
        if number > self.left:
            raise WasmError(f"module: wants {number} bytes where {self.left} are left", offset=self.position)
        self.position += number
        self.left -= number

    def _parts(self, number: int) -> Iterator[bytes | memoryview]:
        while number:
            while self._at == len(self._piece):
                piece = next(self._pieces, None)
                if piece is None:
                    raise WasmError("module: ends before its end", offset=self.position)
                self._piece, self._at = piece, 0
                self.beginning += piece[: max(_BEGINNING - len(self.beginning), 0)]
            part: bytes | memoryview = self._piece
            if self._at or number < len(part):
                part = memoryview(part)[self._at : self._at + number]
            self._at += len(part)
            number -= len(part)
            yield part
