"""A module: its sections located at once, each one's contents decoded when first asked for.

Nothing is copied until a section is decoded, and the code section never is, so a module of 150 MB costs a few
microseconds until somebody asks for something.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pyodide_abi.wasm.frame import Frame
from pyodide_abi.wasm.imported import ByKind
from pyodide_abi.wasm.section_table import SectionId, find_sections
from pyodide_abi.wasm.sections import exports, imports, linking

if TYPE_CHECKING:
    from pyodide_abi.wasm.cursor import Bytes
    from pyodide_abi.wasm.imported import Imported
    from pyodide_abi.wasm.section_table import Section
    from pyodide_abi.wasm.sections.exports import Export
    from pyodide_abi.wasm.sections.imports import Import
    from pyodide_abi.wasm.sections.linking import Linking
    from pyodide_abi.wasm.types import ExternType


class Module(Frame):
    """A module of which only the section headers have been read; made by :func:`read_module`.

    Attributes:
        data: The whole file; the caller keeps it alive.
    """

    def __init__(self, data: memoryview, sections: tuple[Section, ...]) -> None:
        super().__init__(sections)
        self.data = data

    def view(self, section: Section) -> Bytes:
        """A section's contents, without a custom section's name and not copied."""
        return self.data[section.contents : section.end]

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """Imports with their types."""
        cursor = self._cursor(SectionId.IMPORT)
        return imports.decode(cursor, self.types) if cursor else ()

    @cached_property
    def imported(self) -> Imported:
        """The imports by kind."""
        sorted_ = ByKind()
        sorted_.add([entry.name.encode() for entry in self.imports], self.imports)
        return sorted_.imported()

    @cached_property
    def exports(self) -> tuple[Export, ...]:
        """Exports; :meth:`type_of` gives their types."""
        cursor = self._cursor(SectionId.EXPORT)
        return exports.decode(cursor) if cursor else ()

    @cached_property
    def linking(self) -> Linking | None:
        """The symbol table of an object file; None for any other module."""
        section = self.custom(linking.NAME)
        return linking.decode(self._cursor_over(section), self.imports) if section else None

    def type_of(self, export: Export) -> ExternType:
        """The type of an export.

        Raises:
            WasmError: it exports what is not there.
        """
        return self.type_of_index(export.kind, export.index)


def read_module(data: Bytes) -> Module:
    """Locate a module's sections.

    Args:
        data: the whole file, or a view of it (of a memory map, say); it is not copied.

    Raises:
        WasmError: it is not a WebAssembly module, or its sections do not fill it exactly, or they are out of
            order or doubled (core specification, section 5.5.16).
    """
    view = memoryview(data)
    return Module(view, find_sections(view))
