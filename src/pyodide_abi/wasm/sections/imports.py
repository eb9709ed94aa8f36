"""The import section."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pyodide_abi.wasm import encode as enc
from pyodide_abi.wasm import type_codes
from pyodide_abi.wasm.sections import tags
from pyodide_abi.wasm.types import (
    KINDS,
    FuncType,
    GlobalType,
    MemoryType,
    TableType,
    TagType,
    kind_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyodide_abi.wasm.cursor import Cursor
    from pyodide_abi.wasm.types import (
        CompositeType,
        ExternType,
        Kind,
    )

_FUNCTION, _GLOBAL = 0, 3


class Import(NamedTuple):
    """Something that the module wants.

    A tuple, which is made in half of the time of a value: large modules import a hundred thousand.

    Attributes:
        module: The space that it is imported from: ``env``, ``GOT.mem``…
        name: The name of what is imported.
        type: what it has to be.
        type_index: The index of a function's or a tag's type; None for the others.
    """

    module: str
    name: str
    type: ExternType
    type_index: int | None = None

    @property
    def kind(self) -> Kind:
        """What sort of thing it is."""
        return kind_of(self.type)


def decode(cursor: Cursor, types: Sequence[CompositeType]) -> tuple[Import, ...]:
    """Read the section's contents.

    Args:
        cursor: over the contents.
        types: the module's types, by index.

    Raises:
        WasmError: they are not imports, or name a type that is none of the module's functions'.
    """
    imports = tuple([read_one(cursor, types) for _ in range(cursor.count(smallest=4, size="imports"))])
    cursor.finish()
    return imports


def encode(imports: Sequence[Import]) -> bytes:
    """The counterpart of :func:`decode`."""
    return enc.vector(_write(entry) for entry in imports)


def function_type(cursor: Cursor, types: Sequence[CompositeType], index: int) -> FuncType:
    """The function type of an index that the cursor has just read.

    Raises:
        WasmError: there is no function type of that index.
    """
    type_ = types[index] if index < len(types) else None
    if not isinstance(type_, FuncType):
        raise cursor.fault(f"type {index} is not a function type of this module")
    return type_


def read_one(cursor: Cursor, types: Sequence[CompositeType]) -> Import:
    """Read one import; arguments and errors as for :func:`decode`."""
    module, name = cursor.name(), cursor.name()
    start = cursor.offset
    # The commonest two first, and without a match statement: this runs for every import of every module.
    code = cursor.u8()
    if code == _FUNCTION:
        index = cursor.u32()
        return Import(module, name, function_type(cursor, types, index), index)
    if code == _GLOBAL:
        return Import(module, name, type_codes.read_global_type(cursor))
    match code:
        case 1:
            return Import(module, name, type_codes.read_table_type(cursor))
        case 2:
            return Import(module, name, type_codes.read_memory_type(cursor))
        case 4:
            index = tags.read_tag(cursor)
            return Import(module, name, TagType(function_type(cursor, types, index)), index)
        case _:
            raise cursor.fault(f"{module}.{name} is of the unknown kind {code:#04x}", offset=start)


def _write(entry: Import) -> bytes:
    kind = bytes([KINDS.index(entry.kind)])
    return enc.name(entry.module) + enc.name(entry.name) + kind + _write_type(entry)


def _write_type(entry: Import) -> bytes:
    match entry.type:
        case FuncType() | TagType():
            if entry.type_index is None:
                raise ValueError(f"{entry.module}.{entry.name} has no type index")
            if isinstance(entry.type, TagType):
                return tags.write_tag(entry.type_index)
            return enc.unsigned(entry.type_index)
        case TableType():
            return type_codes.write_table_type(entry.type)
        case MemoryType():
            return type_codes.write_memory_type(entry.type)
        case GlobalType():
            return type_codes.write_global_type(entry.type)
