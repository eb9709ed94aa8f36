from __future__ import annotations

import bz2
import gzip
import lzma
import struct

import pytest

from pyodide_abi.wasm.identify import ENOUGH, identify


def elf(machine: int, *, big: bool = False) -> bytes:
    order = ">" if big else "<"
    return b"\x7fELF\x02" + (b"\x02" if big else b"\x01") + bytes(10) + struct.pack(f"{order}HH", 3, machine)


def pe(machine: int) -> bytes:
    return b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + struct.pack("<H", machine)


def coff(machine: int, *, optional: int = 0) -> bytes:
    return struct.pack("<HHIIIHH", machine, 7, 0, 500, 12, optional, 0)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "empty file"),
        (b"\0asm\x01\0\0\0", "WebAssembly module"),
        (b"\0asm", "WebAssembly module"),
        (b"\0asm\x0d\0\x01\0", "WebAssembly component"),
        (elf(62), "ELF for x86-64"),
        (elf(183), "ELF for AArch64"),
        (elf(22, big=True), "ELF for S/390"),
        (elf(999), "ELF for machine 999"),
        (b"\xcf\xfa\xed\xfe\x0c\x00\x00\x01", "Mach-O for arm64"),
        (b"\xfe\xed\xfa\xce\x00\x00\x00\x07", "Mach-O for x86"),
        (b"\xca\xfe\xba\xbe\x00\x00\x00\x02", "Mach-O for several machines"),
        (b"\xca\xfe\xba\xbe\x00\x00\x00\x41", "unknown"),
        (pe(0x8664), "PE for x86-64"),
        (coff(0x8664), "COFF object for x86-64"),
        (coff(0xAA64), "COFF object for arm64"),
        (coff(0x8664)[:15], "unknown"),
        (coff(0x8664, optional=224), "unknown"),
        (b"MZ", "PE"),
        (b"!<arch>\n", "ar archive"),
        (b"!<thin>\n", "thin ar archive"),
        (b"BC\xc0\xde5\x14", "LLVM bitcode"),
        (b"\xde\xc0\x17\x0b\0\0\0\0", "LLVM bitcode"),
        (b"PK\x03\x04", "zip archive"),
        (gzip.compress(b"x", mtime=0), "compressed archive"),
        (bz2.compress(b"x"), "compressed archive"),
        (lzma.compress(b"x"), "compressed archive"),
        (b"GROUP ( libfoo.so.1 )\n", "text"),
        (("a" + "é" * ENOUGH).encode(), "text"),
        (b"\x00\x01\x02", "unknown"),
        (b"caf\xe9", "unknown"),
    ],
)
def test_first_bytes(data: bytes, text: str) -> None:
    assert str(identify(data)) == text
    assert identify(memoryview(data)) == identify(data)
