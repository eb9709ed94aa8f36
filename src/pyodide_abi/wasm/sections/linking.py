"""``linking``: what makes a module an object file (tool-conventions, Linking.md).

The symbol table is decoded; the other subsections (segments, constructors, comdats) are kept.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from pyodide_abi.values import value
from pyodide_abi.wasm import encode as enc
from pyodide_abi.wasm.sections.dylink0 import SymbolFlag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyodide_abi.wasm.cursor import Cursor
    from pyodide_abi.wasm.sections.imports import Import
    from pyodide_abi.wasm.types import Kind

NAME = "linking"
VERSION = 2
_SYMBOL_TABLE = 8
_BINDING = 0x03


class ObjectSymbolKind(enum.StrEnum):
    """What a symbol stands for; in the order of the binary codes."""

    FUNCTION = "function"
    DATA = "data"
    GLOBAL = "global"
    SECTION = "section"
    TAG = "tag"
    TABLE = "table"


_KINDS = tuple(ObjectSymbolKind)


class Binding(enum.StrEnum):
    """How symbols of one name go together."""

    GLOBAL = "global"
    WEAK = "weak"
    LOCAL = "local"


@value
class ObjectSymbol:
    """A symbol of an object file.

    Attributes:
        name: empty for a section's.
        kind: what it stands for.
        flags: bits of :class:`SymbolFlag`.
        index: The symbol's place in its index space; that of the segment for data; None for undefined data.
        offset: The place in the segment, for defined data.
        size: The number of bytes, for defined data.
    """

    name: str
    kind: ObjectSymbolKind
    flags: int
    index: int | None = None
    offset: int = 0
    size: int = 0

    @property
    def defined(self) -> bool:
        """The object file itself provides it."""
        return not self.flags & SymbolFlag.UNDEFINED

    @property
    def hidden(self) -> bool:
        """It stays inside the module that it is linked into."""
        return bool(self.flags & SymbolFlag.HIDDEN)

    @property
    def binding(self) -> Binding:
        """How it goes together with others of its name."""
        if self.flags & _BINDING == SymbolFlag.WEAK:
            return Binding.WEAK
        return Binding.LOCAL if self.flags & SymbolFlag.LOCAL else Binding.GLOBAL


@value
class Linking:
    """The section's contents.

    Attributes:
        symbols: the symbol table.
        others: the other subsections: id and contents, and where the symbol table stood among them.
        symbols_at: the table's place among ``others``; None where there is no table.
    """

    symbols: tuple[ObjectSymbol, ...] = ()
    others: tuple[tuple[int, bytes], ...] = ()
    symbols_at: int | None = None


def decode(cursor: Cursor, imports: Sequence[Import]) -> Linking:
    """Read the section's contents.

    Args:
        cursor: over the contents.
        imports: The object file's imports; undefined symbols mostly take their names from them.

    Raises:
        WasmError: they are not what the name says, or of another version than 2.
    """
    start = cursor.offset
    if (version := cursor.u32()) != VERSION:
        raise cursor.fault(f"version {version}, not {VERSION}", offset=start)
    by_kind: dict[str, list[Import]] = {}
    for entry in imports:
        by_kind.setdefault(entry.kind, []).append(entry)
    symbols: tuple[ObjectSymbol, ...] = ()
    symbols_at = None
    others: list[tuple[int, bytes]] = []
    while cursor.remaining:
        id_, size = cursor.u8(), cursor.u32()
        part = cursor.part(size, f"{cursor.within} subsection {id_}")
        if id_ == _SYMBOL_TABLE and symbols_at is None:
            symbols_at = len(others)
            symbols = tuple([_read(part, by_kind) for _ in range(part.count(smallest=3))])
            part.finish()
        else:
            others.append((id_, part.rest()))
    return Linking(symbols=symbols, others=tuple(others), symbols_at=symbols_at)


def encode(linking: Linking) -> bytes:
    """The counterpart of :func:`decode`."""
    subsections = list(linking.others)
    if linking.symbols_at is not None:
        subsections.insert(linking.symbols_at, (_SYMBOL_TABLE, enc.vector(map(_write, linking.symbols))))
    body = b"".join(bytes([id_]) + enc.sized(content) for id_, content in subsections)
    return enc.unsigned(VERSION) + body


def _read(cursor: Cursor, imports: dict[str, list[Import]]) -> ObjectSymbol:
    start = cursor.offset
    code = cursor.u8()
    if code >= len(_KINDS):
        raise cursor.fault(f"unknown kind {code} of symbol", offset=start)
    kind, flags = _KINDS[code], cursor.u32()
    undefined = bool(flags & SymbolFlag.UNDEFINED)
    if kind is ObjectSymbolKind.SECTION:
        return ObjectSymbol(name="", kind=kind, flags=flags, index=cursor.u32())
    if kind is ObjectSymbolKind.DATA:
        name = cursor.name()
        if undefined:
            return ObjectSymbol(name=name, kind=kind, flags=flags)
        index, offset, size = cursor.u32(), cursor.u32(), cursor.u32()
        return ObjectSymbol(name=name, kind=kind, flags=flags, index=index, offset=offset, size=size)
    index = cursor.u32()
    if not undefined or flags & SymbolFlag.EXPLICIT_NAME:
        return ObjectSymbol(name=cursor.name(), kind=kind, flags=flags, index=index)
    # The two enumerations agree in the names of what can be imported.
    candidates = imports.get(kind.value, [])
    if index >= len(candidates):
        raise cursor.fault(f"an undefined {kind} symbol is not import {index}", offset=start)
    return ObjectSymbol(name=candidates[index].name, kind=kind, flags=flags, index=index)


def _write(symbol: ObjectSymbol) -> bytes:
    head = bytes([_KINDS.index(symbol.kind)]) + enc.unsigned(symbol.flags)
    undefined = bool(symbol.flags & SymbolFlag.UNDEFINED)
    if symbol.kind is ObjectSymbolKind.DATA:
        if undefined:
            return head + enc.name(symbol.name)
        numbers = (symbol.index or 0, symbol.offset, symbol.size)
        return head + enc.name(symbol.name) + b"".join(map(enc.unsigned, numbers))
    head += enc.unsigned(symbol.index or 0)
    named = symbol.kind is not ObjectSymbolKind.SECTION and (
        not undefined or symbol.flags & SymbolFlag.EXPLICIT_NAME
    )
    return head + enc.name(symbol.name) if named else head


def exported_symbols(
    symbols: Sequence[ObjectSymbol], kinds: Sequence[Kind | ObjectSymbolKind]
) -> tuple[str, ...]:
    """The names that other modules could see: defined, neither hidden nor local, of one of ``kinds``."""
    wanted = {str(kind) for kind in kinds}
    return tuple(
        symbol.name
        for symbol in symbols
        if symbol.defined
        and not symbol.hidden
        and symbol.binding is not Binding.LOCAL
        and symbol.kind.value in wanted
    )
