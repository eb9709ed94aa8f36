"""Tiny side modules, assembled from text when a test runs."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import wasmtime

from pyodide_abi.linker.native_file import NativeFile
from pyodide_abi.wasm.module import read_module
from pyodide_abi.wasm.sections import dylink0
from pyodide_abi.wasm.sections.dylink0 import (
    Dylink,
    ImportInfo,
    ImportInfos,
    MemoryInfo,
    Needed,
    RuntimePath,
    SymbolFlag,
)
from pyodide_abi.wasm.writer import NewSection, write_module

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyodide_abi.wasm.sections.dylink0 import (
        Subsection,
    )


def side_module(
    text: str,
    *,
    needed: tuple[str, ...] = (),
    run_paths: tuple[str, ...] = (),
    weak: tuple[str, ...] = (),
) -> bytes:
    """A side module.

    Args:
        text: the fields of the module, in WebAssembly's text format.
        needed: libraries to load first.
        run_paths: where they are.
        weak: names of imports from ``env`` that may stay undefined.
    """
    subsections: list[Subsection] = [MemoryInfo(memory_size=64, memory_align=4, table_size=1, table_align=0)]
    if needed:
        subsections.append(Needed(needed))
    if weak:
        flags = SymbolFlag.WEAK | SymbolFlag.UNDEFINED
        subsections.append(
            ImportInfos(tuple(ImportInfo(module="env", name=name, flags=flags) for name in weak))
        )
    if run_paths:
        subsections.append(RuntimePath(run_paths))
    contents = dylink0.encode(Dylink(subsections=tuple(subsections)))
    module = read_module(bytes(wasmtime.wat2wasm(f"(module {text})")))
    dylink = NewSection(id=0, name=dylink0.NAME, contents=contents)
    return write_module(module, [dylink, *module.sections])


def native_file(
    data: bytes,
    *,
    path: str = "x.so",
    pieces: Callable[[], Iterator[bytes]] | None = None,
    again: Callable[[], Iterator[bytes]] | None = None,
) -> NativeFile:
    """A file that arrives whole unless told otherwise.

    Args:
        data: Its contents.
        path: Where it is installed.
        pieces: Gives its contents bit by bit.
        again: Gives them once more.
    """
    return NativeFile(
        path=path,
        member=path,
        size=len(data),
        checksum=zlib.crc32(data),
        pieces=pieces or (lambda: iter([data])),
        again=again or pieces or (lambda: iter([data])),
        read=lambda: data,
        proved={},
    )
