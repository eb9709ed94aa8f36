"""The export section."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pyodide_abi.wasm import encode as enc
from pyodide_abi.wasm.types import KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyodide_abi.wasm.cursor import Cursor
    from pyodide_abi.wasm.types import Kind


class Export(NamedTuple):
    """Something that the module offers.

    A tuple, which is made in half of the time of a value: large modules export a hundred thousand.

    Attributes:
        name: under which it is offered.
        kind: what sort of thing it is.
        index: The place among the module's things of that sort, imported ones counted first.
    """

    name: str
    kind: Kind
    index: int  # type: ignore[assignment] # tuples have a method of that name, which nobody calls here


def decode(cursor: Cursor) -> tuple[Export, ...]:
    """Read the section's contents.

    Raises:
        WasmError: they are not exports, or two have one name (core specification, section 3.5.16).
    """
    start = cursor.offset
    exports = tuple([_read(cursor) for _ in range(cursor.count(smallest=3, size="exports"))])
    cursor.finish()
    if len({entry.name for entry in exports}) != len(exports):
        raise cursor.fault("two exports have the same name", offset=start)
    return exports


def encode(exports: Sequence[Export]) -> bytes:
    """The counterpart of :func:`decode`."""
    return enc.vector(
        enc.name(entry.name) + bytes([KINDS.index(entry.kind)]) + enc.unsigned(entry.index)
        for entry in exports
    )


def _read(cursor: Cursor) -> Export:
    name = cursor.name()
    start = cursor.offset
    code = cursor.u8()
    if code >= len(KINDS):
        raise cursor.fault(f"{name} is of the unknown kind {code:#04x}", offset=start)
    return Export(name, KINDS[code], cursor.u32())
