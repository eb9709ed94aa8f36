"""What the files of a link are: objects of the target, of another machine, or made for threads.

wasm-ld passes over archive members of other machines, and lays thread-local variables of a module that has
no threads over the runtime's own memory, without an error. What it has not taken from an archive is no
matter, so that nothing here judges: it says what each file and member is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.errors import WasmError
from pyodide_abi.values import value
from pyodide_abi.wasm import read_module
from pyodide_abi.wasm.archive import MAGIC as ARCHIVE
from pyodide_abi.wasm.archive import read_archive, read_index
from pyodide_abi.wasm.identify import FileKind, identify
from pyodide_abi.wasm.sections.dylink0 import SymbolFlag
from pyodide_abi.wasm.sections.target_features import Prefix

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from pyodide_abi.wasm.identify import Identity

#: Kinds of files that no link for the target can use.
_FOREIGN = {FileKind.ELF, FileKind.MACH_O, FileKind.PE, FileKind.COFF, FileKind.COMPONENT}
#: The target feature of objects that were compiled with ``-pthread`` (tool conventions, Linking.md), behind
#: the length of its name.
_ATOMICS = b"\x07atomics"


@value
class Foreign:
    """An object of another machine.

    Attributes:
        label: Its path, or the archive's with the member's name in brackets, as linkers write it.
        archived: It is a member of an archive, of which linkers may take nothing.
        identity: What it is, and for which machine.
        symbols: Names that it defines according to its archive's index; empty for an object alone.
    """

    label: str
    identity: Identity
    archived: bool = False
    symbols: frozenset[str] = frozenset()


@value
class Threaded:
    """An object that was compiled for threads.

    Attributes:
        label: As in :class:`Foreign`.
        variables: Its thread-local variables.
    """

    label: str
    variables: tuple[str, ...]


def foreign_objects(file: str, data: bytes) -> Iterator[Foreign]:
    """The file, or the archive's members, as far as they are for another machine.

    Args:
        file: the path.
        data: The contents of the file.

    Raises:
        WasmError: the archive is damaged.
    """
    if data[: len(ARCHIVE)] != ARCHIVE:
        if (identity := identify(data)).kind in _FOREIGN:
            yield Foreign(label=file, identity=identity)
        return
    index = read_index(data)
    for member in read_archive(data):
        identity = identify(member.data)
        if identity.kind in _FOREIGN:
            # Mach-O's names begin with an underscore more than C's, as COFF's of 32 bits do.
            names = index.get(member.header, ())
            if identity.kind is FileKind.MACH_O or identity.machine == "x86":
                names = [name.removeprefix("_") for name in names]
            yield Foreign(
                label=f"{file}({member.name})", identity=identity, archived=True, symbols=frozenset(names)
            )


def threaded_objects(file: str, data: bytes) -> Iterator[Threaded]:
    """The object, or the archive's members, as far as they were compiled for threads.

    Raises:
        WasmError: one of them is damaged.
    """
    if _ATOMICS not in data:
        return
    if data[: len(ARCHIVE)] != ARCHIVE:
        yield from _threaded(file, data)
        return
    for member in read_archive(data):
        yield from _threaded(f"{file}({member.name})", bytes(member.data))


def _threaded(label: str, data: bytes) -> Iterator[Threaded]:
    if data[:4] != b"\0asm":
        return
    try:
        module = read_module(data)
        features = {one.name for one in module.target_features if one.prefix is not Prefix.DISALLOWED}
        symbols = module.linking.symbols if module.linking else ()
    except WasmError as error:
        raise WasmError(f"{label}: {error.reason}", offset=error.offset) from error
    if "atomics" in features:
        names = [symbol.name for symbol in symbols if symbol.defined and symbol.flags & SymbolFlag.TLS]
        yield Threaded(label=label, variables=tuple(names))


def wanted_of(foreign: Collection[Foreign], names: Collection[str]) -> dict[str, Foreign]:
    """The names that objects of other machines would define, each with the first that does."""
    found: dict[str, Foreign] = {}
    for one in foreign:
        for name in sorted(one.symbols & set(names)):
            found.setdefault(name, one)
    return found
