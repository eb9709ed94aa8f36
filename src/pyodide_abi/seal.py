"""What a folder was when it was filled: the size, time and digest of each file, kept apart from them.

A file of the same size and time is taken for the same, which costs nothing; where one of them differs, or on
request, its digest is compared.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias

from pyodide_abi.atomic import replacing
from pyodide_abi.files import sha256_of

if TYPE_CHECKING:
    from pathlib import Path

#: Size in bytes, time of the last change in nanoseconds, SHA-256 in hexadecimal.
_Mark: TypeAlias = tuple[int, int, str]


def write_seal(folder: Path, seal: Path) -> None:
    """Seal a folder as it is now; without effect where the seal cannot be written.

    Args:
        folder: with files at any depth.
        seal: the file to write.
    """
    marks = {
        path.relative_to(folder).as_posix(): _mark(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }
    _write(seal, marks)


def broken_files(folder: Path, seal: Path, *, full: bool = False) -> list[str]:
    """Files that are not there any more, or not what they were; files that came later do not count.

    A folder without a seal, from before there were any, is sealed as it is.

    Args:
        folder: the folder.
        seal: The folder's seal.
        full: compare every digest.
    """
    marks = _read(seal)
    if marks is None:
        write_seal(folder, seal)
        return []
    broken, moved = [], dict[str, _Mark]()
    for name, mark in marks.items():
        try:
            status = (folder / name).stat()
            same = (status.st_size, status.st_mtime_ns) == mark[:2]
            if same and not full:
                continue
            now = _mark(folder / name)
        except OSError:
            broken.append(name)
            continue
        if now[2] != mark[2]:
            broken.append(name)
        elif not same:
            moved[name] = now
    if moved and not broken:
        _write(seal, marks | moved)
    return broken


def _mark(path: Path) -> _Mark:
    status = path.stat()
    return status.st_size, status.st_mtime_ns, sha256_of(path)


def _read(seal: Path) -> dict[str, _Mark] | None:
    try:
        marks = json.loads(seal.read_text("utf-8"))
        return {
            str(name): (int(size), int(time), str(digest)) for name, (size, time, digest) in marks.items()
        }
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def _write(seal: Path, marks: dict[str, _Mark]) -> None:
    with suppress(OSError), replacing(seal) as partial:
        partial.write_text(json.dumps(marks), "utf-8")
