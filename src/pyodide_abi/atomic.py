"""Results that are written whole or not at all, whoever is killed or whatever disk is full.

A result is made in a hidden folder beside its place and moved there in one rename. While a process is at work
in such a folder it holds a lock on it, which ends with the process. So what a killed one has left is known,
and the next that writes there removes it. Folders for files that are of no use afterwards are made so, too.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME = ".pyodide-abi-{}.partial"
#: How often the lock of a folder of all users is tried, and the seconds between.
_TRIES, _PAUSE = 20, 0.01
#: Names of files that are open already, such as a shell's redirections.
_OPEN_FILES = ("/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/")
_LEFT = re.compile(_NAME.format("[0-9a-f]{32}").replace(".", r"\."))


def write_whole(target: Path, data: bytes, *, like: Path) -> None:
    """Write a file that is complete or not there, with the permissions of another.

    Raises:
        OSError: it cannot be written; the error has its name.
    """
    with replacing(target) as partial:
        partial.write_bytes(data)
        shutil.copymode(like, partial)


def write_result(target: Path, text: str) -> None:
    """Write text that is complete or not there, where a link leads to; to a device or a pipe, as it comes.

    Raises:
        OSError: it cannot be written; the error has a name.
    """
    if not _is_replaced(target):
        target.write_text(text, "utf-8")
        return
    real = target.resolve()
    with replacing(real) as partial:
        partial.write_text(text, "utf-8")
        with suppress(FileNotFoundError):
            shutil.copymode(real, partial)


class GrowingResult:
    """A result that is written line by line: beside its place, as ``NAME.part``, until it is whole.

    What a killed process has written stays under that name, and nobody takes it for all. To a device or a
    pipe lines go at once.

    Attributes:
        stream: To write to; each line is on disk when the next begins.
    """

    def __init__(self, target: Path) -> None:
        """Begin it.

        Raises:
            OSError: it cannot be written; the error has a name.
        """
        self._target = target.resolve()
        self._part: Path | None = None
        if not _is_replaced(target):
            self.stream = target.open("w", encoding="utf-8", buffering=1)
            return
        self._part = self._target.with_name(f"{self._target.name}.part")
        self._part.parent.mkdir(parents=True, exist_ok=True)
        # What somebody else has laid there to be followed is not.
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
        self.stream = os.fdopen(os.open(self._part, flags, 0o666), "w", encoding="utf-8", buffering=1)

    def finish(self) -> None:
        """Give it its name.

        Raises:
            OSError: it cannot be written to the end.
        """
        self.stream.close()
        if self._part is not None:
            with suppress(FileNotFoundError):
                shutil.copymode(self._target, self._part)
            self._part.replace(self._target)

    def leave(self) -> Path | None:
        """End it as it is.

        Returns:
            where the lines stand that were written; None where there are none, or no file of ours.
        """
        with suppress(OSError):
            self.stream.close()
        if self._part is None or not self._part.exists():
            return None
        if not self._part.stat().st_size:
            self._part.unlink()
            return None
        return self._part


def look_writable(target: Path) -> None:
    """Find out that a result cannot be written before the work for it is done; nothing is made.

    Raises:
        OSError: it cannot be written; the error has a name.
    """
    replaced = _is_replaced(target)
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    place = next(path for path in target.resolve().parents if path.exists()) if replaced else target
    if not os.access(place, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(target))


def _is_replaced(target: Path) -> bool:
    """A file, or nothing yet; none of a process's open files, whatever they are.

    Raises:
        OSError: it cannot be looked at, as its links lead in a circle or through a file.
    """
    if str(target.absolute()).startswith(_OPEN_FILES):
        return False
    try:
        return stat.S_ISREG(target.stat().st_mode)
    except FileNotFoundError:
        return True


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A path to write a file to, which takes the target's place once that has gone well.

    Args:
        target: the file; its folder is made if need be.

    Raises:
        OSError: it cannot be written; the error has a name.
    """
    with staging(target.parent, called=target) as folder:
        # Not under its own name: nobody who looks for wheels finds half of one.
        partial = folder / "partial"
        yield partial
        partial.replace(target)


@contextmanager
def staging(folder: Path, *, called: Path | None = None) -> Iterator[Path]:
    """A folder to make files in that are then moved into another, on the same disk.

    Args:
        folder: The place of the files. It is made if need be, and is gone again if nothing was moved there.
        called: what the error names where something cannot be written; the folder by default.

    Raises:
        OSError: it cannot be written.
    """
    place = folder / _NAME.format(os.urandom(16).hex())
    with _named_failures(called or folder, hidden=place):
        new = _make(folder)
        try:
            with _removed(place, _begin(folder, place)):
                yield place
        finally:
            for made in new:
                with suppress(OSError):  # It has got something in it.
                    made.rmdir()


@contextmanager
def temporary() -> Iterator[Path]:
    """A folder for files that nobody needs afterwards, among the system's temporary ones.

    What dead processes have left there goes first. Where the system's folder cannot be locked soon, as others
    may hold its lock for as long as they like, nothing is removed, and the folder has another sort of name.

    Raises:
        OSError: it cannot be made.
    """
    import tempfile  # noqa: PLC0415 - an audit needs none

    shared = Path(tempfile.gettempdir()).resolve()
    place, lock = shared / _NAME.format(os.urandom(16).hex()), None
    for _ in range(_TRIES):
        with suppress(BlockingIOError):
            lock = _begin(shared, place, wait=False)
            break
        time.sleep(_PAUSE)
    if lock is None:
        place = Path(tempfile.mkdtemp(prefix="pyodide-abi-", dir=shared))
    with _removed(place, lock):
        yield place


@contextmanager
def _removed(place: Path, lock: int | None) -> Iterator[None]:
    """Remove a hidden folder in the end, and let go of its lock, if it has one."""
    try:
        yield
    finally:
        shutil.rmtree(place, ignore_errors=True)
        if lock is not None:
            os.close(lock)


@contextmanager
def _named_failures(place: Path, *, hidden: Path) -> Iterator[None]:
    """Name in errors what the user knows: a full disk is reported without any name, or with a hidden one."""
    try:
        yield
    except OSError as error:
        if error.errno is not None and (
            error.filename is None or str(error.filename).startswith(str(hidden))
        ):
            error.filename = str(place)
        raise


def _make(folder: Path) -> list[Path]:
    """Make a folder and those above it; those that were not there, the innermost first."""
    missing = [folder, *folder.parents]
    new = [path for path in missing if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return new


def _begin(folder: Path, place: Path, *, wait: bool = True) -> int | None:
    """Make the hidden folder and hold its lock, once what dead processes have left is gone.

    Args:
        folder: the one that it is made in.
        place: The path of the hidden folder.
        wait: for the other folder's lock, however long that is held.

    Returns:
        what to close in the end; None where the system has no locks for folders.

    Raises:
        BlockingIOError: the other folder's lock cannot be had at once, and is not to be waited for.
    """
    # The whole folder is locked meanwhile, so that nobody takes a new one for left before it has its lock.
    guard = _locked(folder, wait=wait)
    if guard is None:
        if not wait:
            raise BlockingIOError(f"{folder} cannot be locked")
        place.mkdir()
        return None
    try:
        for other in [path for path in folder.iterdir() if _LEFT.fullmatch(path.name) and _is_ours(path)]:
            left = _locked(other, wait=False)
            if left is not None:
                shutil.rmtree(other, ignore_errors=True)
                os.close(left)
        place.mkdir(mode=0o777 if wait else 0o700)
        return _locked(place, wait=False)
    finally:
        os.close(guard)


def _is_ours(path: Path) -> bool:
    """A folder of this user, no link: in a folder of all users anybody can make one of such a name."""
    try:
        status = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()


def _locked(folder: Path, *, wait: bool) -> int | None:
    """An open descriptor that holds the folder's lock; None where that cannot be had."""
    try:
        import fcntl  # noqa: PLC0415 - there is none outside of POSIX

        descriptor = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
