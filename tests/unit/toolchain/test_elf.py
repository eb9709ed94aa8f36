"""The reader of ELF files, on files laid out by hand from the System V ABI."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyodide_abi.toolchain.elf import Elf, read_elf

if TYPE_CHECKING:
    from pathlib import Path

BASE = 0x400000
LOADER = "/lib64/ld-linux-x86-64.so.2"


def make_elf(
    *, interpreter: str | None = LOADER, needed: tuple[str, ...] = ("libm.so.6", "libc.so.6")
) -> bytes:
    """Header, program headers, interpreter, dynamic section, strings: one after the other."""
    count = 3 if interpreter else 2
    start = 64 + 56 * count
    text = (interpreter or "").encode() + b"\0"
    strings, offsets = b"\0", []
    for name in needed:
        offsets.append(len(strings))
        strings += name.encode() + b"\0"
    dynamic_at = start + len(text)
    strings_at = dynamic_at + 16 * (len(needed) + 2)
    dynamic = b"".join(struct.pack("<qQ", 1, offset) for offset in offsets)
    dynamic += struct.pack("<qQ", 5, BASE + strings_at) + struct.pack("<qQ", 0, 0)
    end = strings_at + len(strings)

    def program(kind: int, offset: int, size: int) -> bytes:
        return struct.pack("<IIQQQQQQ", kind, 4, offset, BASE + offset, BASE + offset, size, size, 8)

    headers = program(1, 0, end) + program(2, dynamic_at, len(dynamic))
    if interpreter:
        headers += program(3, start, len(text))
    ident = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    header = struct.pack("<16sHHIQQQIHHHHHH", ident, 3, 62, 1, 0, 64, 0, 0, 64, 56, count, 0, 0, 0)
    return header + headers + text + dynamic + strings


def test_a_program(tmp_path: Path) -> None:
    (tmp_path / "program").write_bytes(make_elf())
    assert read_elf(tmp_path / "program") == Elf(interpreter=LOADER, needed=("libm.so.6", "libc.so.6"))


def test_a_library(tmp_path: Path) -> None:
    (tmp_path / "lib.so").write_bytes(make_elf(interpreter=None, needed=("libz.so.1",)))
    assert read_elf(tmp_path / "lib.so") == Elf(interpreter=None, needed=("libz.so.1",))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"#!/bin/sh\n",
        b"\x7fELF",
        b"\0asm\x01\0\0\0".ljust(100, b"\0"),
        b"\x7fELF\x01\x01".ljust(100, b"\0"),
        b"\x7fELF\x02\x02".ljust(100, b"\0"),
        make_elf()[:64],
        make_elf()[:100],
    ],
    ids=["empty", "script", "short", "wasm", "32-bit", "big-endian", "no headers", "half the headers"],
)
def test_anything_else_is_left_alone(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    assert read_elf(tmp_path / "file") is None


@given(st.integers(0, len(make_elf()) - 1), st.integers(0, 255))
def test_a_damaged_file_raises_nothing(tmp_path_factory: pytest.TempPathFactory, at: int, value: int) -> None:
    content = bytearray(make_elf())
    content[at] = value
    file = tmp_path_factory.getbasetemp() / "damaged"
    file.write_bytes(content)
    read_elf(file)
