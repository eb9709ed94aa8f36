"""Reading ahead: another thread makes the next pieces while the last one is looked at.

Decompression and digests let other threads run: with two processors they hardly take time of their own.
"""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: So many pieces at most are there that nobody has asked for.
_AHEAD = 3


def ahead(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same pieces, made ahead of time where there can be threads; there are none in Pyodide.

    The other thread ends with the last piece, an error, or when the iterator is closed.
    """
    reader = _Reader(pieces)
    try:
        reader.start()
    except RuntimeError:
        yield from pieces
        return
    try:
        yield from reader.taken()
    finally:
        reader.stop()


class _Reader(threading.Thread):
    """Makes pieces until it is stopped or there are no more."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        # A process that ends does not wait for it.
        super().__init__(daemon=True)
        self._coming = pieces
        self._stopped = False
        self._ready: SimpleQueue[bytes | BaseException | None] = SimpleQueue()
        self._room: SimpleQueue[None] = SimpleQueue()
        for _ in range(_AHEAD - 1):
            self._room.put(None)

    def run(self) -> None:
        """Work."""
        try:
            for piece in self._coming:
                self._ready.put(piece)
                self._room.get()
                if self._stopped:
                    return
            self._ready.put(None)
        except BaseException as error:  # noqa: BLE001 - it is raised where the piece is missed
            self._ready.put(error)

    def taken(self) -> Iterator[bytes]:
        """The pieces, or what went wrong in their place."""
        while (piece := self._ready.get()) is not None:
            if isinstance(piece, BaseException):
                raise piece
            self._room.put(None)
            yield piece

    def stop(self) -> None:
        """Have it end; it makes one more piece at most."""
        self._stopped = True
        self._room.put(None)
        self.join()
