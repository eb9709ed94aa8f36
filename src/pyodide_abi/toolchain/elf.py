"""The few facts of an ELF file that relocation needs (System V ABI, chapters 4 and 5)."""

from __future__ import annotations

import mmap
import struct
from typing import TYPE_CHECKING, NamedTuple

from pyodide_abi.values import value

if TYPE_CHECKING:
    from pathlib import Path

_MAGIC = b"\x7fELF"
_CLASS_64, _LITTLE_ENDIAN = 2, 1
_PT_LOAD, _PT_DYNAMIC, _PT_INTERP = 1, 2, 3
_DT_NULL, _DT_NEEDED, _DT_STRTAB = 0, 1, 5
#: Bytes in which a library's name ends.
_LONGEST = 4096
_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_PROGRAM = struct.Struct("<IIQQQQQQ")
_DYNAMIC = struct.Struct("<qQ")


@value
class Elf:
    """A dynamically linked program or a shared library.

    Attributes:
        interpreter: the loader that the kernel starts for it; None for a library.
        needed: the libraries it asks for by name.
    """

    interpreter: str | None
    needed: tuple[str, ...]


def read_elf(path: Path) -> Elf | None:
    """What the file asks of a dynamic linker; None for anything that does not ask.

    Static programs, object files, other formats, other byte orders and damaged files are None too: what
    cannot be read is not touched.
    """
    with path.open("rb") as file:
        head = file.read(_HEADER.size)
        readable = head[: len(_MAGIC) + 2] == _MAGIC + bytes((_CLASS_64, _LITTLE_ENDIAN))
        if not readable or len(head) < _HEADER.size:
            return None
        # Slices of a mapping end where the file ends, whatever the headers claim.
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            fields = _HEADER.unpack(head)
            table, entry_size, count = fields[5], fields[9], fields[10]
            raw = data[table : table + entry_size * count]
            if entry_size != _PROGRAM.size or len(raw) < entry_size * count:
                return None
            return _read_dynamic(data, [_Segment(*values) for values in _PROGRAM.iter_unpack(raw)])


def _read_dynamic(data: mmap.mmap, segments: list[_Segment]) -> Elf | None:
    dynamic = next((segment for segment in segments if segment.kind == _PT_DYNAMIC), None)
    if dynamic is None:
        return None
    entries = _entries(data[dynamic.offset : dynamic.offset + dynamic.size])
    strings = next((value for tag, value in entries if tag == _DT_STRTAB), 0)
    base = next((one.offset + strings - one.address for one in segments if one.maps(strings)), None)
    if base is None:
        return None
    interpreters = [
        _text(data[segment.offset : segment.offset + segment.size])
        for segment in segments
        if segment.kind == _PT_INTERP
    ]
    starts = [base + value for tag, value in entries if tag == _DT_NEEDED]
    needed = tuple(_text(data[start : start + _LONGEST]) for start in starts)
    return Elf(interpreter=interpreters[0] if interpreters else None, needed=needed)


class _Segment(NamedTuple):
    """A program header, field by field."""

    kind: int
    flags: int
    offset: int
    address: int
    physical: int
    size: int
    memory: int
    align: int

    def maps(self, address: int) -> bool:
        """The segment is loaded and has this virtual address in it."""
        return self.kind == _PT_LOAD and self.address <= address < self.address + self.size


def _entries(raw: bytes) -> list[tuple[int, int]]:
    entries: list[tuple[int, int]] = []
    for offset in range(0, len(raw) - _DYNAMIC.size + 1, _DYNAMIC.size):
        tag, value = _DYNAMIC.unpack_from(raw, offset)
        if tag == _DT_NULL:
            break
        entries.append((tag, value))
    return entries


def _text(raw: bytes) -> str:
    return raw.split(b"\0", 1)[0].decode(errors="replace")
