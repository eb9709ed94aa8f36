"""Native files that lie on disk as they would be installed: a folder of them, or one with what it needs."""

from __future__ import annotations

import os
import posixpath
import zlib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.audit.wheel_files import NATIVE_NAME
from pyodide_abi.errors import UnreadableInputError, UsageError
from pyodide_abi.files import read_file
from pyodide_abi.linker import read_library
from pyodide_abi.linker.native_file import NativeFile
from pyodide_abi.linker.search import expand
from pyodide_abi.platforms import platform_of_tag
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pyodide_abi.platforms.model import Platform

_DIST_INFO = ".dist-info"
#: Bytes of the longest RECORD and WHEEL that are read.
_LONGEST = 64 << 20


@value
class Tree:
    """A folder of installed files: an unpacked wheel, or ``site-packages``.

    Attributes:
        files: The native files, by their paths below the folder.
        owners: The distribution that a path belongs to, as RECORD says.
        platforms: Those that the tags of its distributions name.
    """

    files: tuple[NativeFile, ...]
    owners: Mapping[str, str]
    platforms: tuple[Platform, ...]


def read_tree(root: Path) -> Tree:
    """What lies below a folder.

    Raises:
        UsageError: no native file does.
        UnreadableInputError: one cannot be read.
    """
    paths = sorted(
        Path(folder, name)
        for folder, _, names in os.walk(root)
        for name in names
        if NATIVE_NAME.search(name) and Path(folder, name).is_file()
    )
    if not paths:
        raise UsageError(
            f"{root} has neither wheels nor native modules in it", hint="name a wheel, or a folder of them"
        )
    owners: dict[str, str] = {}
    tags: list[str] = []
    for info in sorted(root.glob(f"*{_DIST_INFO}")):
        distribution = info.name.removesuffix(_DIST_INFO).partition("-")[0]
        owners.update(
            (line.rpartition(",")[0].rpartition(",")[0], distribution) for line in _lines(info / "RECORD")
        )
        tags += [line.partition(":")[2].strip() for line in _lines(info / "WHEEL") if line.startswith("Tag:")]
    named = (platform_of_tag(part) for tag in tags for part in tag.rpartition("-")[2].split("."))
    platforms = {platform.name: platform for platform in named if platform}
    return Tree(
        files=tuple(_native_file(path, path.relative_to(root).as_posix()) for path in paths),
        owners=owners,
        platforms=tuple(platforms.values()),
    )


def file_with_needed(file: Path, named: Sequence[Path] = ()) -> tuple[NativeFile, ...]:
    """A module first, and the libraries on disk that its run paths lead to, or that lie beside it.

    Args:
        file: The module.
        named: Further files of the same set. One that is needed and lies elsewhere counts as lying in the
            first folder of the run paths, where whoever installs the set would put it.

    Raises:
        UnreadableInputError: the module cannot be read.
    """
    start = Path(os.path.abspath(file))  # noqa: PTH100 - links stay as they are, as the loader leaves them
    beside = {path.name: path for path in reversed(named)}
    found: dict[str, Path] = {start.as_posix(): start}
    waiting = [start.as_posix()]
    while waiting:
        place = waiting.pop()
        for name, folders in _wants(place, found[place]):
            for where in (posixpath.normpath(f"{folder}/{name}") for folder in folders):
                lies = _file_called(Path(where))
                if lies is None and where.startswith(f"{folders[0]}/"):
                    lies = beside.get(name)
                if lies is not None:
                    if where not in found:
                        found[where] = lies
                        waiting.append(where)
                    break
    # A module with nothing beside it is named by its file alone, as it always was.
    root = posixpath.commonpath([posixpath.dirname(place) for place in found])
    return tuple(_native_file(path, posixpath.relpath(place, root)) for place, path in found.items())


def _file_called(path: Path) -> Path | None:
    """The file of exactly this name: some systems find it in another case, too, and no runtime does.

    A name can be longer than a system's are, and lead into folders that nobody may read: none is there.
    """
    try:
        return path if path.is_file() and path in path.parent.iterdir() else None
    except OSError:
        return None


def _wants(place: str, path: Path) -> Iterator[tuple[str, list[str]]]:
    """The libraries that a module needs, each with the folders where its run paths look for it."""
    try:
        facts = read_library(path.name, read_file(path)).facts
    except UnreadableInputError:
        return
    if facts is None:
        return
    # What is absolute names a place in the runtime, or one of the machine that built it: not one of ours.
    own = tuple(path for path in facts.run_paths if path.startswith("$ORIGIN"))
    # Without one the loader finds only what is loaded already: what lies beside the module, if anything.
    folders = [posixpath.normpath(folder) for folder in expand(own, place)] or [posixpath.dirname(place)]
    for name in facts.needed:
        yield name, folders


def _native_file(path: Path, place: str) -> NativeFile:
    data = read_file(path)
    return NativeFile(
        path=place,
        member=place,
        size=len(data),
        checksum=zlib.crc32(data),
        pieces=lambda: iter([read_file(path)]),
        again=lambda: iter([read_file(path)]),
        read=partial(read_file, path),
        proved={},
    )


def _lines(file: Path) -> list[str]:
    try:
        with file.open("rb") as stream:
            return stream.read(_LONGEST).decode(errors="replace").splitlines()
    except OSError:
        return []
