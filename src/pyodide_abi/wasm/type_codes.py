"""The binary codes of types, both ways (core specification, section 5.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.wasm import encode
from pyodide_abi.wasm.types import (
    FieldType,
    GlobalType,
    Limits,
    MemoryType,
    TableType,
    ValueType,
)

if TYPE_CHECKING:
    from pyodide_abi.wasm.cursor import Cursor

_NUMBERS = {0x7F: "i32", 0x7E: "i64", 0x7D: "f32", 0x7C: "f64", 0x7B: "v128"}
_PACKED = {0x78: "i8", 0x77: "i16"}

#: Abstract heap types: the code, the name in ``(ref …)``, the short form of ``(ref null …)``.
_HEAP = (
    (0x70, "func", "funcref"),
    (0x6F, "extern", "externref"),
    (0x69, "exn", "exnref"),
    (0x6E, "any", "anyref"),
    (0x6D, "eq", "eqref"),
    (0x6C, "i31", "i31ref"),
    (0x6B, "struct", "structref"),
    (0x6A, "array", "arrayref"),
    (0x71, "none", "nullref"),
    (0x72, "noextern", "nullexternref"),
    (0x73, "nofunc", "nullfuncref"),
    (0x74, "noexn", "nullexnref"),
    (0x68, "cont", "contref"),
    (0x75, "nocont", "nullcontref"),
    (0x67, "string", "stringref"),
)
_HEAP_NAME = {code - 0x80: name for code, name, _ in _HEAP}
_HEAP_CODE = {name: code for code, name, _ in _HEAP}
_NULLABLE, _NOT_NULL = 0x63, 0x64

_SHORT: dict[int, ValueType] = {
    code: ValueType(name) for code, name in [*_NUMBERS.items(), *((code, short) for code, _, short in _HEAP)]
}
_SHORT_CODE = {name: bytes([code]) for code, name in _SHORT.items()}
_STORAGE_CODE = {name: bytes([code]) for code, name in _PACKED.items()}
_SHORT_OF_HEAP = {name: ValueType(short) for _, name, short in _HEAP}

#: Globals of one number, which nearly all are, by their whole encoding.
COMMON_GLOBALS = {
    bytes([code, mutable]): GlobalType(value=ValueType(name), mutable=bool(mutable))
    for code, name in _NUMBERS.items()
    for mutable in (0, 1)
}

_HAS_MAXIMUM, _SHARED, _IS64, _PAGE_SIZE = 1, 2, 4, 8
_MAX_PAGE_SIZE_LOG2 = 64


def read_value_type(cursor: Cursor) -> ValueType:
    """A number, vector or reference type.

    Raises:
        WasmError: it is none.
    """
    start = cursor.offset
    code = cursor.u8()
    short = _SHORT.get(code)
    if short is not None:
        return short
    if code in {_NULLABLE, _NOT_NULL}:
        heap = read_heap_type(cursor)
        if code == _NOT_NULL:
            return ValueType(f"(ref {heap})")
        return _SHORT_OF_HEAP.get(heap) or ValueType(f"(ref null {heap})")
    raise cursor.fault(f"unknown value type {code:#04x}", offset=start)


def write_value_type(type_: ValueType) -> bytes:
    """The shortest code of a value type.

    Raises:
        ValueError: no such type.
    """
    code = _SHORT_CODE.get(type_)
    if code is not None:
        return code
    words = type_.strip("()").split()
    match words:
        case ["ref", "null", heap]:
            return bytes([_NULLABLE]) + write_heap_type(heap)
        case ["ref", heap]:
            return bytes([_NOT_NULL]) + write_heap_type(heap)
        case _:
            raise ValueError(f"there is no value type {type_!r}")


def read_heap_type(cursor: Cursor) -> str:
    """The name of an abstract heap type, or a type index in decimal digits.

    Raises:
        WasmError: it is neither.
    """
    start = cursor.offset
    code = cursor.s33()
    if code >= 0:
        return str(code)
    name = _HEAP_NAME.get(code)
    if name is None:
        raise cursor.fault(f"unknown heap type {code}", offset=start)
    return name


def write_heap_type(heap: str) -> bytes:
    """The counterpart of :func:`read_heap_type`."""
    if heap.isdecimal():
        return encode.signed(int(heap))
    if heap not in _HEAP_CODE:
        raise ValueError(f"there is no heap type {heap!r}")
    return bytes([_HEAP_CODE[heap]])


def read_field_type(cursor: Cursor) -> FieldType:
    """A field of a structure or the element of an array.

    Raises:
        WasmError: it is none.
    """
    code = cursor.data[cursor.position] if cursor.remaining else -1
    if code in _PACKED:
        cursor.u8()
        return FieldType(storage=ValueType(_PACKED[code]), mutable=read_mutability(cursor))
    return FieldType(storage=read_value_type(cursor), mutable=read_mutability(cursor))


def write_field_type(field: FieldType) -> bytes:
    """The counterpart of :func:`read_field_type`."""
    code = _STORAGE_CODE.get(field.storage) or write_value_type(field.storage)
    return code + bytes([field.mutable])


def read_mutability(cursor: Cursor) -> bool:
    """0 or 1.

    Raises:
        WasmError: anything else.
    """
    start = cursor.offset
    code = cursor.u8()
    if code > 1:
        raise cursor.fault(f"mutability {code:#04x} is neither 0 nor 1", offset=start)
    return code == 1


def read_limits(cursor: Cursor) -> Limits:
    """Limits of a memory or a table, with the flags of threads, memory64 and custom-page-sizes.

    Raises:
        WasmError: flags that no proposal defines.
    """
    start = cursor.offset
    flags = cursor.u8()
    if flags & ~(_HAS_MAXIMUM | _SHARED | _IS64 | _PAGE_SIZE):
        raise cursor.fault(f"unknown limits flags {flags:#04x}", offset=start)
    read = cursor.u64 if flags & _IS64 else cursor.u32
    minimum = read()
    maximum = read() if flags & _HAS_MAXIMUM else None
    page = cursor.u32() if flags & _PAGE_SIZE else None
    if page is not None and page > _MAX_PAGE_SIZE_LOG2:
        raise cursor.fault(f"a page size of 2^{page} bytes", offset=start)
    return Limits(
        minimum=minimum,
        maximum=maximum,
        shared=bool(flags & _SHARED),
        is64=bool(flags & _IS64),
        page_size_log2=page,
    )


def write_limits(limits: Limits) -> bytes:
    """The counterpart of :func:`read_limits`."""
    flags = (
        (limits.maximum is not None) * _HAS_MAXIMUM
        | limits.shared * _SHARED
        | limits.is64 * _IS64
        | (limits.page_size_log2 is not None) * _PAGE_SIZE
    )
    numbers = (limits.minimum, limits.maximum, limits.page_size_log2)
    return bytes([flags]) + b"".join(encode.unsigned(number) for number in numbers if number is not None)


def read_table_type(cursor: Cursor) -> TableType:
    """An element type and limits."""
    element = read_value_type(cursor)
    return TableType(element=element, limits=read_limits(cursor))


def write_table_type(type_: TableType) -> bytes:
    """The counterpart of :func:`read_table_type`."""
    return write_value_type(type_.element) + write_limits(type_.limits)


def read_memory_type(cursor: Cursor) -> MemoryType:
    """Limits."""
    return MemoryType(read_limits(cursor))


def write_memory_type(type_: MemoryType) -> bytes:
    """The counterpart of :func:`read_memory_type`."""
    return write_limits(type_.limits)


def read_global_type(cursor: Cursor) -> GlobalType:
    """A value type and its mutability."""
    position = cursor.position
    known = COMMON_GLOBALS.get(bytes(cursor.data[position : min(position + 2, cursor.end)]))
    if known is not None:
        cursor.position = position + 2
        return known
    value = read_value_type(cursor)
    return GlobalType(value=value, mutable=read_mutability(cursor))


def write_global_type(type_: GlobalType) -> bytes:
    """The counterpart of :func:`read_global_type`."""
    return write_value_type(type_.value) + bytes([type_.mutable])
