"""ELF files laid out by hand from the System V ABI."""

from __future__ import annotations

import struct

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
