"""What a file is, by its first bytes: many things are called ``.so`` or ``.a``."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Literal

from pyodide_abi.values import value
from pyodide_abi.wasm import archive, section_table

if TYPE_CHECKING:
    from pyodide_abi.wasm.cursor import Bytes

#: So many of a file's first bytes are enough.
ENOUGH = 4096


class FileKind(enum.StrEnum):
    """What a file is."""

    WASM = "WebAssembly module"
    COMPONENT = "WebAssembly component"
    ELF = "ELF"
    MACH_O = "Mach-O"
    PE = "PE"
    COFF = "COFF object"
    ARCHIVE = "ar archive"
    THIN_ARCHIVE = "thin ar archive"
    BITCODE = "LLVM bitcode"
    ZIP = "zip archive"
    #: As sdists are.
    COMPRESSED = "compressed archive"
    EMPTY = "empty file"
    TEXT = "text"
    OTHER = "unknown"


@value
class Identity:
    """What a file is, and for which machine where that is said."""

    kind: FileKind
    machine: str = ""

    def __str__(self) -> str:
        return f"{self.kind} for {self.machine}" if self.machine else str(self.kind)


_PREFIXES = (
    (archive.MAGIC, FileKind.ARCHIVE),
    (archive.THIN_MAGIC, FileKind.THIN_ARCHIVE),
    (b"BC\xc0\xde", FileKind.BITCODE),
    (b"\xde\xc0\x17\x0b", FileKind.BITCODE),
    (b"PK\x03\x04", FileKind.ZIP),
    (b"PK\x05\x06", FileKind.ZIP),
    (b"\x1f\x8b\x08", FileKind.COMPRESSED),  # gzip
    (b"\xfd7zXZ\0", FileKind.COMPRESSED),
    (b"\x28\xb5\x2f\xfd", FileKind.COMPRESSED),  # zstd
    (b"BZh91AY&SY", FileKind.COMPRESSED),
)
_ELF_MACHINES = {
    3: "x86",
    8: "MIPS",
    20: "PowerPC",
    21: "PowerPC 64",
    22: "S/390",
    40: "ARM",
    62: "x86-64",
    183: "AArch64",
    243: "RISC-V",
    258: "LoongArch",
}
_MACH_O = {b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe"}
_MACH_O_MACHINES = {7: "x86", 0x01000007: "x86-64", 12: "ARM", 0x0100000C: "arm64"}
_FAT = b"\xca\xfe\xba\xbe"
#: Java's class files share the magic of universal binaries; where those count machines, they have a version.
_MOST_MACHINES = 0x14
_PE_MACHINES = {0x14C: "x86", 0x8664: "x86-64", 0xAA64: "arm64"}
#: Objects have no magic: they begin with the machine, and their optional header is empty (PE format).
_COFF = {number.to_bytes(2, "little"): machine for number, machine in _PE_MACHINES.items()}
_CONTROL = frozenset(range(32)) - frozenset(b"\t\n\r\f\x1b")


def identify(data: Bytes) -> Identity:
    """Tell what a file is.

    Args:
        data: The file's first :data:`ENOUGH` bytes, or all of them.
    """
    start = bytes(memoryview(data)[:ENOUGH])
    if not start:
        return Identity(kind=FileKind.EMPTY)
    if start.startswith(section_table.MAGIC):
        # The second half of a component's version is its layer, 1 (component-model, Binary.md).
        component = start[6:8] == b"\x01\x00"
        return Identity(kind=FileKind.COMPONENT if component else FileKind.WASM)
    for prefix, kind in _PREFIXES:
        if start.startswith(prefix):
            return Identity(kind=kind)
    native = _native(start)
    if native is not None:
        return native
    if start[:2] in _COFF and start[2:4] != b"\0\0" and start[16:18] == b"\0\0" and not _is_text(start):
        return Identity(kind=FileKind.COFF, machine=_COFF[start[:2]])
    return Identity(kind=FileKind.TEXT if _is_text(start) else FileKind.OTHER)


def _native(start: bytes) -> Identity | None:
    if start.startswith(b"\x7fELF"):
        order = _order(big=start[5:6] == b"\x02")
        number = int.from_bytes(start[18:20], order)
        return Identity(kind=FileKind.ELF, machine=_ELF_MACHINES.get(number, f"machine {number}"))
    if start[:4] in _MACH_O:
        number = int.from_bytes(start[4:8], _order(big=start[0] == 0xFE))  # noqa: PLR2004 - the magic's first byte
        return Identity(kind=FileKind.MACH_O, machine=_MACH_O_MACHINES.get(number, f"machine {number}"))
    if start.startswith(_FAT) and int.from_bytes(start[4:8], "big") < _MOST_MACHINES:
        return Identity(kind=FileKind.MACH_O, machine="several machines")
    if start.startswith(b"MZ"):
        header = int.from_bytes(start[0x3C:0x40], "little")
        if start[header : header + 4] == b"PE\0\0":
            number = int.from_bytes(start[header + 4 : header + 6], "little")
            return Identity(kind=FileKind.PE, machine=_PE_MACHINES.get(number, f"machine {number}"))
        return Identity(kind=FileKind.PE)
    return None


def _order(*, big: bool) -> Literal["big", "little"]:
    return "big" if big else "little"


def _is_text(start: bytes) -> bool:
    try:
        start.decode()
    except UnicodeDecodeError as error:
        # A character cut in two by the end of what was read is no fault of the text.
        if error.start < len(start) - 3 or len(start) < ENOUGH:
            return False
    return _CONTROL.isdisjoint(start)
