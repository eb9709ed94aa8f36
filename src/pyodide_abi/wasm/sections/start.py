"""The start section: one function that runs at instantiation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.wasm import encode as enc

if TYPE_CHECKING:
    from pyodide_abi.wasm.cursor import Cursor


def decode(cursor: Cursor) -> int:
    """Read the section's contents: the function's index.

    Raises:
        WasmError: they are not one index.
    """
    function = cursor.u32()
    cursor.finish()
    return function


def encode(function: int) -> bytes:
    """The counterpart of :func:`decode`."""
    return enc.unsigned(function)
