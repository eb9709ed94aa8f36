"""The memory section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.wasm import encode as enc
from pyodide_abi.wasm.type_codes import read_memory_type, write_memory_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyodide_abi.wasm.cursor import Cursor
    from pyodide_abi.wasm.types import MemoryType


def decode(cursor: Cursor) -> tuple[MemoryType, ...]:
    """Read the section's contents.

    Raises:
        WasmError: they are not memories.
    """
    memories = tuple(read_memory_type(cursor) for _ in range(cursor.count(smallest=2, size="memories")))
    cursor.finish()
    return memories


def encode(memories: Sequence[MemoryType]) -> bytes:
    """The counterpart of :func:`decode`."""
    return enc.vector(map(write_memory_type, memories))
