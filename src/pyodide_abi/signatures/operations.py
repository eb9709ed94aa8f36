"""What numeric instructions make of values of which little is known (core specification, section 4.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.signatures.symbolic import (
    Choice,
    Pair,
    Pointer,
    add,
    equal,
    is_zero,
    mask,
    signed,
    subtract,
    unite,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from pyodide_abi.signatures.symbolic import Value

    #: How many operands there are, and what becomes of them.
    _Operation: TypeAlias = tuple[int, Callable[..., Value]]

_BITS = 0xFFFFFFFF
_WIDE = 0xFFFFFFFFFFFFFFFF
#: Bits of a word, half of a 64-bit value.
_HALF = 32
#: What a comparison gives whose operands are not known; compilers compute places in tables with it.
_EITHER = Choice(frozenset({0, 1}))


def _truth(known: bool | None) -> Value:
    return _EITHER if known is None else int(known)


def _not(known: bool | None) -> bool | None:
    return None if known is None else not known


def _numbers(compute: Callable[[int, int], int], bits: int = _BITS) -> Callable[[Value, Value], Value]:
    def computed(left: Value, right: Value) -> Value:
        if type(left) is int and type(right) is int:
            return compute(left, right) & bits
        return None

    return computed


def _counted(count: Callable[[int], int]) -> Callable[[Value], Value]:
    def computed(value: Value) -> Value:
        return count(value) if type(value) is int else None

    return computed


def _signed64(number: int) -> int:
    return number - (1 << 64) if number >> 63 else number


def _compared(
    compare: Callable[[int, int], bool], *, with_sign: Callable[[int], int] = int
) -> Callable[[Value, Value], Value]:
    def computed(left: Value, right: Value) -> Value:
        if type(left) is Pointer and type(right) is Pointer and left.region == right.region:
            return int(compare(left.offset, right.offset))
        if type(left) is not int or type(right) is not int:
            return _EITHER
        return int(compare(with_sign(left), with_sign(right)))

    return computed


def _extend(value: Value) -> Value:
    return signed(value) & _WIDE if type(value) is int else None


def _widen(value: Value) -> Value:
    # A pointer stays what it is: two halves of a word are put together again where it is stored.
    return value


def _narrow(value: Value) -> Value:
    if type(value) is Pair:
        return value.low
    return value & _BITS if type(value) is int else value


def _shift_right(left: Value, right: Value) -> Value:
    if type(left) is Pair and right == _HALF:
        return left.high
    return left >> (right & 63) if type(left) is int and type(right) is int else None


def _extend_part(bits: int) -> Callable[[Value], Value]:
    def computed(value: Value) -> Value:
        if type(value) is not int:
            return None
        part = value & ((1 << bits) - 1)
        return (part - (1 << bits) if part >> (bits - 1) else part) & _BITS

    return computed


def _comparisons(first: int, with_sign: Callable[[int], int]) -> dict[int, _Operation]:
    """Of one width: ``eqz``, ``eq``, ``ne``, then ``lt``, ``gt``, ``le``, ``ge``, with a sign and without."""
    found: dict[int, _Operation] = {
        first: (1, lambda value: _truth(is_zero(value))),
        first + 1: (2, lambda left, right: _truth(equal(left, right))),
        first + 2: (2, lambda left, right: _truth(_not(equal(left, right)))),
    }
    for number, compare in enumerate((int.__lt__, int.__gt__, int.__le__, int.__ge__)):
        found[first + 3 + 2 * number] = (2, _compared(compare, with_sign=with_sign))
        found[first + 4 + 2 * number] = (2, _compared(compare))
    return found


def _counts(first: int, bits: int) -> dict[int, _Operation]:
    """Of one width: ``clz``, ``ctz``, ``popcnt``."""
    return {
        first: (1, _counted(lambda value: bits - value.bit_length())),
        first + 1: (1, _counted(lambda value: (value & -value).bit_length() - 1 if value else bits)),
        first + 2: (1, _counted(int.bit_count)),
    }


def _divisions(first: int, with_sign: Callable[[int], int], bits: int) -> dict[int, _Operation]:
    """Of one width: ``div_s``, ``div_u``, ``rem_s``, ``rem_u``; what is divided by zero traps."""

    def divided(left: int, right: int) -> int:
        quotient = abs(left) // abs(right)
        return quotient if (left < 0) is (right < 0) else -quotient

    def rest(left: int, right: int) -> int:
        return left - divided(left, right) * right

    def computed(compute: Callable[[int, int], int], sign: Callable[[int], int]) -> Callable[..., Value]:
        return lambda left, right: (
            compute(sign(left), sign(right)) & bits
            if type(left) is int and type(right) is int and right
            else None
        )

    return {
        first: (2, computed(divided, with_sign)),
        first + 1: (2, computed(divided, int)),
        first + 2: (2, computed(rest, with_sign)),
        first + 3: (2, computed(rest, int)),
    }


#: By opcode, how many operands there are and what becomes of them.
NUMERIC: dict[int, _Operation] = {
    **_comparisons(0x45, signed),
    0x6A: (2, add),
    0x6B: (2, subtract),
    0x6C: (2, _numbers(int.__mul__)),
    **_divisions(0x6D, signed, _BITS),
    **_counts(0x67, 32),
    0x71: (2, mask),
    0x72: (2, unite),
    0x73: (2, _numbers(int.__xor__)),
    0x74: (2, _numbers(lambda left, right: left << (right & 31))),
    0x75: (2, _numbers(lambda left, right: signed(left) >> (right & 31))),
    0x76: (2, _numbers(lambda left, right: left >> (right & 31))),
    0x77: (2, _numbers(lambda left, right: left << (right & 31) | left >> (-right & 31))),
    0x78: (2, _numbers(lambda left, right: left >> (right & 31) | left << (-right & 31))),
    0xA7: (1, _narrow),
    0xAC: (1, _extend),
    0xAD: (1, _widen),
    0xC0: (1, _extend_part(8)),
    0xC1: (1, _extend_part(16)),
    **_comparisons(0x50, _signed64),
    **_counts(0x79, 64),
    **_divisions(0x7F, _signed64, _WIDE),
    0x7C: (2, _numbers(int.__add__, _WIDE)),
    0x7D: (2, _numbers(int.__sub__, _WIDE)),
    0x7E: (2, _numbers(int.__mul__, _WIDE)),
    0x83: (2, _numbers(int.__and__, _WIDE)),
    0x84: (2, _numbers(int.__or__, _WIDE)),
    0x85: (2, _numbers(int.__xor__, _WIDE)),
    0x86: (2, _numbers(lambda left, right: left << (right & 63), _WIDE)),
    0x87: (2, _numbers(lambda left, right: _signed64(left) >> (right & 63), _WIDE)),
    0x88: (2, _shift_right),
    0x89: (2, _numbers(lambda left, right: left << (right & 63) | left >> (-right & 63), _WIDE)),
    0x8A: (2, _numbers(lambda left, right: left >> (right & 63) | left << (-right & 63), _WIDE)),
}
#: Numeric instructions of one operand; the others from 0x45 to 0xc4 have two.
_UNARY = frozenset(
    {0x45, 0x50, *range(0x67, 0x6A), *range(0x79, 0x7C), *range(0x8B, 0x92), *range(0x99, 0xA0)}
) | frozenset(range(0xA7, 0xC5))
_MISCELLANEOUS, _VECTOR = 0xFC << 16, 0xFD << 16
#: How many values other instructions take and leave: constants, tables, references, the size of memory; and,
#: behind their prefix, conversions, parts of memory and tables, wide arithmetic.
_OTHERS = {
    0x25: (1, 1), 0x26: (2, 0), 0x3F: (0, 1), 0x40: (1, 1), 0x43: (0, 1), 0x44: (0, 1),
    0xD0: (0, 1), 0xD1: (1, 1), 0xD2: (0, 1),
    **dict.fromkeys(range(_MISCELLANEOUS, _MISCELLANEOUS + 8), (1, 1)),
    **dict.fromkeys((_MISCELLANEOUS + 8, _MISCELLANEOUS + 12, _MISCELLANEOUS + 14), (3, 0)),
    **dict.fromkeys((_MISCELLANEOUS + 9, _MISCELLANEOUS + 13), (0, 0)),
    _MISCELLANEOUS + 15: (2, 1), _MISCELLANEOUS + 16: (0, 1), _MISCELLANEOUS + 17: (3, 0),
    **dict.fromkeys((_MISCELLANEOUS + 19, _MISCELLANEOUS + 20), (4, 2)),
    **dict.fromkeys((_MISCELLANEOUS + 21, _MISCELLANEOUS + 22), (2, 2)),
    **dict.fromkeys(range(_VECTOR, _VECTOR + 11), (1, 1)), _VECTOR + 11: (2, 0), _VECTOR + 12: (0, 1),
}  # fmt: skip


def shape_of(opcode: int) -> tuple[int, int] | None:
    """How many values an instruction takes and leaves; None for what is seldom near a table."""
    if opcode in range(0x45, 0xC5):
        return (1 if opcode in _UNARY else 2), 1
    return _OTHERS.get(opcode)
