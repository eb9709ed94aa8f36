"""The data section: where each segment's bytes lie in the file. They are never copied here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.values import value
from pyodide_abi.wasm import encode as enc
from pyodide_abi.wasm.constant import read_expression

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyodide_abi.wasm.constant import Expression
    from pyodide_abi.wasm.cursor import Bytes, Cursor

_ACTIVE, _PASSIVE, _ACTIVE_EXPLICIT = 0, 1, 2


@value
class DataSegment:
    """Bytes for a memory.

    Attributes:
        memory: The memory that an active segment goes to; None for a passive one.
        start: the address; None for a passive segment.
        offset: The place of the segment's bytes in the file.
        size: how many they are.
        explicit: the memory's index is written although it may be 0.
    """

    memory: int | None
    start: Expression | None
    offset: int
    size: int
    explicit: bool = False


def decode(cursor: Cursor) -> tuple[DataSegment, ...]:
    """Read the section's contents.

    Raises:
        WasmError: they are not data segments.
    """
    segments = tuple([_read(cursor) for _ in range(cursor.count(smallest=2, size="data segments"))])
    cursor.finish()
    return segments


def encode(segments: Sequence[DataSegment], file: Bytes) -> bytes:
    """The counterpart of :func:`decode`; ``file`` holds the segments' bytes at their offsets."""
    return enc.vector(_write(segment, file) for segment in segments)


def _read(cursor: Cursor) -> DataSegment:
    begin = cursor.offset
    form = cursor.u32()
    if form > _ACTIVE_EXPLICIT:
        raise cursor.fault(f"unknown form {form} of segment", offset=begin)
    explicit = form == _ACTIVE_EXPLICIT
    memory = cursor.u32() if explicit else 0
    start = read_expression(cursor) if form != _PASSIVE else None
    size = cursor.u32()
    offset = cursor.offset
    cursor.skip(size)
    return DataSegment(
        memory=None if start is None else memory, start=start, offset=offset, size=size, explicit=explicit
    )


def _write(segment: DataSegment, file: Bytes) -> bytes:
    content = bytes(file[segment.offset : segment.offset + segment.size])
    if segment.start is None:
        return enc.unsigned(_PASSIVE) + enc.sized(content)
    if segment.explicit or segment.memory:
        head = enc.unsigned(_ACTIVE_EXPLICIT) + enc.unsigned(segment.memory or 0)
    else:
        head = enc.unsigned(_ACTIVE)
    return head + segment.start.code + enc.sized(content)
