"""Files that somebody names: read whole within a bound, and their digests."""

from __future__ import annotations

import hashlib
import os
import stat
from typing import TYPE_CHECKING

from pyodide_abi.errors import UnreadableInputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

#: Bytes of the largest module that an engine takes (V8's kV8MaxWasmModuleSize).
LARGEST = 1 << 30
#: Bytes that are read from a pipe at once.
_PIECE = 1 << 20


def read_file(path: Path) -> bytes:
    """All bytes of a file or pipe.

    Raises:
        UnreadableInputError: it is not there, no file, or larger than :data:`LARGEST`.
    """
    data, size = read_head(path, most=LARGEST)
    if size > LARGEST:
        raise _too_large(path)
    return data


def sha256_of(path: Path) -> str:
    """A file's SHA-256 digest in hexadecimal; no more than a piece of the file is held.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_head(path: Path, *, most: int) -> tuple[bytes, int]:
    """The first bytes of a file, ``most`` at most, and how many it has. A pipe is read to its end.

    Raises:
        UnreadableInputError: it is not there, no file, or a pipe with more than :data:`LARGEST` bytes.
    """
    try:
        with path.open("rb") as stream:
            status = os.fstat(stream.fileno())
            if stat.S_ISCHR(status.st_mode) or stat.S_ISBLK(status.st_mode):
                raise UnreadableInputError(f"{path} is a device", hint="name a file")
            if stat.S_ISREG(status.st_mode):
                # Python reserves what it is asked for, so it is asked for no more than there is.
                data = stream.read(min(most, status.st_size))
                return data, status.st_size
            data = b"".join(_pieces(stream))
    except IsADirectoryError as error:
        raise UnreadableInputError(f"{path} is a folder", hint="name a file in it") from error
    except OSError as error:
        raise UnreadableInputError(f"{path} cannot be read: {error.strerror}") from error
    if len(data) > LARGEST:
        raise _too_large(path)
    return data, len(data)


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    """What comes from a pipe, to its end or just beyond the bound."""
    left = LARGEST + 1
    while left and (piece := stream.read(min(left, _PIECE))):
        left -= len(piece)
        yield piece


def _too_large(path: Path) -> UnreadableInputError:
    return UnreadableInputError(
        f"{path} has more than {LARGEST >> 20} MB: no engine takes a module of that size"
    )
