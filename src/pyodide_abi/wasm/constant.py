"""Constant expressions: initial values of globals and offsets of segments (core specification, 3.4.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.values import value
from pyodide_abi.wasm.cursor import Cursor
from pyodide_abi.wasm.type_codes import read_heap_type

if TYPE_CHECKING:
    from collections.abc import Iterator

END = 0x0B
GLOBAL_GET, REF_NULL, REF_FUNC = 0x23, 0xD0, 0xD2
I32_CONST, I64_CONST, F32_CONST, F64_CONST = 0x41, 0x42, 0x43, 0x44
#: i32 and i64 add, sub and mul, of the extended-const proposal.
EXTENDED = frozenset({0x6A, 0x6B, 0x6C, 0x7C, 0x7D, 0x7E})
_I32_ADD = 0x6A
_GC, _SIMD = 0xFB, 0xFD
_V128_CONST = 12
#: How many index operands follow a garbage-collection opcode that may stand in a constant expression.
_GC_OPERANDS = {0: 1, 1: 1, 6: 1, 7: 1, 8: 2, 26: 0, 27: 0, 28: 0}


@value(kw_only=False)
class Expression:
    """A constant expression, kept as it was written.

    Attributes:
        code: The expression's bytes, the closing ``end`` included.
        opcodes: the first byte of each instruction but the closing one.
    """

    code: bytes
    opcodes: tuple[int, ...]

    @property
    def extended(self) -> bool:
        """It computes, which only engines with extended-const take."""
        return not EXTENDED.isdisjoint(self.opcodes)


def read_expression(cursor: Cursor) -> Expression:
    """Read up to and including ``end``.

    Raises:
        WasmError: an instruction that is not constant, or no end.
    """
    start = cursor.position
    opcodes = []
    while (opcode := cursor.u8()) != END:
        opcodes.append(opcode)
        _skip_operands(cursor, opcode)
    return Expression(code=bytes(cursor.data[start : cursor.position]), opcodes=tuple(opcodes))


def _skip_operands(cursor: Cursor, opcode: int) -> None:
    start = cursor.offset - 1
    if opcode in EXTENDED:
        return
    match opcode:
        case 0x41:
            cursor.s32()
        case 0x42:
            cursor.s64()
        case 0x43:
            cursor.skip(4)
        case 0x44:
            cursor.skip(8)
        case 0x23 | 0xD2:
            cursor.u32()
        case 0xD0:
            read_heap_type(cursor)
        case 0xFB | 0xFD:
            _skip_prefixed(cursor, opcode, start)
        case _:
            raise cursor.fault(f"opcode {opcode:#04x} in a constant expression", offset=start)


def _skip_prefixed(cursor: Cursor, prefix: int, start: int) -> None:
    second = cursor.u32()
    if prefix == _SIMD and second == _V128_CONST:
        cursor.skip(16)
    elif prefix == _GC and second in _GC_OPERANDS:
        for _ in range(_GC_OPERANDS[second]):
            cursor.u32()
    else:
        raise cursor.fault(f"opcode {prefix:#04x} {second} in a constant expression", offset=start)


def offset_from_base(start: Expression, bases: frozenset[int]) -> int | None:
    """How far from a base an expression points: the base itself, or with a constant added to it.

    Args:
        start: Where a segment begins.
        bases: Indices of the globals that hold bases.
    """
    numbers = list(_operands(start))
    opcodes = sorted(start.opcodes)
    if opcodes == [GLOBAL_GET] and numbers[0] in bases:
        return 0
    if opcodes == sorted((GLOBAL_GET, I32_CONST, _I32_ADD)):
        constant = numbers[start.opcodes.index(I32_CONST)]
        index = numbers[start.opcodes.index(GLOBAL_GET)]
        return constant if index in bases else None
    return None


def constant_of(expression: Expression) -> int | None:
    """The number that an expression is, as a signed 32-bit integer; None where it is no plain number."""
    return next(_operands(expression)) if expression.opcodes == (I32_CONST,) else None


def _operands(start: Expression) -> Iterator[int]:
    """The operands of the first instructions, as far as they are indices and 32-bit constants."""
    cursor = Cursor(start.code)
    for opcode in start.opcodes:
        cursor.u8()
        if opcode == GLOBAL_GET:
            yield cursor.u32()
        elif opcode == I32_CONST:
            yield cursor.s32()
        else:
            return
