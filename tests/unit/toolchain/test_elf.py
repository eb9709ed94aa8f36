"""The reader of ELF files, on files laid out by hand from the System V ABI."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toolchain_elf import LOADER, make_elf

from pyodide_abi.toolchain.elf import Elf, read_elf

if TYPE_CHECKING:
    from pathlib import Path


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
