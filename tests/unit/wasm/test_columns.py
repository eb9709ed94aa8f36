"""The quick readers of import and export sections agree with the careful ones, or give up."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from pyodide_abi.errors import WasmError
from pyodide_abi.wasm import FuncType, GlobalType, Kind, Limits, MemoryType, TableType, TagType, ValueType
from pyodide_abi.wasm import encode as enc
from pyodide_abi.wasm.columns import NotUsualError, export_columns, import_columns
from pyodide_abi.wasm.cursor import Cursor
from pyodide_abi.wasm.sections import exports, globals, imports  # noqa: A004 - as in the package
from pyodide_abi.wasm.sections.exports import Export
from pyodide_abi.wasm.sections.imports import Import
from pyodide_abi.wasm.types import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

I32 = ValueType("i32")
TYPES = tuple(FuncType((I32,) * number, ()) for number in range(300))
#: A name of one byte's length, and one of two.
LONG = "_ZN" + "4long" * 60
IMPORTS = (
    Import("env", "memory", MemoryType(Limits(minimum=1, maximum=65536))),
    Import("env", "table", TableType(element=ValueType("funcref"), limits=Limits(minimum=300))),
    *(Import("env", f"f{index}{LONG * (index % 2)}", TYPES[index], index) for index in range(300)),
    Import("env", "tag", TagType(TYPES[1]), 1),
    Import("GOT.mem", LONG, GlobalType(value=I32, mutable=True)),
    Import("GOT.func", "f1", GlobalType(value=I32, mutable=True)),
    Import("env", "ref", GlobalType(value=ValueType("(ref null 5)"), mutable=False)),
)
EXPORTS = tuple(
    Export(f"{index}{LONG * (index % 3)}", KINDS[index % 5], index**2) for index in range(0, 900, 3)
)


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


@pytest.mark.parametrize("size", [1, 7, 100, 1 << 20])
def test_imports_are_those_of_the_careful_reader(size: int) -> None:
    data = imports.encode(IMPORTS)
    rows = [row for part in import_columns(pieces(data, size), TYPES) for row in zip(*part, strict=True)]
    careful = list(imports.decode(Cursor(data), TYPES))
    assert [entry._replace(name=name.decode()) for name, entry, _ in rows] == careful
    assert all(data[start : start + len(name)] == name for name, _, start in rows)


@pytest.mark.parametrize("size", [1, 7, 100, 1 << 20])
def test_exports_are_those_of_the_careful_reader(size: int) -> None:
    data = exports.encode(EXPORTS)
    found = [row for part in export_columns(pieces(data, size)) for row in zip(*part, strict=True)]
    assert [Export(name.decode(), KINDS[kind], index) for name, kind, index in found] == list(
        exports.decode(Cursor(data))
    )


def test_what_one_byte_makes_of_a_section_is_the_same_or_left_to_the_careful_reader() -> None:
    chance = random.Random(4)  # noqa: S311 - nothing secret
    sound = {"imports": imports.encode(IMPORTS[:30]), "exports": exports.encode(EXPORTS[:30])}
    answers = 0
    for what, data in sound.items():
        for _ in range(4000):
            broken = bytearray(data)
            broken[chance.randrange(len(broken))] = chance.randrange(256)
            if chance.random() < 0.2:
                del broken[chance.randrange(len(broken)) :]
            try:
                if what == "imports":
                    quick: object = [
                        entry._replace(name=name.decode())
                        for part in import_columns([bytes(broken)], TYPES)
                        for name, entry, _ in zip(*part, strict=True)
                    ]
                else:
                    quick = [
                        Export(name.decode(), KINDS[kind], index)
                        for part in export_columns([bytes(broken)])
                        for name, kind, index in zip(*part, strict=True)
                    ]
            except NotUsualError:
                continue
            answers += 1
            try:
                careful: object = (
                    list(imports.decode(Cursor(broken), TYPES))
                    if what == "imports"
                    else list(exports.decode(Cursor(broken)))
                )
            except WasmError as error:
                assert "same name" in str(error), bytes(broken)  # noqa: PT017 - the one fault left to the caller
                continue
            assert quick == careful, bytes(broken)
    assert answers > 100


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80",
        enc.unsigned(2_000_000),
        enc.unsigned(1) + enc.name("\N{GREEK SMALL LETTER ALPHA}") + b"\0\0",
        enc.unsigned(1) + enc.name("x" * 70_000) + b"\0\0",
        enc.unsigned(1) + enc.name("x") + b"\0\x80\x80\x80\x00",
        enc.unsigned(1) + enc.name("x") + b"\x05\0",
        enc.unsigned(1) + enc.name("x") + b"\0\0more",
    ],
)
def test_anything_unusual_is_left_to_the_careful_reader(data: bytes) -> None:
    with pytest.raises(NotUsualError):
        list(export_columns([data]))


CONSTANTS = (b"\x7f\0\x41\x80\x80\x04\x0b", b"\x7f\1\x41\x80\x80\x80\x80\x78\x0b", b"\x7e\0\x42\x05\x0b")


def test_the_types_of_constant_globals_need_no_values() -> None:
    data = enc.vector([*CONSTANTS, b"\x7d\0\x43\0\0\0\0\x0b", b"\x7c\0\x44" + bytes(8) + b"\x0b"])
    careful = globals.decode(Cursor(data))
    assert globals.decode_constants(data) == tuple(entry.type for entry in careful)


@pytest.mark.parametrize(
    "more",
    [
        b"\x7f\0\x41\x80\x80\x80\x80\x08\x0b",  # more than 32 bits
        b"\x7f\0\x41\1\x41\1\x6a\x0b",  # computed
        b"\x7f\2\x41\1\x0b",  # no mutability
        b"\x70\0\xd0\x70\x0b",  # a reference
        b"\x7f\0\x41",
    ],
)
def test_other_globals_are_left_to_the_careful_reader(more: bytes) -> None:
    assert globals.decode_constants(enc.vector([*CONSTANTS, more])) is None
    assert Kind.GLOBAL is KINDS[3]
