"""The element section: references that go into tables. How many there are and where, not which."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyodide_abi.values import value
from pyodide_abi.wasm import encode as enc
from pyodide_abi.wasm.constant import read_expression
from pyodide_abi.wasm.type_codes import read_value_type, write_value_type
from pyodide_abi.wasm.types import ValueType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyodide_abi.wasm.constant import Expression
    from pyodide_abi.wasm.cursor import Cursor

_NOT_ACTIVE, _EXPLICIT, _EXPRESSIONS = 1, 2, 4
_FUNCTIONS = 0
#: Elements of a table that engines accept (WebAssembly JavaScript interface).
_MAX_TABLE = 10_000_000
#: An index of four bytes at most, and so below 2 to the power of 28.
_SHORT_INDEX = rb"(?:[\x80-\xff]{0,3}+[\x00-\x7f])"
_FUNCREF = ValueType("funcref")


@value
class ElementSegment:
    """References for a table.

    Attributes:
        flags: 0 to 7, as the core specification numbers the eight forms (section 5.5.12).
        table: The table that an active segment goes to; 0 where its form does not say.
        start: the place in the table of an active segment; None for passive and declared ones.
        element: the type of the references.
        items: the encoded items, without their number.
        number: how many they are.
    """

    flags: int
    table: int
    start: Expression | None
    element: ValueType
    items: bytes
    number: int


def decode(cursor: Cursor) -> tuple[ElementSegment, ...]:
    """Read the section's contents.

    Raises:
        WasmError: they are not element segments.
    """
    segments = tuple(_read(cursor) for _ in range(cursor.count(smallest=3, size="element segments")))
    cursor.finish()
    return segments


def encode(segments: Sequence[ElementSegment]) -> bytes:
    """The counterpart of :func:`decode`."""
    return enc.vector(map(_write, segments))


def _read(cursor: Cursor) -> ElementSegment:
    begin = cursor.offset
    flags = cursor.u32()
    if flags > (_NOT_ACTIVE | _EXPLICIT | _EXPRESSIONS):
        raise cursor.fault(f"unknown form {flags} of segment", offset=begin)
    active = not flags & _NOT_ACTIVE
    table = cursor.u32() if active and flags & _EXPLICIT else 0
    start = read_expression(cursor) if active else None
    element = _read_type(cursor, flags) if flags & (_NOT_ACTIVE | _EXPLICIT) else _FUNCREF
    number = cursor.count(limit=_MAX_TABLE, size="elements")
    first = cursor.position
    _skip(cursor, number, expressions=bool(flags & _EXPRESSIONS))
    items = bytes(cursor.data[first : cursor.position])
    return ElementSegment(flags=flags, table=table, start=start, element=element, items=items, number=number)


def _skip(cursor: Cursor, number: int, *, expressions: bool) -> None:
    """Go over so many items; large modules have a hundred thousand, nearly always short indices."""
    match = None
    if not expressions:
        match = re.compile(_SHORT_INDEX + b"{%d}+" % number).match(cursor.data, cursor.position, cursor.end)
    if match is not None:
        cursor.position = match.end()
        return
    for _ in range(number):
        if expressions:
            read_expression(cursor)
        else:
            cursor.u32()


def _read_type(cursor: Cursor, flags: int) -> ValueType:
    if flags & _EXPRESSIONS:
        return read_value_type(cursor)
    begin = cursor.offset
    if kind := cursor.u8():
        raise cursor.fault(f"unknown kind {kind:#04x} of elements", offset=begin)
    return _FUNCREF


def _write(segment: ElementSegment) -> bytes:
    flags = segment.flags
    out = [enc.unsigned(flags)]
    if segment.start is not None:
        if flags & _EXPLICIT:
            out.append(enc.unsigned(segment.table))
        out.append(segment.start.code)
    if flags & (_NOT_ACTIVE | _EXPLICIT):
        out.append(write_value_type(segment.element) if flags & _EXPRESSIONS else bytes([_FUNCTIONS]))
    out += [enc.unsigned(segment.number), segment.items]
    return b"".join(out)
