"""Whether an archive is safe to open: names, kinds and sizes of its members, checked before any is read.

An archive is hostile until proved otherwise. The first fault found is raised, with the member's name.
"""

from __future__ import annotations

import re
import stat
import struct
import zipfile
import zlib
from typing import IO, TYPE_CHECKING

from pyodide_abi.errors import WheelError
from pyodide_abi.values import value
from pyodide_abi.wheel.places import LOCAL_MAGIC, check_places

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

#: What the standard library raises for damage of one sort or another in a zip archive.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)
_ENCRYPTED = 0x1
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_DRIVE = re.compile(r"[A-Za-z]:")
_CONTROL = re.compile(r"[\0-\x1f\x7f-\x9f]")
#: Below this size, in bytes, no ratio is dangerous.
_HARMLESS = 16 << 20
_HARMLESS_TOTAL = 64 << 20
#: Longer or deeper names no system can install, and looking through their folders would take long.
_LONGEST_NAME, _DEEPEST = 2000, 100


@value
class Bounds:
    """What an archive may be at most; the defaults are several times the largest wheels there are.

    Attributes:
        members: how many.
        member: the size of one, in bytes, unpacked.
        total: The bytes of all members together, unpacked.
        ratio: how much smaller than its contents a large member may be.
        total_ratio: how much smaller than all its contents an archive may be.
    """

    members: int = 200_000
    member: int = 2 << 30
    total: int = 8 << 30
    ratio: int = 200
    total_ratio: int = 50


def fault_of(path: Path) -> str:
    """What is wrong with a file that cannot be opened as an archive."""
    with path.open("rb") as file:
        begins = file.read(len(LOCAL_MAGIC))
    if not begins:
        return "the file is empty"
    return "the archive is cut off or damaged" if begins == LOCAL_MAGIC else "not an archive"


def check_members(archive: zipfile.ZipFile, file: IO[bytes], *, bounds: Bounds, where: str) -> None:
    """Refuse an archive that is not safe to open.

    Args:
        archive: The archive, opened, of which nothing but its directory is taken.
        file: the same, for the headers in front of each member.
        bounds: what it may be at most.
        where: The archive's name, for messages.

    Raises:
        WheelError: the first member found unsafe, and why.
    """
    infos = archive.infolist()
    if len(infos) > bounds.members:
        raise WheelError(f"{where}: {len(infos)} members, more than the {bounds.members} allowed")
    for info in infos:
        fault = _name_fault(info.orig_filename) or _kind_fault(info) or _size_fault(info, bounds)
        if fault:
            raise WheelError(f"{where}: member {info.orig_filename[:_LONGEST_NAME]!r} {fault}")
    total = sum(info.file_size for info in infos)
    if total > bounds.total:
        raise WheelError(f"{where}: unpacks to {total} bytes, more than the {bounds.total} allowed")
    packed = sum(info.compress_size for info in infos)
    if total > _HARMLESS_TOTAL and total > bounds.total_ratio * packed:
        raise WheelError(f"{where}: unpacks from {packed} to {total} bytes: a bomb of many members")
    _check_clashes(infos, where)
    check_places(infos, file, directory=archive.start_dir, where=where)


def _name_fault(name: str) -> str:  # noqa: PLR0911 - one fault, one line
    if len(name) > _LONGEST_NAME or name.count("/") > _DEEPEST:
        return f"has a name of {len(name)} characters in {name.count('/')} folders"
    parts = name.rstrip("/").split("/")
    if not name or _CONTROL.search(name):
        return "has a name with control characters or none at all"
    if "\\" in name:
        return "has a backslash in its name"
    if name.startswith("/") or _DRIVE.match(name):
        return "has an absolute path"
    if ".." in parts:
        return "leads out of the archive"
    if "" in parts or "." in parts:
        return "has a path with empty parts"
    return ""


def _kind_fault(info: zipfile.ZipInfo) -> str:
    mode = info.external_attr >> 16
    if stat.S_ISLNK(mode):
        return "is a symbolic link"
    if stat.S_IFMT(mode) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        return "is neither a file nor a folder"
    if info.flag_bits & _ENCRYPTED:
        return "is encrypted"
    if info.compress_type not in _METHODS:
        return f"is compressed by method {info.compress_type}; wheels are stored or deflated"
    if info.is_dir() and info.file_size:
        return "is a folder with contents"
    return ""


def _size_fault(info: zipfile.ZipInfo, bounds: Bounds) -> str:
    if info.file_size > bounds.member:
        return f"unpacks to {info.file_size} bytes, more than the {bounds.member} allowed"
    if info.compress_type == zipfile.ZIP_STORED and info.file_size != info.compress_size:
        return f"is stored, but {info.compress_size} bytes are said to hold {info.file_size}"
    if info.file_size > _HARMLESS and info.file_size > bounds.ratio * max(info.compress_size, 1):
        return f"unpacks from {info.compress_size} to {info.file_size} bytes: a bomb"
    return ""


def _check_clashes(infos: Sequence[zipfile.ZipInfo], where: str) -> None:
    """Two names that some file system takes for one."""
    seen: dict[str, str] = {}
    for info in infos:
        key = _folded(info.filename)
        if key in seen:
            other = seen[key]
            what = "is there twice" if other == info.filename else f"clashes with {other!r}"
            raise WheelError(f"{where}: member {info.filename!r} {what}")
        seen[key] = info.filename
    folders: set[str] = set()
    for info in infos:
        folder = _folded(info.filename)
        while "/" in folder and (folder := folder.rpartition("/")[0]) not in folders:
            folders.add(folder)
            other = seen.get(folder, "/")
            if not other.endswith("/"):
                raise WheelError(f"{where}: member {info.filename!r} lies in {other!r}, which is a file")


def _folded(name: str) -> str:
    """What a file system makes of a name that knows neither case nor two ways to write a letter."""
    name = name.rstrip("/")
    if name.isascii():
        return name.lower()
    import unicodedata  # noqa: PLC0415 - few wheels have such names

    return unicodedata.normalize("NFC", name).casefold()
