"""Modules and wheels for tests, made without this project's own writers.

Modules are written in WebAssembly's text format and assembled by ``wasmtime``, which knows the ``dylink.0``
section; wheels are zip files with a ``RECORD`` made here.
"""

from __future__ import annotations

import base64
import hashlib
import zipfile
from typing import TYPE_CHECKING

import wasmtime

from pyodide_abi.wasm import FuncType

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pyodide_abi.wasm import ExternType


def _method(place: str, flags: str) -> str:
    """What makes ``x.run`` of the function at a place of the table, with some flags."""
    return f"""
        (data (global.get $mb) "x\\00run\\00")
        (func (export "__wasm_apply_data_relocs")
          (i32.store offset=36 (global.get $mb) (global.get $mb))
          (i32.store offset=48 (global.get $mb) (i32.add (global.get $mb) (i32.const 80)))
          (i32.store offset=80 (global.get $mb) (i32.add (global.get $mb) (i32.const 2)))
          (i32.store offset=84 (global.get $mb) {place})
          (i32.store offset=88 (global.get $mb) {flags}))
        (func (export "PyInit_x") (result i32)
          (call $create (i32.add (global.get $mb) (i32.const 16)) (i32.const 1013)))"""


#: Abbreviations in module texts.
MACROS = {
    "%dylink": "(@dylink.0 (mem-info (memory 64 4)))",
    "%init": '(func (export "PyInit_x") (result i32) i32.const 0)',
    "%method": """%making
        (elem (global.get $tb) func $method)"""
    + _method("(global.get $tb)", "(global.get $flags)"),
    "%second": _method("(i32.add (global.get $tb) (i32.const 1))", "(i32.const 4)"),
    # Behind those that they are a part of.
    "%making": """%bases
        (import "env" "PyModule_Create2" (func $create (param i32 i32) (result i32)))""",
    "%bases": """
        (import "env" "memory" (memory 0))
        (import "env" "__indirect_function_table" (table 0 funcref))
        (import "env" "__memory_base" (global $mb i32))
        (import "env" "__table_base" (global $tb i32))""",
}

#: Longer than what is followed for its shortness alone.
LONG = "nop " * 99
#: A method whose function and whose table the module exports, and takes the addresses of from the loader.
OWN_ADDRESSES = """%dylink
    (import "env" "memory" (memory 0))
    (import "env" "__memory_base" (global $mb i32))
    (import "GOT.func" "_Z3runP7_object" (global $run (mut i32)))
    (import "GOT.mem" "_ZL5table" (global $table (mut i32)))
    (import "env" "PyModule_AddFunctions" (func $add (param i32 i32) (result i32)))
    (data (global.get $mb) "run\\00\\00\\00\\00\\00\\00\\00\\00\\00\\04\\00\\00\\00")
    (global (export "_ZL5table") i32 (i32.const 4))
    (func (export "_Z3runP7_object") (param i32) (result i32) i32.const 0)
    (func (export "__wasm_apply_data_relocs")
      (i32.store offset=4 (global.get $mb) (global.get $mb))
      (i32.store offset=8 (global.get $mb) (global.get $run)))
    (func (export "PyInit_x") (result i32)
      (drop (call $add (i32.const 0) (global.get $table)))
      i32.const 0)"""


def assemble(text: str) -> bytes:
    """The bytes of a module.

    Args:
        text: its fields; ``%dylink`` and ``%init`` stand for those of an ordinary extension module ``x``,
            ``%method`` for one with a method ``x.run``, the function ``$method`` with the flags ``$flags``;
            ``%second``, behind ``%making`` and other imports, likewise for the second function of the table;
            ``%bases`` for the imports of memory and table, with the places in them, ``$mb`` and ``$tb``.
    """
    for macro, meaning in MACROS.items():
        text = text.replace(macro, meaning)
    return bytes(wasmtime.wat2wasm(f"(module {text})"))


def contents(text: str) -> bytes:
    """A file of a case.

    ``hex: …`` and ``text: …`` are what they say, ``padded 9000: …`` is a module with that many bytes more,
    and anything else is a module.
    """
    kind, _, rest = text.partition(":")
    if kind.startswith("padded "):
        return assemble(rest) + _padding(int(kind.removeprefix("padded ")))
    if kind == "hex":
        return bytes.fromhex(rest)
    if kind == "text":
        return rest.strip().encode()
    return assemble(text)


def _padding(size: int) -> bytes:
    """A custom section without a name that engines skip; its length is written in five bytes."""
    length = bytes((size >> shift & 0x7F) | 0x80 for shift in (0, 7, 14, 21)) + bytes([size >> 28])
    return b"\0" + length + bytes(size)


def make_wheel(
    folder: Path,
    name: str,
    files: Mapping[str, bytes],
    *,
    metadata: str | None = None,
    record: str | None = None,
    info: str | None = None,
) -> Path:
    """Write a wheel.

    Args:
        folder: where.
        name: its file name, whose tags ``WHEEL`` repeats.
        files: its contents; those of the ``.dist-info`` folder take the place of the usual ones.
        metadata: of the ``WHEEL`` file, if not the right one.
        record: likewise of ``RECORD``.
        info: the name of the ``.dist-info`` folder, if not the right one.
    """
    distribution, version, python, abi, platform = name.removesuffix(".whl").split("-")
    tags = [
        f"Tag: {one}-{two}-{three}"
        for one in python.split(".")
        for two in abi.split(".")
        for three in platform.split(".")
    ]
    pure = "true" if platform == "any" else "false"
    right = "\n".join(["Wheel-Version: 1.0", "Generator: test", f"Root-Is-Purelib: {pure}", *tags, ""])
    info = info or f"{distribution}-{version}.dist-info"
    usual = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": (right if metadata is None else metadata).encode(),
    }
    everything = {**files, **{path: data for path, data in usual.items() if path not in files}}
    lines = [f"{path},{_digest(data)},{len(data)}" for path, data in everything.items()]
    lines.append(f"{info}/RECORD,,")
    everything[f"{info}/RECORD"] = ("\n".join(lines) + "\n" if record is None else record).encode()
    place = folder / name
    with zipfile.ZipFile(place, "w") as archive:
        for path, data in everything.items():
            archive.writestr(path, data)
    return place


def _digest(data: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def written(type_: ExternType) -> str:
    """A function's type as the cases write it."""
    assert isinstance(type_, FuncType)
    return f"({', '.join(type_.params)}) -> {', '.join(type_.results) or '()'}"
