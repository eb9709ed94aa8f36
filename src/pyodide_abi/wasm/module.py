"""A module: its sections located at once, each one's contents decoded when first asked for.

Nothing is copied until a section is decoded, and the code section never is, so a module of 150 MB costs a few
microseconds until somebody asks for something.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pyodide_abi.errors import WasmError
from pyodide_abi.wasm.cursor import Cursor
from pyodide_abi.wasm.sections import (
    data,
    dylink0,
    elements,
    exports,
    functions,
    globals,  # noqa: A004 - a section is called as the specification calls it
    imports,
    linking,
    memories,
    names,
    producers,
    start,
    tables,
    tags,
    target_features,
    types,
)
from pyodide_abi.wasm.types import Kind, TagType

if TYPE_CHECKING:
    from pyodide_abi.wasm.cursor import Bytes
    from pyodide_abi.wasm.sections.data import DataSegment
    from pyodide_abi.wasm.sections.dylink0 import Dylink
    from pyodide_abi.wasm.sections.elements import ElementSegment
    from pyodide_abi.wasm.sections.exports import Export
    from pyodide_abi.wasm.sections.globals import Global
    from pyodide_abi.wasm.sections.imports import Import
    from pyodide_abi.wasm.sections.linking import Linking
    from pyodide_abi.wasm.sections.producers import Field
    from pyodide_abi.wasm.sections.tables import Table
    from pyodide_abi.wasm.sections.target_features import TargetFeature
    from pyodide_abi.wasm.sections.types import Group
    from pyodide_abi.wasm.types import CompositeType, ExternType, FuncType, MemoryType

MAGIC = b"\0asm"
VERSION = 1
_HEADER = 8
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


class Form(enum.StrEnum):
    """What a module is for."""

    SIDE_MODULE = "side module"
    OBJECT = "object file"
    PLAIN = "plain module"


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """Where a section lies; all offsets are in the file.

    Attributes:
        id: 0 for a custom section.
        name: of a custom section as written in it; of another as the specification calls it.
        start: of the id byte.
        payload: of what its size counts: for a custom section, of its name.
        contents: of what comes after a custom section's name; otherwise the same as ``payload``.
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


class Module:
    """A module of which only the section headers have been read; made by :func:`read_module`.

    Every property below decodes at its first use and raises :class:`WasmError` for malformed contents. A
    section that is not there is empty.

    Attributes:
        data: the whole file; the caller keeps it alive.
        sections: in the order of the file.
    """

    def __init__(self, data: memoryview, sections: tuple[Section, ...]) -> None:
        self.data = data
        self.sections = sections
        self._standard = {section.id: section for section in sections if not section.custom}

    def find(self, id_: SectionId) -> Section | None:
        """A section of the core specification."""
        return self._standard.get(id_)

    def custom(self, name: str) -> Section | None:
        """The first custom section of this name."""
        return next((section for section in self.sections if section.custom and section.name == name), None)

    def contents(self, section: Section) -> bytes:
        """A copy of a section's contents, without a custom section's name."""
        return bytes(self.data[section.contents : section.end])

    @cached_property
    def form(self) -> Form:
        """What the module is for."""
        if self.dylink_section is not None:
            return Form.SIDE_MODULE
        return Form.OBJECT if self.custom(linking.NAME) else Form.PLAIN

    @cached_property
    def type_groups(self) -> tuple[Group, ...]:
        """The type section as it is written."""
        cursor = self._cursor(SectionId.TYPE)
        return types.decode(cursor) if cursor else ()

    @cached_property
    def types(self) -> tuple[CompositeType, ...]:
        """Types by index."""
        return types.flatten(self.type_groups)

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """Imports with their types."""
        cursor = self._cursor(SectionId.IMPORT)
        return imports.decode(cursor, self.types) if cursor else ()

    @cached_property
    def functions(self) -> tuple[int, ...]:
        """The type index of each defined function."""
        cursor = self._cursor(SectionId.FUNCTION)
        return functions.decode(cursor) if cursor else ()

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """Defined tables."""
        cursor = self._cursor(SectionId.TABLE)
        return tables.decode(cursor) if cursor else ()

    @cached_property
    def memories(self) -> tuple[MemoryType, ...]:
        """Defined memories."""
        cursor = self._cursor(SectionId.MEMORY)
        return memories.decode(cursor) if cursor else ()

    @cached_property
    def globals(self) -> tuple[Global, ...]:
        """Defined globals."""
        cursor = self._cursor(SectionId.GLOBAL)
        return globals.decode(cursor) if cursor else ()

    @cached_property
    def tags(self) -> tuple[int, ...]:
        """The type index of each defined tag."""
        cursor = self._cursor(SectionId.TAG)
        return tags.decode(cursor) if cursor else ()

    @cached_property
    def exports(self) -> tuple[Export, ...]:
        """Exports; :meth:`type_of` gives their types."""
        cursor = self._cursor(SectionId.EXPORT)
        return exports.decode(cursor) if cursor else ()

    @cached_property
    def start(self) -> int | None:
        """The function that runs at instantiation."""
        cursor = self._cursor(SectionId.START)
        return start.decode(cursor) if cursor else None

    @cached_property
    def elements(self) -> tuple[ElementSegment, ...]:
        """Element segments."""
        cursor = self._cursor(SectionId.ELEMENT)
        return elements.decode(cursor) if cursor else ()

    @cached_property
    def data_segments(self) -> tuple[DataSegment, ...]:
        """Data segments: where their bytes are."""
        section = self.find(SectionId.DATA)
        if section is None:
            return ()
        # Over the whole file without a copy: this section can be most of it.
        cursor = Cursor(self.data, start=section.contents, end=section.end, within=f"{section.name} section")
        return data.decode(cursor)

    @cached_property
    def dylink_section(self) -> Section | None:
        """The section ``dylink.0`` or, without one, the older ``dylink``, wherever it stands."""
        return self.custom(dylink0.NAME) or self.custom(dylink0.LEGACY_NAME)

    @cached_property
    def dylink(self) -> Dylink | None:
        """What makes the module a library; None where it is none."""
        section = self.dylink_section
        if section is None:
            return None
        decode = dylink0.decode_legacy if section.name == dylink0.LEGACY_NAME else dylink0.decode
        return decode(self._cursor_over(section))

    @cached_property
    def linking(self) -> Linking | None:
        """The symbol table of an object file; None for any other module."""
        section = self.custom(linking.NAME)
        return linking.decode(self._cursor_over(section), self.imports) if section else None

    @cached_property
    def producers(self) -> tuple[Field, ...]:
        """The tools that made the module."""
        section = self.custom(producers.NAME)
        return producers.decode(self._cursor_over(section)) if section else ()

    @cached_property
    def target_features(self) -> tuple[TargetFeature, ...]:
        """What the compiler was told it may use."""
        section = self.custom(target_features.NAME)
        return target_features.decode(self._cursor_over(section)) if section else ()

    @cached_property
    def function_names(self) -> dict[int, str]:
        """Names for people, by function index, from the ``name`` section."""
        return self._name_map(names.FUNCTIONS)

    @cached_property
    def space(self) -> dict[Kind, tuple[ExternType, ...]]:
        """What each index stands for, by kind: the imported things first, then the defined ones.

        Functions are not in it: a large module defines hundreds of thousands. See :meth:`type_of_index`.
        """
        imported: dict[Kind, list[ExternType]] = {kind: [] for kind in Kind}
        for entry in self.imports:
            imported[entry.kind].append(entry.type)
        defined: dict[Kind, list[ExternType]] = {
            Kind.FUNCTION: [],
            Kind.TABLE: [table.type for table in self.tables],
            Kind.MEMORY: list(self.memories),
            Kind.GLOBAL: [entry.type for entry in self.globals],
            Kind.TAG: [TagType(self.func_type(index)) for index in self.tags],
        }
        return {kind: (*imported[kind], *defined[kind]) for kind in Kind}

    def func_type(self, index: int) -> FuncType:
        """The function type of a type index.

        Raises:
            WasmError: there is no function type of that index.
        """
        section = self.find(SectionId.TYPE)
        cursor = Cursor(b"", base=section.start if section else 0, within="type section")
        return imports.function_type(cursor, self.types, index)

    def type_of_index(self, kind: Kind, index: int) -> ExternType:
        """The type of a function, table, memory, global or tag.

        Raises:
            WasmError: there is none of that index.
        """
        known = self.space[kind]
        if index < len(known):
            return known[index]
        defined = index - len(known)
        if kind is Kind.FUNCTION and defined < len(self.functions):
            return self.func_type(self.functions[defined])
        raise WasmError(f"module: there is no {kind} of index {index}", offset=_HEADER)

    def type_of(self, export: Export) -> ExternType:
        """The type of an export.

        Raises:
            WasmError: it exports what is not there.
        """
        return self.type_of_index(export.kind, export.index)

    def _name_map(self, wanted: int) -> dict[int, str]:
        section = self.custom(names.NAME)
        if section is None:
            return {}
        cursor = Cursor(self.data, start=section.contents, end=section.end, within="name section")
        parts = dict(names.decode(cursor))
        return names.decode_map(parts[wanted]) if wanted in parts else {}

    def _cursor(self, id_: SectionId) -> Cursor | None:
        section = self.find(id_)
        return self._cursor_over(section) if section else None

    def _cursor_over(self, section: Section) -> Cursor:
        return Cursor(self.contents(section), base=section.contents, within=f"{section.name} section")


def read_module(data: Bytes) -> Module:
    """Locate a module's sections.

    Args:
        data: the whole file, or a view of it (of a memory map, say); it is not copied.

    Raises:
        WasmError: it is not a WebAssembly module, or its sections do not fill it exactly, or they are out of
            order or doubled (core specification, section 5.5.16).
    """
    view = memoryview(data)
    if bytes(view[:4]) != MAGIC:
        raise WasmError("not a WebAssembly module: it does not begin with \\0asm", offset=0)
    if len(view) < _HEADER:
        raise WasmError("module: ends in its header", offset=len(view))
    version = int.from_bytes(view[4:_HEADER], "little")
    if version != VERSION:
        what = "a component, not a core module" if version >> 16 else f"version {version}, not {VERSION}"
        raise WasmError(f"module: {what}", offset=4)
    cursor = Cursor(view, start=_HEADER)
    sections: list[Section] = []
    last = -1
    while cursor.remaining:
        section = _read_header(cursor)
        if not section.custom:
            place = _ORDER[SectionId(section.id)]
            if place <= last:
                raise WasmError(f"module: the {section.name} section is out of order", offset=section.start)
            last = place
        sections.append(section)
        if len(sections) > _MAX_SECTIONS:
            raise WasmError(f"module: more than {_MAX_SECTIONS} sections", offset=section.start)
    return Module(view, tuple(sections))


def _read_header(cursor: Cursor) -> Section:
    start = cursor.offset
    id_ = cursor.u8()
    if id_ != CUSTOM and id_ not in _ORDER:
        raise cursor.fault(f"unknown section id {id_}", offset=start)
    size = cursor.u32()
    payload = cursor.offset
    if size > cursor.remaining:
        what = SectionId(id_).name.lower().replace("_", " ") if id_ != CUSTOM else "custom"
        raise cursor.fault(f"{what} section of {size} bytes where {cursor.remaining} are left", offset=start)
    part = cursor.part(size, "custom section" if id_ == CUSTOM else "section")
    name = part.name() if id_ == CUSTOM else SectionId(id_).name.lower().replace("_", " ")
    return Section(
        id=id_,
        name=name,
        start=start,
        payload=payload,
        contents=part.offset,
        end=cursor.offset,
    )
