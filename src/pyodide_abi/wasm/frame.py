"""What is known of a module without the names that it imports and exports, and without its code.

A module that is held whole has more to say (:class:`~pyodide_abi.wasm.module.Module`); one that arrives piece
by piece has this much (:class:`~pyodide_abi.wasm.stream.StreamedFrame`).
"""

from __future__ import annotations

import enum
from functools import cached_property
from typing import TYPE_CHECKING

from pyodide_abi.errors import WasmError
from pyodide_abi.wasm.cursor import Cursor
from pyodide_abi.wasm.section_table import HEADER_SIZE, SectionId
from pyodide_abi.wasm.sections import (
    data,
    dylink0,
    elements,
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
from pyodide_abi.wasm.types import FuncType, Kind, TagType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyodide_abi.wasm.cursor import Bytes
    from pyodide_abi.wasm.imported import Imported
    from pyodide_abi.wasm.section_table import Section
    from pyodide_abi.wasm.sections.data import DataSegment
    from pyodide_abi.wasm.sections.dylink0 import Dylink
    from pyodide_abi.wasm.sections.elements import ElementSegment
    from pyodide_abi.wasm.sections.globals import Global
    from pyodide_abi.wasm.sections.producers import Field
    from pyodide_abi.wasm.sections.tables import Table
    from pyodide_abi.wasm.sections.target_features import TargetFeature
    from pyodide_abi.wasm.sections.types import Group
    from pyodide_abi.wasm.types import CompositeType, ExternType, GlobalType, MemoryType


class Form(enum.StrEnum):
    """What a module is for."""

    SIDE_MODULE = "side module"
    OBJECT = "object file"
    PLAIN = "plain module"


class Frame:
    """A module's sections, each decoded when it is first asked for, and its imports by kind.

    Properties raise :class:`WasmError` for malformed contents. A section that is not there is empty.

    Attributes:
        sections: The sections in the order of the file.
    """

    def __init__(self, sections: tuple[Section, ...]) -> None:
        self.sections = sections
        self._standard = {section.id: section for section in sections if not section.custom}

    def view(self, section: Section) -> Bytes:
        """A section's contents, without a custom section's name and not copied."""
        raise NotImplementedError

    def holds(self, section: Section) -> bool:
        """A section's contents are there."""
        del section
        return True

    @property
    def imported(self) -> Imported:
        """The imports by kind."""
        raise NotImplementedError

    def find(self, id_: SectionId) -> Section | None:
        """A section of the core specification."""
        return self._standard.get(id_)

    def custom(self, name: str) -> Section | None:
        """The first custom section of this name."""
        return next((section for section in self.sections if section.custom and section.name == name), None)

    def contents(self, section: Section) -> bytes:
        """A copy of a section's contents, without a custom section's name."""
        return bytes(self.view(section))

    def cursor(self, section: Section) -> Cursor:
        """A cursor over a section's contents, which are not copied: some are most of a file."""
        return Cursor(self.view(section), base=section.contents, within=f"{section.name} section")

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
    def global_types(self) -> tuple[GlobalType, ...]:
        """The types of the defined globals."""
        known = self._constants
        return tuple([entry.type for entry in self.globals]) if known is None else known

    @cached_property
    def computed(self) -> bool:
        """A global, or the place of a segment, is computed: its expression is more than one constant."""
        expressions = [] if self._constants is not None else [entry.initial for entry in self.globals]
        expressions += [part.start for part in self.elements if part.start]
        expressions += [part.start for part in self.data_segments if part.start]
        return any(expression.extended for expression in expressions)

    @cached_property
    def tags(self) -> tuple[int, ...]:
        """The type index of each defined tag."""
        cursor = self._cursor(SectionId.TAG)
        return tags.decode(cursor) if cursor else ()

    @property
    def tagged(self) -> bool:
        """It has tags, of its own or imported."""
        return bool(self.imported.types[Kind.TAG] or self.tags)

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
        return data.decode(self.cursor(section)) if section else ()

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
        defined: dict[Kind, Sequence[ExternType]] = {
            Kind.FUNCTION: [],
            Kind.TABLE: [table.type for table in self.tables],
            Kind.MEMORY: self.memories,
            Kind.GLOBAL: self.global_types,
            Kind.TAG: [TagType(self.func_type(index)) for index in self.tags],
        }
        return {kind: (*self.imported.types[kind], *defined[kind]) for kind in Kind}

    def func_type(self, index: int) -> FuncType:
        """The function type of a type index.

        Raises:
            WasmError: there is no function type of that index.
        """
        type_ = self.types[index] if index < len(self.types) else None
        if isinstance(type_, FuncType):
            return type_
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
        raise WasmError(f"module: there is no {kind} of index {index}", offset=HEADER_SIZE)

    @cached_property
    def _constants(self) -> tuple[GlobalType, ...] | None:
        """The types of the defined globals where all are plain constants, as nearly always."""
        section = self.find(SectionId.GLOBAL)
        return globals.decode_constants(self.view(section)) if section else ()

    def _name_map(self, wanted: int) -> dict[int, str]:
        section = self.custom(names.NAME)
        if section is None:
            return {}
        parts = dict(names.decode(self.cursor(section)))
        return names.decode_map(parts[wanted]) if wanted in parts else {}

    def _cursor(self, id_: SectionId) -> Cursor | None:
        section = self.find(id_)
        return self._cursor_over(section) if section else None

    def _cursor_over(self, section: Section) -> Cursor:
        return Cursor(self.contents(section), base=section.contents, within=f"{section.name} section")
