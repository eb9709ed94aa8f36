"""What the toolchain part hands to whoever compiles, as frozen values."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Source(enum.StrEnum):
    """Where a compiler came from, in the order in which they are tried."""

    PATH = "path"
    EMSDK = "emsdk"
    OFFICIAL = "official"
    DEBIAN = "debian"


@value
class Toolchain:
    """An Emscripten with its LLVM and Binaryen.

    Attributes:
        source: The place that it came from.
        root: the folder that holds it.
        emscripten: The version of Emscripten, such as ``5.0.3``.
        llvm: clang's version.
        emcc: the C compiler driver; likewise the others.
        emscripten_root: the folder with ``emcc.py`` and ``cmake/Modules/Platform/Emscripten.cmake``.
        binaryen: the folder with ``wasm-opt``.
        node: the JavaScript engine that emcc itself uses at link time.
        environ: variables that its programs need (``EM_CONFIG``…), to be laid over the process's own.
    """

    source: Source
    root: Path
    emscripten: str
    llvm: str
    emcc: Path
    emxx: Path
    emar: Path
    emranlib: Path
    clang: Path
    clangxx: Path
    wasm_ld: Path
    llvm_ar: Path
    llvm_nm: Path
    emscripten_root: Path
    binaryen: Path
    node: Path
    environ: Mapping[str, str]


@value
class HostPython:
    """A CPython of this machine, of the same minor version as the target's.

    Attributes:
        executable: the interpreter.
        version: full, such as ``3.14.2``.
        include: the folder with its ``Python.h``.
        source: The origin in words for people (``PATH``, ``pyenv``, ``uv``, ``Debian's archive``).
    """

    executable: Path
    version: str
    include: Path
    source: str


@value
class Sysroot:
    """The target's Python headers and configuration.

    Attributes:
        platform: the platform's name.
        release: the runtime release whose configuration it holds.
        root: the folder.
        include: headers, with the target's ``pyconfig.h``; what ``-I`` gets.
        sysconfigdata: the folder that holds the target's ``_sysconfigdata__emscripten_wasm32-emscripten.py``.
    """

    platform: str
    release: str
    root: Path
    include: Path
    sysconfigdata: Path
