"""A module's sections: where each lies in the file. Nothing but headers is read here."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from pyodide_abi.errors import WasmError
from pyodide_abi.values import value
from pyodide_abi.wasm.cursor import Cursor

if TYPE_CHECKING:
    from pyodide_abi.wasm.cursor import Bytes

MAGIC = b"\0asm"
VERSION = 1
HEADER_SIZE = 8
CUSTOM = 0
#: More sections than this are an attack on whoever lists them; real modules have under a hundred.
_MAX_SECTIONS = 100_000


class SectionId(enum.IntEnum):
    """The sections that the core specification knows (section 5.5.2), custom ones apart."""

    TYPE = 1
    IMPORT = 2
    FUNCTION = 3
    TABLE = 4
    MEMORY = 5
    GLOBAL = 6
    EXPORT = 7
    START = 8
    ELEMENT = 9
    CODE = 10
    DATA = 11
    DATA_COUNT = 12
    TAG = 13


#: The order in which they have to stand.
_ORDER = {
    id_: place
    for place, id_ in enumerate(
        (
            SectionId.TYPE,
            SectionId.IMPORT,
            SectionId.FUNCTION,
            SectionId.TABLE,
            SectionId.MEMORY,
            SectionId.TAG,
            SectionId.GLOBAL,
            SectionId.EXPORT,
            SectionId.START,
            SectionId.ELEMENT,
            SectionId.DATA_COUNT,
            SectionId.CODE,
            SectionId.DATA,
        )
    )
}


@value
class Section:
    """Where a section lies; all offsets are in the file.

    Attributes:
        id: 0 for a custom section.
        name: The name, of a custom section as written in it, of another as the specification has it.
        start: The place of the id byte.
        payload: The place of what its size counts: for a custom section, of its name.
        contents: The place of what comes after a custom section's name; otherwise the same as ``payload``.
        end: after its last byte.
    """

    id: int
    name: str
    start: int
    payload: int
    contents: int
    end: int

    @property
    def custom(self) -> bool:
        """It is a custom section."""
        return self.id == CUSTOM

    @property
    def size(self) -> int:
        """Bytes of the payload, as the section's header has it."""
        return self.end - self.payload


def find_sections(view: memoryview) -> tuple[Section, ...]:
    """Locate the sections of a module.

    Raises:
        WasmError: it is not a WebAssembly module, or its sections do not fill it exactly, or they are out of
            order or doubled (core specification, section 5.5.16).
    """
    check_header(view)
    cursor = Cursor(view, start=HEADER_SIZE)
    sections: list[Section] = []
    order = Order()
    while cursor.remaining:
        section = _read_header(cursor)
        order.check(section)
        sections.append(section)
    return tuple(sections)


def check_header(start: Bytes) -> None:
    """Look at the first bytes of a file.

    Raises:
        WasmError: they are not those of a module.
    """
    if bytes(start[:4]) != MAGIC:
        raise WasmError("not a WebAssembly module: it does not begin with \\0asm", offset=0)
    if len(start) < HEADER_SIZE:
        raise WasmError("module: ends in its header", offset=len(start))
    version = int.from_bytes(start[4:HEADER_SIZE], "little")
    if version != VERSION:
        what = "a component, not a core module" if version >> 16 else f"version {version}, not {VERSION}"
        raise WasmError(f"module: {what}", offset=4)


class Order:
    """Sections come in a certain order and, but for custom ones, once (core specification, 5.5.16)."""

    def __init__(self) -> None:
        self._last, self._number = -1, 0

    def check(self, section: Section) -> None:
        """Look at the next section.

        Raises:
            WasmError: it must not stand here.
        """
        self._number += 1
        if self._number > _MAX_SECTIONS:
            raise WasmError(f"module: more than {_MAX_SECTIONS} sections", offset=section.start)
        if not section.custom:
            place = _ORDER[SectionId(section.id)]
            if place <= self._last:
                raise WasmError(f"module: the {section.name} section is out of order", offset=section.start)
            self._last = place


def _read_header(cursor: Cursor) -> Section:
    start = cursor.offset
    id_ = cursor.u8()
    if id_ != CUSTOM and id_ not in _ORDER:
        raise cursor.fault(f"unknown section id {id_}", offset=start)
    size = cursor.u32()
    payload = cursor.offset
    name = "custom" if id_ == CUSTOM else SectionId(id_).name.lower().replace("_", " ")
    if size > cursor.remaining:
        raise cursor.fault(f"{name} section of {size} bytes where {cursor.remaining} are left", offset=start)
    part = cursor.part(size, f"{name} section")
    return Section(
        id=id_,
        name=part.name() if id_ == CUSTOM else name,
        start=start,
        payload=payload,
        contents=part.offset,
        end=cursor.offset,
    )
