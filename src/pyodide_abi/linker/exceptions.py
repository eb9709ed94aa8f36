"""How a module's code writes ``try``: in the legacy encoding (``try``/``catch``) or the standard one.

Engines differ in what they take, and a platform demands one of the two. The question needs the code section,
which is most of a module, so it is asked of modules with tags only, in two steps: a regular expression finds
where a ``try_table`` could stand, then only the functions around those places are decoded, up to the first
real one.
"""

from __future__ import annotations

import enum
import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from pyodide_abi.wasm import Kind, SectionId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pyodide_abi.wasm import Module, Section

_TRY_TABLE = 0x1F
_REFERENCES = (0x63, 0x64)
_MAX_TAGS = 128

#: Immediates of the opcodes behind the prefix 0xfc, from 8 on: how many indices.
_BULK = {8: 2, 9: 1, 10: 2, 11: 1, 12: 2, 13: 1, 14: 2, 15: 1, 16: 1, 17: 1}


class Encoding(enum.StrEnum):
    """How exceptions are written in a module's code."""

    NONE = "none or legacy"
    STANDARD = "standard"


class _UnknownInstructionError(Exception):
    """An opcode that this walker does not know; the function is then not judged."""


def find_encoding(module: Module) -> Encoding:
    """Whether any function of the module holds a ``try_table``, the mark of the standard encoding.

    A ``try_table`` with more than 15 catch clauses, or one whose first clause names a tag beyond the 128th,
    is not looked for.
    """
    section = module.find(SectionId.CODE)
    tags = len(module.space[Kind.TAG])
    if section is None or not tags:
        return Encoding.NONE
    last_tag = re.escape(bytes([min(tags, _MAX_TAGS) - 1]))
    candidates = re.compile(
        rb"\x1f(?:[\x63\x64][\x80-\xff]{0,4}[\x00-\x7f]|[\x80-\xff]{0,4}[\x00-\x7f])[\x01-\x0f]"
        rb"(?:[\x00\x01][\x00-" + last_tag + rb"]|[\x02\x03])[\x00-\x7f]"
    )
    places = [found.start() for found in candidates.finditer(module.data, section.contents, section.end)]
    if not places:
        return Encoding.NONE
    bodies = list(_bodies(module.data, section))
    starts = [start for start, _ in bodies]
    suspects = sorted({bisect_right(starts, place) - 1 for place in places})
    real = any(_has_try_table(module.data, *bodies[index]) for index in suspects if index >= 0)
    return Encoding.STANDARD if real else Encoding.NONE


def _bodies(data: memoryview, section: Section) -> Iterator[tuple[int, int]]:
    """Where each function's locals begin and its code ends."""
    number, position = _leb(data, section.contents)
    for _ in range(number):
        size, position = _leb(data, position)
        if position + size > section.end:
            return
        yield position, position + size
        position += size


def _has_try_table(data: memoryview, start: int, end: int) -> bool:
    try:
        count, position = _leb(data, start)
        for _ in range(count):
            _, position = _leb(data, position)
            position = _skip_type(data, position)
        while position < end:
            if data[position] == _TRY_TABLE:
                return True
            position = _next(data, position)
    except (_UnknownInstructionError, IndexError):
        # An engine decides about such a function; we do not claim anything of it.
        return False
    return False


def _next(data: memoryview, position: int) -> int:
    """Where the instruction after the one at ``position`` begins."""
    skip = _IMMEDIATES.get(data[position])
    return skip(data, position + 1) if skip else _next_rare(data, data[position], position + 1)


def _next_rare(data: memoryview, opcode: int, position: int) -> int:
    match opcode:
        case 0x0E:  # br_table
            count, position = _leb(data, position)
            for _ in range(count + 1):
                position = _skip(data, position)
            return position
        case 0x1C:  # select with types
            count, position = _leb(data, position)
            for _ in range(count):
                position = _skip_type(data, position)
            return position
        case 0xFC:
            operation, position = _leb(data, position)
            for _ in range(_BULK.get(operation, 0)):
                position = _skip(data, position)
            return position
        case 0xFD:
            return _next_simd(data, position)
        case 0xFE:  # atomics: a fence has one byte, everything else is an access
            operation, position = _leb(data, position)
            return position + 1 if operation == 3 else _skip_memory(data, position)  # noqa: PLR2004 - an opcode
        case _:
            raise _UnknownInstructionError


def _next_simd(data: memoryview, position: int) -> int:
    operation, position = _leb(data, position)
    if operation <= 11 or operation in {92, 93}:  # noqa: PLR2004 - loads and stores
        return _skip_memory(data, position)
    if operation in {12, 13}:  # a constant, a shuffle
        return position + 16
    if 21 <= operation <= 34:  # noqa: PLR2004 - lanes
        return position + 1
    if 84 <= operation <= 91:  # noqa: PLR2004 - loads and stores of a lane
        return _skip_memory(data, position) + 1
    return position


def _leb(data: memoryview, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - LEB128's continuation bit
            return value, position
        shift += 7


def _skip(data: memoryview, position: int) -> int:
    while data[position] & 0x80:
        position += 1
    return position + 1


def _skip_type(data: memoryview, position: int) -> int:
    return _skip(data, position + 1 if data[position] in _REFERENCES else position)


def _skip_memory(data: memoryview, position: int) -> int:
    align, position = _leb(data, position)
    if align & 0x40:  # multi-memory: an index follows
        position = _skip(data, position)
    return _skip(data, position)


def _skip_nothing(_data: memoryview, position: int) -> int:
    return position


def _skip_two(data: memoryview, position: int) -> int:
    return _skip(data, _skip(data, position))


#: Opcodes by the immediates that follow them (core specification, section 5.4).
_IMMEDIATES: Mapping[int, Callable[[memoryview, int], int]] = {
    **dict.fromkeys((0x00, 0x01, 0x05, 0x0A, 0x0B, 0x0F, 0x19, 0x1A, 0x1B), _skip_nothing),
    **dict.fromkeys((*range(0x45, 0xC5), 0xD1, 0xD3, 0xD4), _skip_nothing),
    **dict.fromkeys((0x07, 0x08, 0x09, 0x0C, 0x0D, 0x10, 0x12, 0x14, 0x15, 0x18), _skip),
    **dict.fromkeys((*range(0x20, 0x27), 0x3F, 0x40, 0x41, 0x42, 0xD0, 0xD2, 0xD5, 0xD6), _skip),
    **dict.fromkeys((0x11, 0x13), _skip_two),
    **dict.fromkeys((0x02, 0x03, 0x04, 0x06), _skip_type),
    **dict.fromkeys(range(0x28, 0x3F), _skip_memory),
    0x43: lambda _, position: position + 4,
    0x44: lambda _, position: position + 8,
}
