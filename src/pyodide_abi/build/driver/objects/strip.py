"""``strip`` for the target: debug information and names go, ``dylink.0`` stays.

LLVM's and Emscripten's own take ``dylink.0`` along, without which no loader takes the module. Object files
and archives stay as they are: a link needs their symbols, and leaves their debug information out.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from pyodide_abi.errors import UsageError, WasmError
from pyodide_abi.wasm import read_module
from pyodide_abi.wasm.frame import Form
from pyodide_abi.wasm.writer import write_module

#: Custom sections that are for debuggers (tool conventions, Debugging.md; the core specification's appendix
#: on names; DWARF for WebAssembly).
_DEBUG = ("name", "sourceMappingURL", "external_debug_info", "producers")
_DEBUG_BEGINNING = (".debug_", "reloc..debug_")
#: GNU strip's options whose value is the next word.
_WITH_VALUE = frozenset(
    {"-o", "-F", "-I", "-O", "-R", "-K", "-N", "--target", "--input-target", "--output-target"}
    | {"--remove-section", "--keep-symbol", "--strip-symbol"}
)


def main(argv: list[str]) -> int:
    """Do what ``strip`` was told.

    Args:
        argv: The command's words.

    Returns:
        0; 1 if a file is none of the target's, or is not there.
    """
    if argv[:1] in (["--version"], ["-V"]):
        print("pyodide-abi strip, for WebAssembly modules (compatible with GNU strip)")  # noqa: T201 - the answer
        return 0
    output, files = _parse(argv)
    for file in files:
        try:
            _strip_file(Path(file), Path(output or file))
        except (OSError, WasmError, UsageError) as error:
            sys.stderr.write(f"pyodide-abi: error: strip: {file}: {error}\n")
            return 1
    return 0


def _parse(argv: list[str]) -> tuple[str, list[str]]:
    """The output, if one is named, and the files; no other option changes what is done."""
    output, files = "", []
    words = iter(argv)
    for word in words:
        if word in _WITH_VALUE:
            value = next(words, "")
            output = value if word == "-o" else output
        elif word.startswith("--output-file="):
            output = word.partition("=")[2]
        elif word[:2] == "-o":
            output = word[2:]
        elif word[:1] != "-":
            files.append(word)
    return output, files


def _strip_file(file: Path, output: Path) -> None:
    data = file.read_bytes()
    stripped = strip(data)
    if output == file and stripped == data:
        return
    fresh = output.with_name(f".{output.name}.{os.getpid()}")
    try:
        fresh.write_bytes(stripped)
        shutil.copymode(file, fresh)
        fresh.replace(output)
    finally:
        fresh.unlink(missing_ok=True)


def strip(data: bytes) -> bytes:
    """A module without debug information and names; what a linker still needs comes back as it is.

    Raises:
        WasmError: it is damaged.
        UsageError: it is no file of the target's.
    """
    if data[:8] == b"!<arch>\n":
        return data
    if data[:4] != b"\0asm":
        raise UsageError("this is no WebAssembly module")
    module = read_module(data)
    if module.form is Form.OBJECT:
        return data
    kept = [
        section
        for section in module.sections
        if not section.custom
        or (section.name not in _DEBUG and not section.name.startswith(_DEBUG_BEGINNING))
    ]
    return data if len(kept) == len(module.sections) else write_module(module, kept)
