"""A file that could be a module, wherever it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@value
class NativeFile:
    """A file that could be a module.

    Attributes:
        path: Where it is installed, below ``site-packages``.
        member: Its name in the wheel, or the file's own.
        size: Its size in bytes.
        checksum: The CRC-32 of its contents.
        pieces: Gives its bytes bit by bit, once.
        again: Gives them again.
        read: Gives all of them.
        proved: Size and SHA-256 of each member of its archive that has been read whole; another process that
            has read this one says so here.
    """

    path: str
    member: str
    size: int
    checksum: int
    pieces: Callable[[], Iterator[bytes]]
    again: Callable[[], Iterator[bytes]]
    read: Callable[[], bytes]
    proved: dict[str, tuple[int, bytes]]
