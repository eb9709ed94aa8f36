"""The global section."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyodide_abi.wasm import encode as enc
from pyodide_abi.wasm.constant import read_expression
from pyodide_abi.wasm.type_codes import read_global_type, write_global_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyodide_abi.wasm.constant import Expression
    from pyodide_abi.wasm.cursor import Cursor
    from pyodide_abi.wasm.types import GlobalType


@dataclass(frozen=True, kw_only=True, slots=True)
class Global:
    """A global that the module defines, and its initial value."""

    type: GlobalType
    initial: Expression


def decode(cursor: Cursor) -> tuple[Global, ...]:
    """Read the section's contents.

    Raises:
        WasmError: they are not globals.
    """
    found = tuple([_read(cursor) for _ in range(cursor.count(smallest=3))])
    cursor.finish()
    return found


def encode(globals_: Sequence[Global]) -> bytes:
    """The counterpart of :func:`decode`."""
    return enc.vector(write_global_type(entry.type) + entry.initial.code for entry in globals_)


def _read(cursor: Cursor) -> Global:
    type_ = read_global_type(cursor)
    return Global(type=type_, initial=read_expression(cursor))
