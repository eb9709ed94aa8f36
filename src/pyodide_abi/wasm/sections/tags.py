"""The tag section: what can be thrown. Tags are indices of function types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.wasm import encode as enc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyodide_abi.wasm.cursor import Cursor

_EXCEPTION = 0


def decode(cursor: Cursor) -> tuple[int, ...]:
    """Read the section's contents: the type index of each tag.

    Raises:
        WasmError: they are not tags.
    """
    found = tuple(read_tag(cursor) for _ in range(cursor.count(smallest=2, size="tags")))
    cursor.finish()
    return found


def encode(tags: Sequence[int]) -> bytes:
    """The counterpart of :func:`decode`."""
    return enc.vector(map(write_tag, tags))


def read_tag(cursor: Cursor) -> int:
    """The type index of one tag.

    Raises:
        WasmError: its attribute is not that of an exception, the only one there is.
    """
    start = cursor.offset
    if attribute := cursor.u8():
        raise cursor.fault(f"unknown attribute {attribute:#04x} of a tag", offset=start)
    return cursor.u32()


def write_tag(type_index: int) -> bytes:
    """The counterpart of :func:`read_tag`."""
    return bytes([_EXCEPTION]) + enc.unsigned(type_index)
