"""Where the members of an archive lie: every tool has to find the same ones, however it reads.

Some go by the directory at the end, as the standard library does, and some by the header in front of each
member, from the first byte on. Where the two differ, an archive is two different ones (APPNOTE.TXT, 4.3).
"""

from __future__ import annotations

import struct
from typing import IO, TYPE_CHECKING

from pyodide_abi.errors import WheelError

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Iterator, Sequence

LOCAL_MAGIC = b"PK\x03\x04"
_HEADER = struct.Struct("<4s5H3I2H")
_SIZES_FOLLOW = 0x8
_UTF8 = 0x800
#: A size that stands in the extra field.
_ELSEWHERE = 0xFFFFFFFF
_ZIP64, _UNICODE_NAME = 0x0001, 0x7075
#: Bytes of a size in an extra field.
_LARGE = 8
_DESCRIPTOR_MAGIC = b"PK\x07\x08"
#: A checksum and two sizes, behind a member whose header does not know them.
_DESCRIPTORS = struct.Struct("<3I"), struct.Struct("<I2Q")
_PIECE = 1 << 20


def check_places(infos: Sequence[zipfile.ZipInfo], file: IO[bytes], *, directory: int, where: str) -> None:
    """Refuse an archive whose headers differ from its directory, or whose members share or hide bytes.

    Args:
        infos: The entries of its directory.
        file: The archive.
        directory: The place where its directory begins.
        where: The archive's name, for messages.

    Raises:
        WheelError: the first fault, with the member's name.
    """
    end, before = 0, ""
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise WheelError(f"{where}: member {info.filename!r} overlaps {before!r}")
        if info.header_offset > directory:
            raise WheelError(f"{where}: member {info.filename!r} is not where the directory says")
        _check_gap(file, end, info.header_offset, f"{where}: in front of member {info.filename!r}")
        end = _check_member(info, file, f"{where}: member {info.filename!r}")
        before = info.filename
    if end > directory:
        raise WheelError(f"{where}: member {before!r} overlaps the directory")
    _check_gap(file, end, directory, f"{where}: in front of the directory")


def _check_gap(file: IO[bytes], start: int, end: int, place: str) -> None:
    """Nothing lies there that a tool takes for a member which does not look at the directory."""
    file.seek(start)
    left, last = end - start, b""
    while left > 0 and (piece := file.read(min(left, _PIECE))):
        if LOCAL_MAGIC in last + piece:
            raise WheelError(f"{place} lies another one, which the directory does not have")
        left -= len(piece)
        last = piece[-len(LOCAL_MAGIC) + 1 :]


def _check_member(info: zipfile.ZipInfo, file: IO[bytes], member: str) -> int:
    """A member's own header says what the directory says; the place where the member ends."""
    file.seek(info.header_offset)
    header = file.read(_HEADER.size)
    if len(header) != _HEADER.size or not header.startswith(LOCAL_MAGIC):
        raise WheelError(f"{member} is not where the directory says")
    _, _, flags, method, _, _, _, packed, size, name_length, extra_length = _HEADER.unpack(header)
    name, extra = file.read(name_length), file.read(extra_length)
    fields = dict(_fields(extra))
    follows = bool(flags & _SIZES_FOLLOW)
    sizes = (
        _large((size, packed), fields.get(_ZIP64, b"")) if _ELSEWHERE in {size, packed} else (size, packed)
    )
    told = sizes == (info.file_size, info.compress_size)
    if method != info.compress_type or not (told or (follows and sizes == (0, 0))):
        raise WheelError(f"{member} is of two sizes: its header and the directory differ")
    unicode = flags & _UTF8, info.flag_bits & _UTF8
    encoding = "utf-8" if unicode[1] else "cp437"
    written = (*_unicode_names(info.extra), *_unicode_names(extra))
    other = any(one != info.filename for one in written)
    same = name == info.orig_filename.encode(encoding, errors="replace")
    if not same or other or (unicode[0] != unicode[1] and not name.isascii()):
        raise WheelError(f"{member} is of two names: its header has another")
    end: int = info.header_offset + _HEADER.size + name_length + extra_length + info.compress_size
    return end + (_descriptor(info, file, end, member) if follows else 0)


def _large(sizes: tuple[int, int], field: bytes) -> tuple[int, ...]:
    """Two sizes, those that are too large for the header out of the extra field; -1 where it lacks one."""
    found = []
    for size in sizes:
        if size == _ELSEWHERE:
            found.append(int.from_bytes(field[:_LARGE], "little") if len(field) >= _LARGE else -1)
            field = field[_LARGE:]
        else:
            found.append(size)
    return tuple(found)


def _fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """The parts of an extra field; what is cut off is left out."""
    place = 0
    while place + 4 <= len(extra):
        number, length = struct.unpack_from("<2H", extra, place)
        yield number, extra[place + 4 : place + 4 + length]
        place += 4 + length


def _unicode_names(extra: bytes) -> Iterator[str]:
    """Names that some tools take instead of the member's (Info-ZIP's)."""
    for number, field in _fields(extra):
        if number == _UNICODE_NAME:
            yield field[5:].decode("utf-8", errors="replace")


def _descriptor(info: zipfile.ZipInfo, file: IO[bytes], place: int, member: str) -> int:
    """The length of what follows a member and says its sizes."""
    file.seek(place)
    written = file.read(len(_DESCRIPTOR_MAGIC) + _DESCRIPTORS[1].size)
    start = len(_DESCRIPTOR_MAGIC) if written.startswith(_DESCRIPTOR_MAGIC) else 0
    for form in _DESCRIPTORS:
        known = written[start : start + form.size]
        if len(known) == form.size and form.unpack(known) == (info.CRC, info.compress_size, info.file_size):
            return start + form.size
    raise WheelError(f"{member} is of two sizes: what follows it and the directory differ")
