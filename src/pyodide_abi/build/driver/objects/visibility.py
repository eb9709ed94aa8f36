"""Make the symbols of object files hidden, as ``-fvisibility=hidden`` would have, when they are linked.

wasm-ld exports more from a shared library than its export list: each visible function or datum whose address
is taken, to be looked up by name among all loaded modules, and each weak definition (inline functions,
templates, vtables), which it also *imports*, so that every call goes through the loader. A self-contained
extension module wants none of this. Whether an object becomes part of one is known at link and not when it is
compiled, so the flag is set here.

The bit lies in the lowest byte of a number (tool conventions, Linking.md: ``WASM_SYM_VISIBILITY_HIDDEN``), so
that no length changes and files, archives with their indexes too, are patched in place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import EM_JS_PREFIX
from pyodide_abi.build.driver.arguments import grouped
from pyodide_abi.build.driver.objects.exports import linked_files
from pyodide_abi.wasm import read_module
from pyodide_abi.wasm.archive import MAGIC as ARCHIVE
from pyodide_abi.wasm.archive import read_archive
from pyodide_abi.wasm.cursor import Cursor
from pyodide_abi.wasm.sections import linking
from pyodide_abi.wasm.sections.dylink0 import SymbolFlag

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

_SYMBOL_TABLE = 8
_DATA, _SECTION = 1, 3
#: A symbol with one of these is left as it is: it is not this module's own, or someone asked for it by name.
_LEAVE = SymbolFlag.UNDEFINED | SymbolFlag.LOCAL | SymbolFlag.HIDDEN | SymbolFlag.EXPORTED


def seal(
    words: Sequence[str],
    keep: Collection[str],
    *,
    read: Callable[[str], bytes],
    write: Callable[[str, bytes], str],
) -> list[str]:
    """A link whose objects and archives show nothing but some names.

    Args:
        words: the linker's command line.
        keep: names that stay visible.
        read: gives a file's contents.
        write: puts a patched file under the given file's last name; its path.

    Raises:
        WasmError: a file is damaged.
    """
    groups = grouped(words)
    sealed: list[str] = []
    for group, names in zip(groups, linked_files(groups), strict=True):
        name, data = first_there(names, read)
        patched = hide_symbols(data, keep)
        sealed += group if patched == data else (write(name, patched),)
    return sealed


def first_there(names: Sequence[str], read: Callable[[str], bytes]) -> tuple[str, bytes]:
    """The first of a linked file's names that can be read, and what it holds; nothing if there is none."""
    for name in names:
        try:
            return name, read(name)
        except OSError:
            continue  # The linker reports a file that is not there, in its own words.
    return "", b""


def hide_symbols(data: bytes, keep: Collection[str]) -> bytes:
    """An object file or archive whose defined symbols are hidden.

    Args:
        data: the file; one of another kind comes back as it is.
        keep: names that stay visible.

    Raises:
        WasmError: it is damaged.
    """
    patched = bytearray(data)
    if data[: len(ARCHIVE)] == ARCHIVE:
        for member in read_archive(data):
            _hide(bytes(member.data), member.offset, patched, keep)
    else:
        _hide(data, 0, patched, keep)
    return bytes(patched)


def _hide(data: bytes, base: int, patched: bytearray, keep: Collection[str]) -> None:
    if data[:4] != b"\0asm":
        return
    module = read_module(data)
    section = module.custom(linking.NAME)
    if section is None:
        return
    cursor = Cursor(module.contents(section), base=section.contents, within="linking section")
    for offset, flags, name in _symbols(cursor):
        if not flags & _LEAVE and name not in keep and not name.startswith(EM_JS_PREFIX):
            patched[base + offset] |= SymbolFlag.HIDDEN


def _symbols(cursor: Cursor) -> Iterator[tuple[int, int, str]]:
    """Where each symbol's flags are, what they are, and its name; imported symbols may have none here."""
    cursor.u32()  # The version, which reading the module has checked.
    while cursor.remaining:
        id_, size = cursor.u8(), cursor.u32()
        part = cursor.part(size, "symbol table")
        if id_ != _SYMBOL_TABLE:
            continue
        for _ in range(part.u32()):
            kind = part.u8()
            offset, flags = part.offset, part.u32()
            yield offset, flags, _rest(part, kind, flags)


def _rest(part: Cursor, kind: int, flags: int) -> str:
    defined = not flags & SymbolFlag.UNDEFINED
    if kind == _DATA:
        name = part.name()
        if defined:
            for _ in ("segment", "offset", "size"):
                part.u32()
        return name
    part.u32()
    if kind == _SECTION:
        return ""
    return part.name() if defined or flags & SymbolFlag.EXPLICIT_NAME else ""
