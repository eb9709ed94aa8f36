"""Modules with so many of something, for engines' limits: pieces of bytes and how often they come.

Small texts stand for modules of megabytes, so that a script for an engine can hold them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.wasm import encode as enc
from pyodide_abi.wasm.sections import dylink0
from pyodide_abi.wasm.sizes import Size

if TYPE_CHECKING:
    from collections.abc import Callable

#: Bytes and how often they come, one after another.
Pieces = list[tuple[bytes, int]]

_HEAD = b"\0asm\1\0\0\0"
_DYLINK = enc.name(dylink0.NAME) + b"\1\4\0\0\0\0"
_TYPE, _IMPORT, _FUNCTION, _TABLE, _MEMORY, _GLOBAL, _EXPORT, _ELEMENT, _CODE, _DATA, _TAG = (
    *range(1, 8),
    *range(9, 12),
    13,
)
_I32 = b"\x7f"


def pieces(size: Size, number: int, *, library: bool = False) -> Pieces:
    """A module with so many of something.

    All engines accept what keeps their bounds, but for exports, which all have one name here.

    Args:
        size: of what.
        number: how many.
        library: it begins with a section ``dylink.0``.
    """
    head = [(_HEAD, 1), *(_section(0, [(_DYLINK, 1)]) if library else [])]
    return head + _MAKERS[size](number)


def joined(parts: Pieces) -> bytes:
    """The bytes that pieces stand for."""
    return b"".join(part * times for part, times in parts)


def _section(id_: int, contents: Pieces) -> Pieces:
    size = sum(len(part) * times for part, times in contents)
    return [(bytes([id_]) + enc.unsigned(size), 1), *contents]


def _vector(id_: int, number: int, item: bytes) -> Pieces:
    return _section(id_, [(enc.unsigned(number), 1), (item, number)])


def _once(part: bytes | tuple[bytes, int]) -> tuple[bytes, int]:
    return (part, 1) if isinstance(part, bytes) else part


def _one(id_: int, *parts: bytes | tuple[bytes, int]) -> Pieces:
    """A section with one item."""
    return _section(id_, [(b"\1", 1), *map(_once, parts)])


def _function(*body: bytes | tuple[bytes, int]) -> Pieces:
    """One function of no type in particular."""
    contents = [*map(_once, body)]
    size = sum(len(part) * times for part, times in contents)
    return [*_NO_TYPE, *_one(_FUNCTION, b"\0"), *_one(_CODE, enc.unsigned(size), *contents)]


def _line_of_types(number: int) -> Pieces:
    """Structures, each an extension of the one before; the first extends none."""
    further = [(b"\x50\1" + enc.unsigned(place) + b"\x5f\0", 1) for place in range(number)]
    return _section(_TYPE, [(enc.unsigned(number + 1) + b"\x50\0\x5f\0", 1), *further])


_NO_TYPE = _one(_TYPE, b"\x60\0\0")
_A_TABLE = _one(_TABLE, b"\x70\0\0")
_A_MEMORY = _one(_MEMORY, b"\0\0")
_SEGMENT = b"\0\x41\0\x0b\0"
_MAKERS: dict[Size, Callable[[int], Pieces]] = {
    Size.TYPES: lambda number: _vector(_TYPE, number, b"\x60\0\0"),
    Size.IMPORTS: lambda number: _vector(_IMPORT, number, b"\0\0\3\x7f\0"),
    Size.FUNCTIONS: lambda number: [
        *_NO_TYPE,
        *_vector(_FUNCTION, number, b"\0"),
        *_vector(_CODE, number, b"\2\0\x0b"),
    ],
    Size.TABLES: lambda number: _vector(_TABLE, number, b"\x70\0\0"),
    Size.MEMORIES: lambda number: _vector(_MEMORY, number, b"\0\0"),
    Size.TAGS: lambda number: [*_NO_TYPE, *_vector(_TAG, number, b"\0\0")],
    Size.GLOBALS: lambda number: _vector(_GLOBAL, number, b"\x7f\0\x41\0\x0b"),
    Size.EXPORTS: lambda number: [
        *_NO_TYPE,
        *_one(_FUNCTION, b"\0"),
        *_vector(_EXPORT, number, b"\1e\0\0"),
        *_one(_CODE, b"\2\0\x0b"),
    ],
    Size.ELEMENT_SEGMENTS: lambda number: [*_A_TABLE, *_vector(_ELEMENT, number, _SEGMENT)],
    Size.DATA_SEGMENTS: lambda number: [*_A_MEMORY, *_vector(_DATA, number, _SEGMENT)],
    Size.PARAMETERS: lambda number: _one(_TYPE, b"\x60" + enc.unsigned(number), (_I32, number), b"\0"),
    Size.RESULTS: lambda number: _one(_TYPE, b"\x60\0" + enc.unsigned(number), (_I32, number)),
    Size.FIELDS: lambda number: _one(_TYPE, b"\x5f" + enc.unsigned(number), (b"\x7f\0", number)),
    Size.SUPERTYPES: lambda number: _section(
        _TYPE, [(b"\2\x50\0\x5f\0\x50" + enc.unsigned(number), 1), (b"\0", number), (b"\x5f\0", 1)]
    ),
    Size.DEPTH: _line_of_types,
    Size.GROUP: lambda number: _one(_TYPE, b"\x4e" + enc.unsigned(number), (b"\x60\0\0", number)),
    Size.ELEMENTS: lambda number: [
        *_NO_TYPE,
        *_one(_FUNCTION, b"\0"),
        *_A_TABLE,
        *_one(_ELEMENT, b"\0\x41\0\x0b" + enc.unsigned(number), (b"\0", number)),
        *_one(_CODE, b"\2\0\x0b"),
    ],
    Size.NAME: lambda number: _one(_IMPORT, b"\0" + enc.unsigned(number), (b"n", number), b"\3\x7f\0"),
    Size.TABLE_LENGTH: lambda number: _one(_TABLE, b"\x70\0" + enc.unsigned(number)),
    Size.MEMORY_PAGES: lambda number: _one(_MEMORY, b"\0" + enc.unsigned(number)),
    Size.MEMORY_MAXIMUM: lambda number: _one(_MEMORY, b"\1\0" + enc.unsigned(number)),
    Size.BODY: lambda number: _function(b"\0", (b"\1", number - 2), b"\x0b"),
    Size.LOCALS: lambda number: _function(b"\1" + enc.unsigned(number) + b"\x7f\x0b"),
    Size.BRANCHES: lambda number: _function(
        b"\0\x41\0\x0e" + enc.unsigned(number), (b"\0", number + 1), b"\x0b"
    ),
}
