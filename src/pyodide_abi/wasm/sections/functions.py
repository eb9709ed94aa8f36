"""The function section: the type index of each function that the module defines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyodide_abi.wasm import encode as enc
from pyodide_abi.wasm.cursor import Cursor

if TYPE_CHECKING:
    from collections.abc import Sequence

_LEB128 = re.compile(rb"[\x80-\xff]*+[\x00-\x7f]")


def decode(cursor: Cursor) -> tuple[int, ...]:
    """Read the section's contents.

    A large module defines a few hundred thousand functions of a few hundred types, so each distinct encoding
    is decoded once.

    Raises:
        WasmError: they are not indices.
    """
    number = cursor.count(size="functions")
    start = cursor.position
    if cursor.remaining == number and (contents := bytes(cursor.data[start : cursor.end])).isascii():
        # Of up to 128 types each index is a byte.
        cursor.position = cursor.end
        return tuple(contents)
    encodings: list[bytes] = _LEB128.findall(cursor.data, start, cursor.end)
    if len(encodings) != number or sum(map(len, encodings)) != cursor.remaining:
        # Cut off or with something behind the last: the plain way says where.
        found = tuple(cursor.u32() for _ in range(number))
        cursor.finish()
        return found
    values = {code: _value(code, cursor, start) for code in set(encodings)}
    cursor.position = cursor.end
    return tuple([values[code] for code in encodings])


def encode(type_indices: Sequence[int]) -> bytes:
    """The counterpart of :func:`decode`."""
    return enc.vector(map(enc.unsigned, type_indices))


def _value(code: bytes, cursor: Cursor, start: int) -> int:
    return Cursor(code, base=cursor.base + start, within=cursor.within).u32()
