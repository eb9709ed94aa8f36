"""The type section: function types, and the structures, arrays and recursive groups of garbage collection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.values import value
from pyodide_abi.wasm import encode as enc
from pyodide_abi.wasm.type_codes import (
    read_field_type,
    read_value_type,
    write_field_type,
    write_value_type,
)
from pyodide_abi.wasm.types import ArrayType, ContinuationType, FuncType, StructType

if TYPE_CHECKING:
    from pyodide_abi.wasm.cursor import Cursor
    from pyodide_abi.wasm.types import CompositeType, ValueType

_FUNC, _STRUCT, _ARRAY, _CONT = 0x60, 0x5F, 0x5E, 0x5D
#: What engines accept of one type (WebAssembly JavaScript interface, "Implementation-defined Limits").
_MAX_VALUES, _MAX_FIELDS, _MAX_SUPERTYPES = 1000, 10_000, 1
_SUB, _SUB_FINAL, _REC = 0x50, 0x4F, 0x4E


@value
class SubType:
    """A composite type with what garbage collection adds to it.

    Attributes:
        composite: the type proper.
        supertypes: indices of those it extends.
        final: nothing extends it; so is every type that is written without these additions.
    """

    composite: CompositeType
    supertypes: tuple[int, ...] = ()
    final: bool = True


@value(kw_only=False)
class Group:
    """Types that may refer to one another.

    Attributes:
        types: The types, in the order of their indices.
        explicit: written as a ``rec`` group, even if it holds one type only.
    """

    types: tuple[SubType, ...]
    explicit: bool = False


def decode(cursor: Cursor) -> tuple[Group, ...]:
    """Read the section's contents.

    Raises:
        WasmError: they are not types.
    """
    groups = tuple(_read_group(cursor) for _ in range(cursor.count(size="types")))
    cursor.finish()
    return groups


def encode(groups: tuple[Group, ...]) -> bytes:
    """The counterpart of :func:`decode`."""
    return enc.vector(_write_group(group) for group in groups)


def flatten(groups: tuple[Group, ...]) -> tuple[CompositeType, ...]:
    """The types by index."""
    return tuple(sub.composite for group in groups for sub in group.types)


def _read_group(cursor: Cursor) -> Group:
    form = cursor.u8()
    if form == _REC:
        number = cursor.count(size="group")
        return Group(tuple(_read_sub_type(cursor, cursor.u8()) for _ in range(number)), explicit=True)
    return Group((_read_sub_type(cursor, form),))


def _read_sub_type(cursor: Cursor, form: int) -> SubType:
    if form in {_SUB, _SUB_FINAL}:
        number = cursor.count(limit=_MAX_SUPERTYPES, size="supertypes")
        supertypes = tuple(cursor.u32() for _ in range(number))
        composite = _read_composite(cursor, cursor.u8())
        return SubType(composite=composite, supertypes=supertypes, final=form == _SUB_FINAL)
    return SubType(composite=_read_composite(cursor, form))


def _read_composite(cursor: Cursor, form: int) -> CompositeType:
    match form:
        case 0x60:
            return FuncType(_read_value_types(cursor, "parameters"), _read_value_types(cursor, "results"))
        case 0x5F:
            number = cursor.count(smallest=2, limit=_MAX_FIELDS, size="fields")
            return StructType(tuple(read_field_type(cursor) for _ in range(number)))
        case 0x5E:
            return ArrayType(read_field_type(cursor))
        case 0x5D:
            return ContinuationType(cursor.u32())
        case _:
            raise cursor.fault(f"unknown form of type {form:#04x}", offset=cursor.offset - 1)


def _read_value_types(cursor: Cursor, size: str) -> tuple[ValueType, ...]:
    return tuple([read_value_type(cursor) for _ in range(cursor.count(limit=_MAX_VALUES, size=size))])


def _write_group(group: Group) -> bytes:
    if group.explicit or len(group.types) != 1:
        return bytes([_REC]) + enc.vector(map(_write_sub_type, group.types))
    return _write_sub_type(group.types[0])


def _write_sub_type(sub: SubType) -> bytes:
    composite = _write_composite(sub.composite)
    if sub.final and not sub.supertypes:
        return composite
    form = _SUB_FINAL if sub.final else _SUB
    return bytes([form]) + enc.vector(map(enc.unsigned, sub.supertypes)) + composite


def _write_composite(type_: CompositeType) -> bytes:
    match type_:
        case FuncType():
            lists = (type_.params, type_.results)
            return bytes([_FUNC]) + b"".join(enc.vector(map(write_value_type, types)) for types in lists)
        case StructType():
            return bytes([_STRUCT]) + enc.vector(map(write_field_type, type_.fields))
        case ArrayType():
            return bytes([_ARRAY]) + write_field_type(type_.element)
        case ContinuationType():
            return bytes([_CONT]) + enc.signed(type_.function)
