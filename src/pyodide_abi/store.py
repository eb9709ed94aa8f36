"""The cache on disk: entries that are either complete or absent, whoever is interrupted.

An entry is a folder. It is filled beside its place and moved there in one rename, so a reader never sees
half of one. A lock per entry makes a second process wait for the first and then find its work done. What a
dead process left behind is removed by the next one that takes the lock.

Entries that stay as they were filled are sealed (``seal.py``) and proved when they are taken. One that was
changed since counts as absent, and is filled again.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pyodide_abi.errors import MissingError
from pyodide_abi.seal import broken_files, write_seal
from pyodide_abi.values import value
from pyodide_abi.wording import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

#: Kinds of entries whose files stay as they are. Others work in their folders, as compilers with caches do.
_SEALED = frozenset({"runtimes", "snapshots", "wheels", "sdists"})


def _is_sealed(key: str) -> bool:
    return key.partition("/")[0] in _SEALED


def print_nothing(_text: str) -> None:
    """Where nobody is to be told."""


@value(kw_only=False)
class Store:
    """A folder of entries, named by relative keys such as ``runtimes/0.29.4``.

    Attributes:
        root: the folder.
        say: tells the user of an entry that is damaged.
    """

    root: Path
    say: Callable[[str], None] = print_nothing

    def find(self, key: str) -> Path | None:
        """The entry's folder, or None while there is none that is what it was."""
        place = self.root / key
        return place if place.is_dir() and not self._broken(key) else None

    def prove(self, key: str) -> bool:
        """Compare every digest of a sealed entry, and remove the entry where one differs.

        Returns:
            whether it is what it was; an entry that is absent or never sealed is.
        """
        if not (self.root / key).is_dir() or not self._broken(key, full=True):
            return True
        self.remove(key)
        return False

    def sealed_keys(self) -> list[str]:
        """The complete entries that are sealed."""
        return [key for kind in sorted(_SEALED) for key in self.keys(kind)]

    def obtain(self, key: str, fill: Callable[[Path, Path], None]) -> Path:
        """The entry's folder, filled first if there is none.

        Args:
            key: relative, with forward slashes.
            fill: called with an empty folder to fill and with the entry's final place (for files that must
                name their own place). What it raises leaves the cache as it was.

        Returns:
            the entry's final place.
        """
        found = self.find(key)
        if found is not None:
            return found
        place = self.root / key
        flat = key.replace("/", "+")
        with self.locked(flat):
            if place.is_dir():
                if not self._broken(key, quiet=True):
                    return place
                self._discard(place, flat)
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
            if _is_sealed(key):
                write_seal(place, self._seal(key))
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
            self._discard(place, flat)
            self._seal(key).unlink(missing_ok=True)
        return True

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Hold the lock of that name, which one process at a time does; a dead one holds none."""
        from filelock import FileLock  # noqa: PLC0415 - reading a complete entry needs no lock

        locks = self._folder(".locks")
        lock = FileLock(locks / f"{name}.lock")
        try:
            lock.acquire()
        except OSError as error:
            raise self._unusable(error) from error
        try:
            yield
        finally:
            lock.release()

    def keys(self, prefix: str) -> list[str]:
        """The complete entries directly below ``prefix``, sorted."""
        folder = self.root / prefix
        if not folder.is_dir():
            return []
        return sorted(f"{prefix}/{child.name}" for child in folder.iterdir() if child.is_dir())

    def downloads(self) -> Path:
        """Where unfinished downloads wait to be resumed; files there are named by their digest."""
        return self._folder("downloads")

    def _folder(self, name: str) -> Path:
        """A folder of the cache, made if there is none.

        Raises:
            MissingError: it cannot be made.
        """
        folder = self.root / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unusable(error) from error
        return folder

    def _unusable(self, error: OSError) -> MissingError:
        return MissingError(
            f"the cache folder {self.root} cannot be written: {error.strerror or error}",
            hint="--cache-dir DIR, or the variable PYODIDE_ABI_CACHE_DIR, names another",
        )

    def _broken(self, key: str, *, full: bool = False, quiet: bool = False) -> bool:
        """Whether a sealed entry is not what it was, which is said."""
        if not _is_sealed(key):
            return False
        files = broken_files(self.root / key, self._seal(key), full=full)
        if files and not quiet:
            self.say(f"{self.root / key} is damaged ({listed(files)}): it is made anew when it is needed")
        return bool(files)

    def _seal(self, key: str) -> Path:
        return self.root / ".seals" / f"{key.replace('/', '+')}.json"

    def _discard(self, place: Path, flat: str) -> None:
        """Take an entry from its name in one rename, then delete its files."""
        trash = self.root / ".partial" / f"{flat}@{os.urandom(16).hex()}"
        trash.parent.mkdir(parents=True, exist_ok=True)
        place.rename(trash)
        shutil.rmtree(trash, ignore_errors=True)

    def _unfinished(self, flat: str) -> Iterator[Path]:
        folder = self.root / ".partial"
        if folder.is_dir():
            yield from (child for child in folder.iterdir() if child.name.rpartition("@")[0] == flat)
