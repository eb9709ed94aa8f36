"""Writing wheels: the same members and the same time give the same bytes, and a file is whole or absent."""

from __future__ import annotations

import time
import uuid
import zipfile
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pyodide_abi.errors import WheelError
from pyodide_abi.wheel.metadata import write_metadata
from pyodide_abi.wheel.record import RecordEntry, entry_for, write_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from pyodide_abi.wheel.archive import Wheel
    from pyodide_abi.wheel.filename import WheelName

#: 1980-01-01, the first moment that an archive can hold.
EPOCH = 315532800
#: The last one: archives count years in seven bits.
_END = 4354819199
_FILE = 0o100000
_UNIX = 3
_SIGNATURES = ("RECORD.jws", "RECORD.p7s")


@dataclass(frozen=True, kw_only=True, slots=True)
class NewMember:
    """A file to be written.

    Attributes:
        name: its path in the archive.
        content: the bytes, or what gives them when it is written; large files are then never held together.
        mode: permission bits.
    """

    name: str
    content: bytes | Callable[[], bytes]
    mode: int = 0o644

    def read(self) -> bytes:
        """The bytes."""
        return self.content if isinstance(self.content, bytes) else self.content()


def write_wheel(members: Iterable[NewMember], path: Path, *, timestamp: int = EPOCH) -> Path:
    """Write a wheel with a fresh ``RECORD``.

    Args:
        members: all files; a ``RECORD`` among them, or a signature of one, is left out.
        path: of the wheel, named as a wheel; replaced if it is there.
        timestamp: of every member, in seconds since 1970 (``SOURCE_DATE_EPOCH``).

    Returns:
        ``path``.

    Raises:
        WheelError: no ``.dist-info`` folder, or more than one, or two members of one name.
    """
    ordered = sorted(members, key=_place)
    dist_info = _dist_info(ordered, path)
    dropped = {f"{dist_info}/{name}" for name in ("RECORD", *_SIGNATURES)}
    date = time.gmtime(min(max(timestamp, EPOCH), _END))[:6]
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex}.partial")
    try:
        with zipfile.ZipFile(partial, "x", zipfile.ZIP_DEFLATED) as archive:
            entries = []
            for member in ordered:
                if member.name not in dropped:
                    content = member.read()
                    entries.append(entry_for(member.name, content))
                    _add(archive, member, content, date)
            record = NewMember(name=f"{dist_info}/RECORD", content=b"")
            text = write_record([*entries, RecordEntry(path=record.name)])
            _add(archive, record, text.encode(), date)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return path


def members_of(wheel: Wheel) -> list[NewMember]:
    """A wheel's members, to be written again; each is read when it is written."""

    def reader(name: str) -> Callable[[], bytes]:
        return lambda: wheel.read(name)

    return [
        NewMember(name=member.name, content=reader(member.name), mode=member.mode or 0o644)
        for member in wheel.members
    ]


def retag(wheel: Wheel, name: WheelName, folder: Path, *, timestamp: int = EPOCH) -> Path:
    """Write the same wheel under other tags: the file's name, ``WHEEL`` and ``RECORD`` change, nothing else.

    Args:
        wheel: the original, which stays as it is.
        name: the new one, of the same distribution and version.
        folder: where the new one goes.
        timestamp: as for :func:`write_wheel`.

    Returns:
        the new file.

    Raises:
        WheelError: the wheel is malformed.
    """
    metadata = replace(wheel.metadata, tags=name.tags)
    file = f"{wheel.dist_info}/WHEEL"
    changed = NewMember(name=file, content=write_metadata(metadata).encode())
    members = [changed if member.name == file else member for member in members_of(wheel)]
    return write_wheel(members, folder / str(name), timestamp=timestamp)


def _place(member: NewMember) -> tuple[bool, str]:
    """PEP 427 wants the ``.dist-info`` folder at the end, where it can be found and replaced cheaply."""
    return member.name.split("/")[0].endswith(".dist-info"), member.name


def _dist_info(members: list[NewMember], path: Path) -> str:
    names = [member.name for member in members]
    if len(set(names)) != len(names):
        twice = next(name for place, name in enumerate(names) if name in names[:place])
        raise WheelError(f"{path.name}: member {twice!r} would be written twice")
    folders = {name.split("/")[0] for name in names if "/" in name}
    found = sorted(folder for folder in folders if folder.endswith(".dist-info"))
    if len(found) != 1:
        raise WheelError(f"{path.name}: one .dist-info folder is needed, there are {len(found)}")
    return found[0]


def _add(
    archive: zipfile.ZipFile, member: NewMember, content: bytes, date: tuple[int, int, int, int, int, int]
) -> None:
    info = zipfile.ZipInfo(member.name, date)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = _UNIX
    info.external_attr = (_FILE | member.mode & 0o7777) << 16
    archive.writestr(info, content)
