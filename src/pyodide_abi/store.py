"""The cache on disk: entries that are either complete or absent, whoever is interrupted.

An entry is a folder. It is filled beside its place and moved there in one rename, so a reader never sees
half of one. A lock per entry makes a second process wait for the first and then find its work done. What a
dead process left behind is removed by the next one that takes the lock.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@value(kw_only=False)
class Store:
    """A folder of entries, named by relative keys such as ``runtimes/0.29.4``."""

    root: Path

    def find(self, key: str) -> Path | None:
        """The entry's folder, or None while there is none."""
        place = self.root / key
        return place if place.is_dir() else None

    def obtain(self, key: str, fill: Callable[[Path, Path], None]) -> Path:
        """The entry's folder, filled first if there is none.

        Args:
            key: relative, with forward slashes.
            fill: called with an empty folder to fill and with the entry's final place (for files that must
                name their own place). What it raises leaves the cache as it was.

        Returns:
            the entry's final place.
        """
        place = self.root / key
        if place.is_dir():
            return place
        flat = key.replace("/", "+")
        with self.locked(flat):
            if place.is_dir():
                return place
            for left in self._unfinished(flat):
                shutil.rmtree(left, ignore_errors=True)
            partial = self.root / ".partial" / f"{flat}@{os.urandom(16).hex()}"
            partial.mkdir(parents=True)
            try:
                fill(partial, place)
                place.parent.mkdir(parents=True, exist_ok=True)
                partial.rename(place)
            except BaseException:
                shutil.rmtree(partial, ignore_errors=True)
                raise
        return place

    def remove(self, key: str) -> bool:
        """Delete an entry; False if there was none. Readers that hold it open are not disturbed at the name.

        The entry leaves its name in one rename before its files are deleted, so it is never half there.
        """
        flat = key.replace("/", "+")
        with self.locked(flat):
            place = self.root / key
            if not place.is_dir():
                return False
            trash = self.root / ".partial" / f"{flat}@{os.urandom(16).hex()}"
            trash.parent.mkdir(parents=True, exist_ok=True)
            place.rename(trash)
        shutil.rmtree(trash, ignore_errors=True)
        return True

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Hold the lock of that name, which one process at a time does; a dead one holds none."""
        from filelock import FileLock  # noqa: PLC0415 - reading a complete entry needs no lock

        locks = self.root / ".locks"
        locks.mkdir(parents=True, exist_ok=True)
        with FileLock(locks / f"{name}.lock"):
            yield

    def keys(self, prefix: str) -> list[str]:
        """The complete entries directly below ``prefix``, sorted."""
        folder = self.root / prefix
        if not folder.is_dir():
            return []
        return sorted(f"{prefix}/{child.name}" for child in folder.iterdir() if child.is_dir())

    def downloads(self) -> Path:
        """Where unfinished downloads wait to be resumed; files there are named by their digest."""
        folder = self.root / "downloads"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _unfinished(self, flat: str) -> Iterator[Path]:
        folder = self.root / ".partial"
        if folder.is_dir():
            yield from (child for child in folder.iterdir() if child.name.rpartition("@")[0] == flat)
