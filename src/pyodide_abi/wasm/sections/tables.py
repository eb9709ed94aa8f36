"""The table section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.values import value
from pyodide_abi.wasm import encode as enc
from pyodide_abi.wasm.constant import read_expression
from pyodide_abi.wasm.type_codes import read_table_type, write_table_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyodide_abi.wasm.constant import Expression
    from pyodide_abi.wasm.cursor import Cursor
    from pyodide_abi.wasm.types import TableType

_WITH_INITIALIZER = b"\x40\x00"


@value
class Table:
    """A table that the module defines; ``initial`` fills it where it is given."""

    type: TableType
    initial: Expression | None = None


def decode(cursor: Cursor) -> tuple[Table, ...]:
    """Read the section's contents.

    Raises:
        WasmError: they are not tables.
    """
    tables = tuple(_read(cursor) for _ in range(cursor.count(smallest=3, size="tables")))
    cursor.finish()
    return tables


def encode(tables: Sequence[Table]) -> bytes:
    """The counterpart of :func:`decode`."""
    return enc.vector(map(_write, tables))


def _read(cursor: Cursor) -> Table:
    if bytes(cursor.data[cursor.position : min(cursor.position + 2, cursor.end)]) != _WITH_INITIALIZER:
        return Table(type=read_table_type(cursor))
    cursor.skip(2)
    type_ = read_table_type(cursor)
    return Table(type=type_, initial=read_expression(cursor))


def _write(table: Table) -> bytes:
    if table.initial is None:
        return write_table_type(table.type)
    return _WITH_INITIALIZER + write_table_type(table.type) + table.initial.code
