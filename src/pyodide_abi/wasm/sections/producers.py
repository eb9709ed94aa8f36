"""``producers``: which tools made the module (tool-conventions, ProducersSection.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.values import value
from pyodide_abi.wasm import encode as enc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyodide_abi.wasm.cursor import Cursor

NAME = "producers"


@value
class Field:
    """``language``, ``processed-by`` or ``sdk``, with pairs of a name and a version."""

    name: str
    values: tuple[tuple[str, str], ...]


def decode(cursor: Cursor) -> tuple[Field, ...]:
    """Read the section's contents.

    Raises:
        WasmError: they are not what the name says.
    """
    fields = tuple(_read(cursor) for _ in range(cursor.count(smallest=2)))
    cursor.finish()
    return fields


def encode(fields: Sequence[Field]) -> bytes:
    """The counterpart of :func:`decode`."""
    return enc.vector(
        enc.name(field.name)
        + enc.vector(enc.name(name) + enc.name(version) for name, version in field.values)
        for field in fields
    )


def _read(cursor: Cursor) -> Field:
    name = cursor.name()
    values = tuple((cursor.name(), cursor.name()) for _ in range(cursor.count(smallest=2)))
    return Field(name=name, values=values)
