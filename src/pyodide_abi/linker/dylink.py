"""The dylink section as the loader reads it: entry by entry, whatever the sizes say (loader.md, section 1).

:mod:`pyodide_abi.wasm` reads the section as its specification has it and refuses what does not fit. The
loader believes every count, goes by the entries' contents, reads on into whatever follows, and takes bytes
beyond the end of the file for zeros. What it makes of such a section is what decides a load.
"""

from __future__ import annotations

from pyodide_abi.values import value
from pyodide_abi.wasm.sections.dylink0 import BINDING, MemoryInfo, SubsectionId, SymbolFlag

_HEADER = 8
_LONGEST_LEB = 32
#: Entries read beyond the end of the file are empty, so that no count has to be believed there.
_BEYOND = 1
#: Entries and subsections that are read in all. The loader itself has no such bound.
_MOST_ENTRIES = 1_000_000
#: So many needed libraries and run paths are kept. The loader stops at the first one that is missing.
_MOST_NAMES = 1_000


@value
class LooseDylink:
    """What the loader takes from the section.

    Attributes:
        memory: what to reserve; None where the section does not say.
        needed: all needed libraries, in order.
        needed_last: those of the last list alone, which is all that later loaders keep.
        run_paths: those of the last list.
        weak: names of imports that may stay without a provider.
    """

    memory: MemoryInfo | None = None
    needed: tuple[str, ...] = ()
    needed_last: tuple[str, ...] = ()
    run_paths: tuple[str, ...] = ()
    weak: frozenset[str] = frozenset()


class CutOffError(Exception):
    """What the loader reads goes beyond the part of a file that is there."""


def read_loosely(data: bytes | memoryview, *, legacy: bool, whole: bool = True) -> LooseDylink:
    """Read the section that a file begins with.

    Args:
        data: a file whose first section is a custom one of the right name.
        legacy: the section is called ``dylink`` and has no subsections.
        whole: the data are the whole file, not its beginning.

    Raises:
        CutOffError: the answer depends on what is behind the beginning of a file.
    """
    reader = _Reader(data, _HEADER + 1, whole=whole)
    size = reader.leb()
    end = reader.position + size
    reader.string()
    return _read_legacy(reader) if legacy else _read_subsections(reader, end)


def _read_legacy(reader: _Reader) -> LooseDylink:
    memory, needed = reader.memory(), reader.strings()
    return LooseDylink(memory=memory, needed=needed, needed_last=needed)


def _read_subsections(reader: _Reader, end: int) -> LooseDylink:
    memory: MemoryInfo | None = None
    needed: list[str] = []
    needed_last: tuple[str, ...] = ()
    run_paths: tuple[str, ...] = ()
    weak: set[str] = set()
    reader.expect(end)
    while reader.position < min(end, reader.end) and reader.entries_left:
        reader.entries_left -= 1
        id_, size = reader.byte(), reader.leb()
        match id_:
            case SubsectionId.MEM_INFO:
                memory = reader.memory()
            case SubsectionId.NEEDED:
                needed_last = reader.strings()
                needed += needed_last[: _MOST_NAMES - len(needed)]
            case SubsectionId.EXPORT_INFO:
                for _ in reader.entries():
                    reader.string()
                    reader.leb()
            case SubsectionId.IMPORT_INFO:
                for _ in reader.entries():
                    reader.string()
                    name, flags = reader.string(), reader.leb()
                    if flags & BINDING == SymbolFlag.WEAK:
                        weak.add(name)
            case SubsectionId.RUNTIME_PATH:
                run_paths = reader.strings()
            case _:
                reader.position += size
    return LooseDylink(
        memory=memory,
        needed=tuple(needed),
        needed_last=needed_last,
        run_paths=run_paths,
        weak=frozenset(weak),
    )


class _Reader:
    """Reads a whole file without ever failing: there are only zeros behind the end."""

    def __init__(self, data: bytes | memoryview, position: int, *, whole: bool) -> None:
        self._data = data
        self._whole = whole
        self.position = position
        self.end = len(data)
        self.entries_left = _MOST_ENTRIES

    def expect(self, end: int) -> None:
        """Something is read up to here."""
        if end > self.end and not self._whole:
            raise CutOffError

    def byte(self) -> int:
        self.expect(self.position + 1)
        value = self._data[self.position] if self.position < self.end else 0
        self.position += 1
        return value

    def leb(self) -> int:
        value = shift = 0
        while True:
            byte = self.byte()
            if shift < _LONGEST_LEB:
                value |= (byte & 0x7F) << shift
            if byte < 0x80:  # noqa: PLR2004 - LEB128's continuation bit
                return value & 0xFFFFFFFF
            shift += 7

    def memory(self) -> MemoryInfo:
        return MemoryInfo(
            memory_size=self.leb(), memory_align=self.leb(), table_size=self.leb(), table_align=self.leb()
        )

    def string(self) -> str:
        length = self.leb()
        start, self.position = self.position, self.position + length
        self.expect(self.position)
        return bytes(self._data[start : self.position]).decode("utf-8", "replace")

    def entries(self) -> range:
        """One number for each entry; beyond the end of the file one empty entry stands for all others."""
        claimed = self.leb()
        number = min(claimed, max(self.end - self.position, 0) + _BEYOND, self.entries_left)
        # No entry is smaller than a byte.
        self.expect(self.position + min(claimed, self.entries_left))
        self.entries_left -= number
        return range(number)

    def strings(self) -> tuple[str, ...]:
        """The first of a list, which is gone over to its end."""
        found: list[str] = []
        for _ in self.entries():
            string = self.string()
            if len(found) < _MOST_NAMES:
                found.append(string)
        return tuple(found)
