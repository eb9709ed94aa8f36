"""A member's bytes, exactly: the stream has to be as long as the headers say, in the archive and unpacked.

The standard library stops where the unpacked size is reached, so that what follows goes unseen; other tools
go on. A file that is two different ones is worse than a damaged one.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: The header in front of a member ends in the lengths of its name and its extra field (APPNOTE.TXT, 4.3.7).
_LENGTHS = struct.Struct("<26x2H")
#: So much is read, and so much is unpacked, at a time, in bytes.
_READ, _UNPACKED = 1 << 16, 1 << 17
_RAW_DEFLATE = -15


def unpack(file: IO[bytes], info: zipfile.ZipInfo) -> Iterator[bytes]:
    """The contents of a member, piece by piece.

    Args:
        file: the archive.
        info: The directory's entry of a stored or deflated member.

    Raises:
        zipfile.BadZipFile: the stream is longer or shorter than it is said to be.
        zlib.error: it is damaged.
        struct.error: the archive ends before it.
    """
    _seek(file, info)
    decoder = zlib.decompressobj(_RAW_DEFLATE) if info.compress_type == zipfile.ZIP_DEFLATED else None
    packed, size = info.compress_size, 0
    while packed:
        data = file.read(min(_READ, packed))
        if not data:
            raise zipfile.BadZipFile("the archive ends in the middle of it")
        packed -= len(data)
        more = True
        while more:
            piece = data if decoder is None else decoder.decompress(data, _UNPACKED)
            size += len(piece)
            if size > info.file_size:
                raise zipfile.BadZipFile(f"it has more bytes than the {info.file_size} that it should have")
            yield piece
            if decoder is None:
                break
            if decoder.eof and (packed or decoder.unused_data):
                raise zipfile.BadZipFile("there is something behind its end")
            data = decoder.unconsumed_tail
            # A full piece may have left output behind although all input is taken.
            more = bool(data) or (len(piece) == _UNPACKED and not decoder.eof)
    if size != info.file_size or (decoder is not None and not decoder.eof):
        raise zipfile.BadZipFile(f"it has {size} bytes, not {info.file_size}")


def packed(path: Path, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """A member's compressed bytes, piece by piece.

    Args:
        path: The archive's path.
        info: The directory's entry of the member.

    Raises:
        zipfile.BadZipFile: the archive ends before they do.
    """
    with path.open("rb") as file:
        _seek(file, info)
        left = info.compress_size
        while left:
            data = file.read(min(_READ, left))
            if not data:
                raise zipfile.BadZipFile("the archive ends in the middle of it")
            left -= len(data)
            yield data


def _seek(file: IO[bytes], info: zipfile.ZipInfo) -> None:
    """Go to where a member's bytes begin."""
    file.seek(info.header_offset)
    name, extra = _LENGTHS.unpack(file.read(_LENGTHS.size))
    file.seek(name + extra, 1)
