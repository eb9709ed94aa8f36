"""What a side module exports, computed from its objects.

``emcc -sSIDE_MODULE=2`` links what the export list names and what that needs. The list is read from the
symbol tables (the ``linking`` section, WebAssembly tool conventions, "Linking.md") of the objects and
archives on the linker's command line. Objects of link-time optimisation have none; LLVM's own reader is asked
about them. What rustc links brings its own list.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import EM_JS_PREFIX, INIT_PREFIXES, init_functions
from pyodide_abi.errors import WasmError
from pyodide_abi.wasm import read_module
from pyodide_abi.wasm.archive import MAGIC as ARCHIVE
from pyodide_abi.wasm.archive import read_archive
from pyodide_abi.wasm.sections.linking import ObjectSymbolKind, exported_symbols

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pyodide_abi.build.driver.arguments import Command
    from pyodide_abi.wasm.archive import ArchiveMember

_BITCODE = (b"BC\xc0\xde", b"\xde\xc0\x17\x0b")
#: Files that only rustc hands to a linker: a library with its metadata, and a unit of code generation.
_RUST = (".rlib", ".rcgu.o")


class ExportMode(enum.StrEnum):
    """Which symbols of its objects a linked module exports.

    Platform ABI, "Controlling the Set of Exported Symbols".
    """

    PYINIT = "pyinit"
    REQUESTED = "requested"
    WHOLE_ARCHIVE = "whole-archive"
    NAMES = "names"


class Exported:
    """An export list, and what the user should know of it.

    Attributes:
        names: C symbols, sorted; None for "everything" (``-sSIDE_MODULE=1``).
        sealed: nothing else of the module need be visible to other modules.
        remark: why the list is not what was asked for; empty if it is.
    """

    __slots__ = ("names", "remark", "sealed")

    def __init__(
        self,
        names: Iterable[str] | None,
        *,
        sealed: bool = False,
        remark: str = "",
    ) -> None:
        # Objects ask for the export of their JavaScript themselves; emcc refuses it in a list.
        own = None if names is None else {name for name in names if not name.startswith(EM_JS_PREFIX)}
        self.names = None if own is None else tuple(sorted(own))
        self.sealed = sealed
        self.remark = remark


def linked_files(groups: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """The objects and libraries that each of a linker's options means, in order.

    Each is given as the names it may have, of which the linker takes the first that is there: ``-l`` is
    looked up in each ``-L`` folder, a shared library before an archive, and ``-l:`` under its very name.
    Empty for an option that is no file. What is said to the linker alone (``-Wl,``) counts as well.
    """
    groups = [_for_linker(group) for group in groups]
    folders = [folder for group in groups if (folder := _value(group, "-L"))]
    found: list[tuple[str, ...]] = []
    for group in groups:
        library = _value(group, "-l")
        if len(group) == 1 and group[0][:1] not in {"-", ""}:
            found.append((group[0],))
        elif library is not None and library[:1] == ":":
            found.append(tuple(f"{folder}/{library[1:]}" for folder in folders))
        elif library is not None:
            places = [f"{folder}/lib{library}" for folder in folders]
            found.append(tuple(place + suffix for place in places for suffix in (".so", ".a")))
        else:
            found.append(())
    return found


def exports_of(
    command: Command,
    *,
    mode: ExportMode,
    names: Sequence[str],
    read: Callable[[str], bytes],
    bitcode: Callable[[str], Iterable[str]],
) -> Exported:
    """The export list of a side module.

    Args:
        command: the link, of objects and libraries.
        mode: how the list is made.
        names: for :attr:`ExportMode.NAMES`, and what the project listed itself.
        read: gives a file's contents.
        bitcode: gives the symbols that a file of LLVM bitcode defines.

    Raises:
        WasmError: an object is damaged.
    """
    rust = any(file.endswith(_RUST) for file in command.inputs)
    if mode is ExportMode.WHOLE_ARCHIVE and not rust:
        return Exported(None)
    tables = _Tables(linked_files(command.groups), read, bitcode)
    sealed = not tables.shared and not tables.bitcode
    if rust:
        # rustc lists what the crate and those it is made of export. Never everything (-sSIDE_MODULE=1):
        # a Rust library holds a file that is no object.
        inits = [name for name in names if name.startswith(INIT_PREFIXES)]
        return Exported(inits if inits and mode is ExportMode.PYINIT else names, sealed=sealed)
    remark = f"{tables.bitcode} is LLVM bitcode: its symbols cannot be hidden" if tables.bitcode else ""
    if mode is ExportMode.NAMES:
        return Exported(names, sealed=sealed, remark=remark)
    inits = tables.inits(command.output)
    if mode is ExportMode.REQUESTED:
        return Exported([*names, *tables.objects, *inits], remark=remark)
    if inits:
        # A module that needs a library of its own shares more with it, C++ type information for one.
        return Exported([*names, *inits], sealed=sealed, remark=remark)
    visible = [*names, *(tables.objects or tables.archives)]
    return Exported(visible, remark="exported every visible symbol: no object defines a PyInit_ function")


def _members(file: str, data: bytes) -> Sequence[ArchiveMember]:
    try:
        return read_archive(data)
    except WasmError as error:
        raise WasmError(f"{file}: {error.reason}", offset=error.offset, hint=error.hint) from error


def module_stem(output: str) -> str:
    """The last part of a module's dotted name, from its file's name."""
    return output.rpartition("/")[2].partition(".")[0]


class _Tables:
    """The defined, visible symbols of files: of objects, and of archives' members.

    ``bitcode`` names a file that holds LLVM bitcode; ``shared`` says that a shared library is among them.
    """

    def __init__(
        self,
        files: Iterable[Sequence[str]],
        read: Callable[[str], bytes],
        bitcode: Callable[[str], Iterable[str]],
    ) -> None:
        self.objects: list[str] = []
        self.archives: list[str] = []
        self.bitcode = ""
        self.shared = False
        self._bitcode_symbols = bitcode
        for names in files:
            for name in names:
                try:
                    data = read(name)
                except OSError:
                    continue  # The linker reports a file that is not there, in its own words.
                self._add(name, data)
                break

    def _add(self, file: str, data: bytes) -> None:
        if data[: len(ARCHIVE)] == ARCHIVE:
            members = _members(file, data)
            if any(bytes(member.data[:4]) in _BITCODE for member in members):
                self.archives += self._of_bitcode(file)
                return
            for member in members:
                self.archives += self._symbols(bytes(member.data), f"{file}({member.name})")
        elif data[:4] in _BITCODE:
            self.objects += self._of_bitcode(file)
        else:
            self.objects += self._symbols(data, file)

    def _of_bitcode(self, file: str) -> Iterable[str]:
        self.bitcode = file
        return self._bitcode_symbols(file)

    def inits(self, output: str | None) -> list[str]:
        """``PyInit_`` functions: all of the objects'; of archives' those that the file's name asks for."""
        own = [name for name in self.objects if name.startswith(INIT_PREFIXES)]
        wanted = init_functions(module_stem(output or ""))
        archived = [name for name in self.archives if name.startswith(INIT_PREFIXES)]
        return own + ([name for name in archived if name in wanted] or ([] if own else archived))

    def _symbols(self, data: bytes, file: str) -> Iterator[str]:
        if data[:4] != b"\0asm":
            return  # Not ours to judge: a linker script, a text file, a native object.
        try:
            module = read_module(data)
            linking = module.linking
            self.shared |= module.dylink_section is not None
        except WasmError as error:
            raise WasmError(f"{file}: {error.reason}", offset=error.offset) from error
        if linking is not None:
            yield from exported_symbols(linking.symbols, [ObjectSymbolKind.FUNCTION, ObjectSymbolKind.DATA])


def _for_linker(group: Sequence[str]) -> Sequence[str]:
    """The option without what hands it past the compiler."""
    return [group[0][4:]] if group[0].startswith("-Wl,") and "," not in group[0][4:] else group


def _value(group: Sequence[str], option: str) -> str | None:
    if group[0] == option and len(group) > 1:
        return group[1]
    return group[0][2:] if group[0][:2] == option and len(group[0]) > len(option) else None
