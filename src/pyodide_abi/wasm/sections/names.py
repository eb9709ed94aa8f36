"""The ``name`` section: for people and debuggers (core specification, appendix A.7.5).

Engines ignore its faults, so it is read only when asked for, and only the part asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.wasm import encode as enc

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyodide_abi.wasm.cursor import Cursor

NAME = "name"
MODULE, FUNCTIONS, GLOBALS, DATA = 0, 1, 7, 9


def decode(cursor: Cursor) -> tuple[tuple[int, Cursor], ...]:
    """The subsections: the id and a cursor over the contents of each.

    Raises:
        WasmError: their sizes do not fit.
    """
    found = []
    while cursor.remaining:
        id_, size = cursor.u8(), cursor.u32()
        found.append((id_, cursor.part(size, f"{cursor.within} subsection {id_}")))
    return tuple(found)


def decode_map(cursor: Cursor) -> dict[int, str]:
    """Read a subsection that gives names to indices.

    Raises:
        WasmError: it is not one.
    """
    found = {cursor.u32(): cursor.name() for _ in range(cursor.count(smallest=2))}
    cursor.finish()
    return found


def encode(subsections: Mapping[int, bytes]) -> bytes:
    """The counterpart of :func:`decode`."""
    return b"".join(bytes([id_]) + enc.sized(content) for id_, content in subsections.items())


def encode_map(names: Mapping[int, str]) -> bytes:
    """The counterpart of :func:`decode_map`."""
    return enc.vector(enc.unsigned(index) + enc.name(name) for index, name in sorted(names.items()))
