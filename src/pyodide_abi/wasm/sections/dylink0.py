"""``dylink.0``: what makes a module a library (tool-conventions, DynamicLinking.md), and the old ``dylink``.

The subsections are kept in the order and number in which they were written, because loaders differ in what
they make of repeated ones; :class:`Dylink` offers the sums. A subsection may be longer than its entries (real
modules exist whose numbers of entries were written wrong), so the excess is kept and can be asked for.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from pyodide_abi.values import replace, value
from pyodide_abi.wasm import encode as enc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.wasm.cursor import Cursor

NAME = "dylink.0"
LEGACY_NAME = "dylink"


class SymbolFlag(enum.IntFlag):
    """Properties of a symbol, in ``dylink.0`` as in ``linking``."""

    WEAK = 0x01
    LOCAL = 0x02
    HIDDEN = 0x04
    UNDEFINED = 0x10
    EXPORTED = 0x20
    EXPLICIT_NAME = 0x40
    NO_STRIP = 0x80
    TLS = 0x100
    ABSOLUTE = 0x200


class SubsectionId(enum.IntEnum):
    """The kinds of subsections (tool conventions, DynamicLinking.md, "The "dylink.0" Section")."""

    MEM_INFO = 1
    NEEDED = 2
    EXPORT_INFO = 3
    IMPORT_INFO = 4
    RUNTIME_PATH = 5


#: The bits of a symbol's flags that say how it is bound.
BINDING = 0x03


@value
class MemoryInfo:
    """What to reserve; sizes in bytes and table elements, alignments as powers of two."""

    memory_size: int
    memory_align: int
    table_size: int
    table_align: int
    excess: bytes = b""


@value(kw_only=False)
class Needed:
    """Libraries to load first."""

    names: tuple[str, ...]
    excess: bytes = b""


@value
class ExportInfo:
    """Flags of an export."""

    name: str
    flags: int


@value
class ImportInfo:
    """Flags of an import."""

    module: str
    name: str
    flags: int

    @property
    def weak(self) -> bool:
        """It may stay without a provider."""
        return self.flags & BINDING == SymbolFlag.WEAK


@value(kw_only=False)
class ExportInfos:
    """Flags of exports that have any."""

    entries: tuple[ExportInfo, ...]
    excess: bytes = b""


@value(kw_only=False)
class ImportInfos:
    """Flags of imports that have any."""

    entries: tuple[ImportInfo, ...]
    excess: bytes = b""


@value(kw_only=False)
class RuntimePath:
    """Where to look for needed libraries."""

    paths: tuple[str, ...]
    excess: bytes = b""


@value
class Unknown:
    """A subsection of an id that we do not know."""

    id: int
    content: bytes
    excess: bytes = b""


#: Linkers write five at most; anything near this many only costs time and memory.
_MOST_SUBSECTIONS = 1000

Subsection: TypeAlias = MemoryInfo | Needed | ExportInfos | ImportInfos | RuntimePath | Unknown
_Some = TypeVar("_Some", bound=Subsection)


@value
class Dylink:
    """The section's contents.

    Attributes:
        subsections: as they were written.
        legacy: Whether it is the older ``dylink``, which has no subsections: they stand for its fields.
    """

    subsections: tuple[Subsection, ...]
    legacy: bool = False

    @property
    def memory(self) -> MemoryInfo | None:
        """What to reserve; the last if there are several."""
        return next(reversed(list(self._each(MemoryInfo))), None)

    @property
    def needed(self) -> tuple[str, ...]:
        """All needed libraries."""
        return tuple(name for part in self._each(Needed) for name in part.names)

    @property
    def exports(self) -> tuple[ExportInfo, ...]:
        """All export flags."""
        return tuple(entry for part in self._each(ExportInfos) for entry in part.entries)

    @property
    def imports(self) -> tuple[ImportInfo, ...]:
        """All import flags."""
        return tuple(entry for part in self._each(ImportInfos) for entry in part.entries)

    @property
    def runtime_paths(self) -> tuple[str, ...]:
        """All run paths."""
        return tuple(path for part in self._each(RuntimePath) for path in part.paths)

    @property
    def weak_imports(self) -> frozenset[str]:
        """The names of imports that may stay without a provider, as loaders see them: without the module."""
        return frozenset(entry.name for entry in self.imports if entry.weak)

    @property
    def excess(self) -> int:
        """Bytes inside subsections that belong to none of their entries.

        A loader that goes by entries and not by sizes takes them for further subsections.
        """
        return sum(len(part.excess) for part in self.subsections)

    def _each(self, kind: type[_Some]) -> Iterator[_Some]:
        return (part for part in self.subsections if isinstance(part, kind))


def decode(cursor: Cursor) -> Dylink:
    """Read the contents of ``dylink.0``.

    Raises:
        WasmError: a subsection's contents do not fit its size.
    """
    subsections: list[Subsection] = []
    while cursor.remaining:
        if len(subsections) >= _MOST_SUBSECTIONS:
            raise cursor.fault(f"more than {_MOST_SUBSECTIONS} subsections")
        id_, size = cursor.u8(), cursor.u32()
        part = cursor.part(size, f"{cursor.within} subsection {id_}")
        subsection = _read(part, id_)
        subsections.append(replace(subsection, excess=part.rest()) if part.remaining else subsection)
    return Dylink(subsections=tuple(subsections))


def encode(dylink: Dylink) -> bytes:
    """The counterpart of :func:`decode`, or of :func:`decode_legacy` for the older section.

    Raises:
        ValueError: the older section cannot hold what it should.
    """
    if dylink.legacy:
        return _encode_legacy(dylink)
    return b"".join(
        bytes([id_]) + enc.sized(content + part.excess)
        for part in dylink.subsections
        for id_, content in [_write(part)]
    )


def decode_legacy(cursor: Cursor) -> Dylink:
    """Read the contents of ``dylink``.

    Raises:
        WasmError: they are not what the name says.
    """
    memory, needed = _read_memory(cursor), _read_names(cursor)
    cursor.finish()
    return Dylink(subsections=(memory, Needed(needed)), legacy=True)


def _encode_legacy(dylink: Dylink) -> bytes:
    match dylink.subsections:
        case (MemoryInfo() as memory, Needed() as needed):
            return _write(memory)[1] + _write(needed)[1]
        case _:
            raise ValueError("the older dylink section holds memory information and needed libraries only")


def _read(cursor: Cursor, id_: int) -> Subsection:
    match id_:
        case SubsectionId.MEM_INFO:
            return _read_memory(cursor)
        case SubsectionId.NEEDED:
            return Needed(_read_names(cursor))
        case SubsectionId.EXPORT_INFO:
            number = cursor.count(smallest=2)
            return ExportInfos(
                tuple(ExportInfo(name=cursor.name(), flags=cursor.u32()) for _ in range(number))
            )
        case SubsectionId.IMPORT_INFO:
            number = cursor.count(smallest=3)
            return ImportInfos(
                tuple(
                    ImportInfo(module=cursor.name(), name=cursor.name(), flags=cursor.u32())
                    for _ in range(number)
                )
            )
        case SubsectionId.RUNTIME_PATH:
            return RuntimePath(_read_names(cursor))
        case _:
            return Unknown(id=id_, content=cursor.rest())


def _read_memory(cursor: Cursor) -> MemoryInfo:
    return MemoryInfo(
        memory_size=cursor.u32(),
        memory_align=cursor.u32(),
        table_size=cursor.u32(),
        table_align=cursor.u32(),
    )


def _read_names(cursor: Cursor) -> tuple[str, ...]:
    return tuple(cursor.name() for _ in range(cursor.count()))


def _write(part: Subsection) -> tuple[int, bytes]:
    match part:
        case MemoryInfo():
            numbers = (part.memory_size, part.memory_align, part.table_size, part.table_align)
            return SubsectionId.MEM_INFO, b"".join(map(enc.unsigned, numbers))
        case Needed():
            return SubsectionId.NEEDED, enc.vector(map(enc.name, part.names))
        case ExportInfos():
            return SubsectionId.EXPORT_INFO, enc.vector(
                enc.name(entry.name) + enc.unsigned(entry.flags) for entry in part.entries
            )
        case ImportInfos():
            return SubsectionId.IMPORT_INFO, enc.vector(
                enc.name(entry.module) + enc.name(entry.name) + enc.unsigned(entry.flags)
                for entry in part.entries
            )
        case RuntimePath():
            return SubsectionId.RUNTIME_PATH, enc.vector(map(enc.name, part.paths))
        case Unknown():
            return part.id, part.content
