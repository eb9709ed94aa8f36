"""The global section."""

from __future__ import annotations

import re
from array import array
from typing import TYPE_CHECKING

from pyodide_abi.errors import WasmError
from pyodide_abi.values import value
from pyodide_abi.wasm import encode as enc
from pyodide_abi.wasm.constant import read_expression
from pyodide_abi.wasm.cursor import Cursor
from pyodide_abi.wasm.type_codes import COMMON_GLOBALS, read_global_type, write_global_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyodide_abi.wasm.constant import Expression
    from pyodide_abi.wasm.cursor import Bytes
    from pyodide_abi.wasm.types import GlobalType

#: A number's type and a constant of it, or the value of another global; integers that need all bits of their
#: last byte are left to the careful reader, but for 32-bit ones, which addresses are.
_CONSTANT = re.compile(
    rb"([\x7c-\x7f][\x00\x01])"
    rb"(\x41(?:[\x80-\xff]{0,3}+[\x00-\x7f]|[\x80-\xff]{4}[\x00-\x07\x78-\x7f])|\x42[\x80-\xff]{0,8}+[\x00-\x7f]"
    rb"|\x23[\x80-\xff]{0,3}+[\x00-\x7f]|\x43[\x00-\xff]{4}|\x44[\x00-\xff]{8})\x0b"
)
#: The address of something in memory or table, as linkers export it.
_ADDRESS = re.compile(rb"\x7f\x00\x41[\x80-\xff]{0,3}+[\x00-\x7f]\x0b")


@value
class Global:
    """A global that the module defines, and its initial value."""

    type: GlobalType
    initial: Expression


def decode(cursor: Cursor) -> tuple[Global, ...]:
    """Read the section's contents.

    Raises:
        WasmError: they are not globals.
    """
    found = tuple([_read(cursor) for _ in range(cursor.count(smallest=3, size="globals"))])
    cursor.finish()
    return found


def decode_constants(contents: Bytes) -> tuple[GlobalType, ...] | None:
    """The types of globals whose values are plain constants; None where one is anything else, or malformed.

    Large modules have tens of thousands of them, of which nobody wants the values.
    """
    try:
        cursor = Cursor(contents)
        number = cursor.count(smallest=3, size="globals")
    except WasmError:
        return None
    # Nearly always all are addresses.
    addresses = _ADDRESS.findall(contents, cursor.position)
    if len(addresses) == number and sum(map(len, addresses)) == cursor.remaining:
        return (COMMON_GLOBALS[b"\x7f\0"],) * number
    found = _CONSTANT.findall(contents, cursor.position)
    # Each entry is the two groups and an `end`.
    size = sum(len(code) for _, code in found) + 3 * len(found)
    if len(found) != number or size != cursor.remaining:
        return None
    return tuple([COMMON_GLOBALS[type_] for type_, _ in found])


def initial_places(contents: Bytes) -> array[int]:
    """Where in the section's contents the initial value of each global begins.

    Nothing is decoded: large modules have tens of thousands of globals, of which few are ever looked at.

    Raises:
        WasmError: the contents are not globals.
    """
    cursor = Cursor(contents, within="global section")
    number = cursor.count(smallest=3, size="globals")
    places = array("I")
    for _ in range(number):
        match = _CONSTANT.match(contents, cursor.position)
        if match:
            places.append(match.start(2))
            cursor.position = match.end()
        else:
            read_global_type(cursor)
            places.append(cursor.position)
            read_expression(cursor)
    return places


def encode(globals_: Sequence[Global]) -> bytes:
    """The counterpart of :func:`decode`."""
    return enc.vector(write_global_type(entry.type) + entry.initial.code for entry in globals_)


def _read(cursor: Cursor) -> Global:
    type_ = read_global_type(cursor)
    return Global(type=type_, initial=read_expression(cursor))
