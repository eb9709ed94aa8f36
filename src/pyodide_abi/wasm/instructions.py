"""How instructions are written, in one table (core specification, section 5.4), and two ways to use it.

:func:`instructions` reads a function's body one instruction at a time. :func:`pattern` makes a regular
expression that goes over thousands of them at once, for the code of a large module. Both go over code and
validate none: an engine may refuse what is read here.
"""

from __future__ import annotations

import itertools
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from pyodide_abi.values import value
from pyodide_abi.wasm.features import Feature

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from pyodide_abi.wasm.cursor import Cursor

#: Opcodes that readers of code ask for. One behind a prefix is ``prefix << 16 | number``.
UNREACHABLE, BLOCK, LOOP, IF, ELSE, END = 0x00, 0x02, 0x03, 0x04, 0x05, 0x0B
BR, BR_IF, BR_TABLE, RETURN, CALL, CALL_INDIRECT = 0x0C, 0x0D, 0x0E, 0x0F, 0x10, 0x11
LOCAL_GET, LOCAL_SET, LOCAL_TEE, GLOBAL_GET, GLOBAL_SET = 0x20, 0x21, 0x22, 0x23, 0x24
I32_LOAD, I32_STORE, I64_STORE, I32_STORE8, I32_STORE16 = 0x28, 0x36, 0x37, 0x3A, 0x3B
I32_CONST, I64_CONST, F32_CONST, F64_CONST, I32_ADD = 0x41, 0x42, 0x43, 0x44, 0x6A
REF_NULL, REF_FUNC, TRY, TRY_TABLE = 0xD0, 0xD2, 0x06, 0x1F
#: First bytes after which a number says which instruction it is.
PREFIXES = frozenset({0xFB, 0xFC, 0xFD, 0xFE})
_PREFIX_SHIFT = 16


class Instruction(NamedTuple):
    """One instruction.

    Attributes:
        opcode: The byte it begins with, or ``prefix << 16 | number``.
        operands: The immediates, in the order of the binary format. Indices and sizes are unsigned, constants
            of integers signed, those of other types their bits as an unsigned number. A memory access has
            three: the alignment as a power of 2, the index of the memory, the offset. A block's type is a
            type index, or the negative code of a value type (-64 for no result); a reference type with a heap
            type has two operands. ``br_table`` has all its labels, the default last; ``select`` its types;
            ``try_table`` the block's type and each clause's kind, tag if it has one, and label.
        offset: Where the instruction begins in the file, in bytes.
    """

    opcode: int
    operands: tuple[int, ...]
    offset: int


@value(kw_only=False)
class Operands:
    """What follows an opcode.

    Attributes:
        pattern: A regular expression for it; None where a number inside says how long it is.
        read: Reads the operands; raises :class:`~pyodide_abi.errors.WasmError` where they are cut off.
    """

    pattern: bytes | None
    read: Callable[[Cursor], tuple[int, ...]]


@value(kw_only=False)
class Family:
    """Instructions that are written alike.

    Attributes:
        codes: The bytes that they begin with, or their numbers behind the prefix.
        operands: What follows.
        prefix: The byte before their numbers; 0 for none.
        feature: The proposal that has them; None for what every engine takes.
    """

    codes: Collection[int]
    operands: Operands
    prefix: int = 0
    feature: Feature | None = None


_LEB128 = rb"[\x80-\xff]*+[\x00-\x7f]"
_BYTE = rb"[\x00-\xff]"
#: Alignment, then for a memory other than the first its index, then the offset.
_ACCESS_PATTERN = (
    rb"(?:(?:[\x00-\x3f]|[\x80-\xbf]\x80*+\x00)"
    rb"|(?:[\x40-\x7f]|[\xc0-\xff]\x80*+\x00)" + _LEB128 + rb")" + _LEB128
)
#: A block's type: nothing, a value type or an index; 0x63 and 0x64 begin a reference type of two parts.
BLOCK_TYPE = rb"(?:[\x63\x64]" + _LEB128 + rb"|[\x80-\xff]*+[\x00-\x7f])"
#: The codes of ``(ref null …)`` and ``(ref …)``, which a heap type follows, as signed numbers.
_REFERENCES = frozenset({0x63 - 0x80, 0x64 - 0x80})
_OTHER_MEMORY = 0x40
#: A clause of ``try_table`` below this number catches one tag.
_CLAUSES_WITH_TAG = 2


def _read_access(cursor: Cursor) -> tuple[int, ...]:
    alignment = cursor.u32()
    memory = cursor.u32() if alignment & _OTHER_MEMORY else 0
    return alignment & ~_OTHER_MEMORY, memory, cursor.u64()


def _read_type(cursor: Cursor) -> tuple[int, ...]:
    code = cursor.s33()
    return (code, cursor.s33()) if code in _REFERENCES else (code,)


def _read_labels(cursor: Cursor) -> tuple[int, ...]:
    return tuple([cursor.u32() for _ in range(cursor.count(limit=cursor.remaining) + 1)])


def _read_types(cursor: Cursor) -> tuple[int, ...]:
    return tuple(itertools.chain.from_iterable(_read_type(cursor) for _ in range(cursor.count())))


def _read_clauses(cursor: Cursor) -> tuple[int, ...]:
    operands = [*_read_type(cursor)]
    for _ in range(cursor.count(smallest=2)):
        operands.append(kind := cursor.u8())
        operands += [cursor.u32() for _ in range(1 + (kind < _CLAUSES_WITH_TAG))]
    return tuple(operands)


def _bits(size: int) -> Operands:
    """A constant of so many bytes."""
    return Operands(_BYTE + b"{%d}" % size, lambda cursor: (int.from_bytes(cursor.take(size), "little"),))


_NONE = Operands(b"", lambda _: ())
_INDEX = Operands(_LEB128, lambda cursor: (cursor.u32(),))
_TWO_INDICES = Operands(_LEB128 + _LEB128, lambda cursor: (cursor.u32(), cursor.u32()))
_S32 = Operands(_LEB128, lambda cursor: (cursor.s32(),))
_S64 = Operands(_LEB128, lambda cursor: (cursor.s64(),))
_HEAP_TYPE = Operands(_LEB128, lambda cursor: (cursor.s33(),))
_INDEX_AND_HEAP_TYPE = Operands(_LEB128 + _LEB128, lambda cursor: (cursor.u32(), cursor.s33()))
_BLOCK = Operands(BLOCK_TYPE, _read_type)
_ACCESS = Operands(_ACCESS_PATTERN, _read_access)
_ONE_BYTE = Operands(_BYTE, lambda cursor: (cursor.u8(),))
_ACCESS_AND_BYTE = Operands(_ACCESS_PATTERN + _BYTE, lambda cursor: (*_read_access(cursor), cursor.u8()))
_CAST = Operands(_BYTE + _LEB128 * 3, lambda cursor: (cursor.u8(), cursor.u32(), cursor.s33(), cursor.s33()))
_LABELS = Operands(None, _read_labels)
_TYPES = Operands(None, _read_types)
_CLAUSES = Operands(None, _read_clauses)

_GC, _MISCELLANEOUS, _VECTOR, _ATOMIC = 0xFB, 0xFC, 0xFD, 0xFE
#: Every instruction. In a regular expression those come first that stand first here: the most frequent.
FAMILIES = (
    Family((*range(0x20, 0x27), 0x10, 0x0C, 0x0D, 0x08, 0x3F, 0x40, 0xD2), _INDEX),
    Family((I32_CONST,), _S32),
    Family((I64_CONST,), _S64),
    Family((REF_NULL,), _HEAP_TYPE),
    Family(range(0x28, 0x3F), _ACCESS),
    Family((0x00, 0x01, 0x05, 0x0B, 0x0F, 0x1A, 0x1B, *range(0x45, 0xC5), 0xD1), _NONE),
    Family((BLOCK, LOOP, IF), _BLOCK),
    Family((CALL_INDIRECT,), _TWO_INDICES),
    Family((F32_CONST,), _bits(4)),
    Family((F64_CONST,), _bits(8)),
    Family((BR_TABLE,), _LABELS),
    Family((0x1C,), _TYPES),
    Family(range(0x08), _NONE, _MISCELLANEOUS),
    Family((0x09, 0x0B, 0x0D, *range(0x0F, 0x13)), _INDEX, _MISCELLANEOUS),
    Family((0x08, 0x0A, 0x0C, 0x0E), _TWO_INDICES, _MISCELLANEOUS),
    Family((TRY,), _BLOCK, feature=Feature.LEGACY_EXCEPTIONS),
    Family((0x07, 0x09, 0x18), _INDEX, feature=Feature.LEGACY_EXCEPTIONS),
    Family((0x19,), _NONE, feature=Feature.LEGACY_EXCEPTIONS),
    Family((0x0A,), _NONE, feature=Feature.EXNREF),
    Family((TRY_TABLE,), _CLAUSES, feature=Feature.EXNREF),
    Family((0x12, 0x15), _INDEX, feature=Feature.TAIL_CALL),
    Family((0x13,), _TWO_INDICES, feature=Feature.TAIL_CALL),
    Family((0x03,), _ONE_BYTE, _ATOMIC, Feature.ATOMICS),
    Family((*range(0x03), *range(0x10, 0x4F)), _ACCESS, _ATOMIC, Feature.ATOMICS),
    Family((*range(0x0E, 0x15), *range(0x23, 0x54), *range(0x5E, 0x100)), _NONE, _VECTOR, Feature.SIMD128),
    Family(range(0x15, 0x23), _ONE_BYTE, _VECTOR, Feature.SIMD128),
    Family((*range(0x0C), 0x5C, 0x5D), _ACCESS, _VECTOR, Feature.SIMD128),
    Family(range(0x54, 0x5C), _ACCESS_AND_BYTE, _VECTOR, Feature.SIMD128),
    Family((0x0C, 0x0D), _bits(16), _VECTOR, Feature.SIMD128),
    Family(range(0x100, 0x114), _NONE, _VECTOR, Feature.RELAXED_SIMD),
    Family(range(0x13, 0x17), _NONE, _MISCELLANEOUS, Feature.WIDE_ARITHMETIC),
    Family((0xD3, 0xD4), _NONE, feature=Feature.GC),
    Family((0xD5, 0xD6, 0x14), _INDEX, feature=Feature.GC),
    Family((0x00, 0x01, 0x06, 0x07, *range(0x0B, 0x0F), 0x10), _INDEX, _GC, Feature.GC),
    Family(range(0x14, 0x18), _HEAP_TYPE, _GC, Feature.GC),
    Family((*range(0x02, 0x06), 0x08, 0x09, 0x0A, *range(0x11, 0x14)), _TWO_INDICES, _GC, Feature.GC),
    Family((0x0F, *range(0x1A, 0x1F)), _NONE, _GC, Feature.GC),
    Family((0x18, 0x19), _CAST, _GC, Feature.GC),
)

#: Those that all code is made of. A regular expression for them is compiled in a quarter of the time that one
#: for every instruction takes; what it does not match is read by :func:`read_instruction`.
USUAL = FAMILIES[:10]


def instructions(cursor: Cursor) -> Iterator[Instruction]:
    """The instructions of a function's body, behind its locals; see :func:`locals_of`.

    Yields:
        All that is left of the body; the last one is the function's ``end``.

    Raises:
        WasmError: an instruction that is cut off or that the table does not have.
    """
    while cursor.position < cursor.end:
        yield read_instruction(cursor)


def read_instruction(cursor: Cursor) -> Instruction:
    """The next instruction.

    Raises:
        WasmError: it is cut off, or the table does not have it.
    """
    offset, first = cursor.offset, cursor.u8()
    opcode = first << _PREFIX_SHIFT | cursor.u32() if first in PREFIXES else first
    family = _families().get(opcode)
    if family is None:
        raise cursor.fault(f"unknown instruction {_written(opcode)}", offset=offset)
    return Instruction(opcode, family.operands.read(cursor), offset)


def locals_of(cursor: Cursor) -> Iterator[tuple[int, tuple[int, ...]]]:
    """The declarations of locals that a function's body begins with.

    Yields:
        How many locals, and the code of their type as in :attr:`Instruction.operands`.

    Raises:
        WasmError: they are cut off.
    """
    for _ in range(cursor.count(smallest=2)):
        yield cursor.u32(), _read_type(cursor)


def feature_of(opcode: int) -> Feature | None:
    """The proposal that an instruction of the table belongs to; None where every engine takes it."""
    return _families()[opcode].feature


@lru_cache(maxsize=1)
def _families() -> Mapping[int, Family]:
    """By opcode."""
    return {family.prefix << _PREFIX_SHIFT | code: family for family in FAMILIES for code in family.codes}


def _written(opcode: int) -> str:
    prefix, number = divmod(opcode, 1 << _PREFIX_SHIFT)
    return f"{prefix:#04x} {number:#04x}" if prefix else f"{number:#04x}"


def pattern(families: Iterable[Family], *, without: Collection[int] = (), runs: bool = False) -> bytes:
    """A regular expression for one instruction.

    Instructions whose length depends on a number inside them are left out, as are opcodes that are longer
    than they have to be.

    Args:
        families: Those of :data:`FAMILIES` that it is to match.
        without: Opcodes that it is not to match.
        runs: Several instructions without operands are matched at once, which is faster.
    """
    alternatives: dict[int, dict[bytes, list[int]]] = {}
    for family in families:
        if family.operands.pattern is not None:
            codes = alternatives.setdefault(family.prefix, {}).setdefault(family.operands.pattern, [])
            codes += [code for code in family.codes if family.prefix << _PREFIX_SHIFT | code not in without]
    plain = [
        _one_of(codes) + (operands or (b"++" if runs else b""))
        for operands, codes in alternatives.pop(0, {}).items()
        if codes
    ]
    prefixed = [
        _one_of([prefix])
        + b"(?:"
        + b"|".join(_number(codes) + rest for rest, codes in after.items() if codes)
        + b")"
        for prefix, after in alternatives.items()
    ]
    return b"|".join([*plain, *prefixed])


def _number(codes: Iterable[int]) -> bytes:
    """One of some numbers of at most 14 bits, in LEB128."""
    by_rest: dict[int, list[int]] = {}
    for code in codes:
        by_rest.setdefault(code >> 7, []).append(code & 0x7F | (0x80 if code >> 7 else 0))
    forms = [_one_of(firsts) + (_one_of([rest]) if rest else b"") for rest, firsts in by_rest.items()]
    return forms[0] if len(forms) == 1 else b"(?:" + b"|".join(forms) + b")"


def _one_of(codes: Iterable[int]) -> bytes:
    """One of some bytes."""
    runs = itertools.groupby(enumerate(sorted(codes)), lambda entry: entry[1] - entry[0])
    spans = [[code for _, code in run] for _, run in runs]
    return b"[%s]" % b"".join(b"\\x%02x-\\x%02x" % (span[0], span[-1]) for span in spans)
