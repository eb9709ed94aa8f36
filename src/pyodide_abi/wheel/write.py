"""Writing wheels: the same members and the same time give the same bytes, and a file is whole or absent."""

from __future__ import annotations

import re
import time
import zipfile
import zlib
from typing import TYPE_CHECKING

from pyodide_abi.atomic import replacing
from pyodide_abi.errors import UsageError, WheelError
from pyodide_abi.values import replace, value
from pyodide_abi.wheel.metadata import write_metadata
from pyodide_abi.wheel.record import RecordEntry, entry_for, write_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from pyodide_abi.wheel.archive import Wheel
    from pyodide_abi.wheel.filename import WheelName

#: 1980-01-01, the first moment that an archive can hold.
EPOCH = 315532800
#: The last one: archives count years in seven bits.
_END = 4354819199
_FILE = 0o100000
_UNIX = 3
_MODE, _PROGRAM = 0o644, 0o755
_UTF8 = 0x800
#: Files of fewer bytes are packed as well as can be, which takes no time then.
SMALL = 1 << 20
_RECORD = "RECORD"
#: Signatures of RECORD, which nothing but their maker can renew (PEP 427).
SIGNATURES = ("RECORD.jws", "RECORD.p7s")


@value
class NewMember:
    """A file to be written.

    Attributes:
        name: The member's path in the archive.
        content: the bytes, or what gives them when it is written; large files are then never held together.
        mode: permission bits.
    """

    name: str
    content: bytes | Callable[[], bytes]
    mode: int = 0o644

    def read(self) -> bytes:
        """The bytes."""
        return self.content if isinstance(self.content, bytes) else self.content()


@value
class KeptMember:
    """A file of another wheel, copied as it lies there: it is not compressed anew.

    Attributes:
        name: The member's path in the new archive.
        wheel: the other wheel, open.
        source: The member's path in the other wheel.
        mode: permission bits.
        entry: The line of the other wheel's ``RECORD``, where that is known to be right; None to read the
            file for it.
    """

    name: str
    wheel: Wheel
    source: str
    mode: int = 0o644
    entry: RecordEntry | None = None

    def recorded(self) -> RecordEntry:
        """Its line of ``RECORD``."""
        if self.entry is None:
            return entry_for(self.name, self.wheel.read(self.source))
        return replace(self.entry, path=self.name)


def timestamp_of(environ: Mapping[str, str]) -> int:
    """The time that every member of a new wheel gets: ``SOURCE_DATE_EPOCH``, else the first there is.

    Raises:
        UsageError: the variable is no number of seconds.
    """
    text = environ.get("SOURCE_DATE_EPOCH", "")
    if text and not re.fullmatch(r"[0-9]{1,18}", text):
        raise UsageError(f"SOURCE_DATE_EPOCH is {text[:40]!r}, not a number of seconds")
    return int(text) if text else EPOCH


def write_wheel(members: Iterable[NewMember | KeptMember], path: Path, *, timestamp: int = EPOCH) -> Path:
    """Write a wheel with a fresh ``RECORD``.

    Args:
        members: all files; a ``RECORD`` among them, or a signature of one, is left out.
        path: The path of the wheel, named as a wheel; replaced if it is there.
        timestamp: The time of every member, in seconds since 1970 (``SOURCE_DATE_EPOCH``).

    Returns:
        ``path``.

    Raises:
        WheelError: no ``.dist-info`` folder, or more than one, or two members of one name.
        OSError: it cannot be written; nothing is there then.
    """
    ordered = sorted(members, key=lambda member: _place(member.name))
    dist_info = _dist_info(ordered, path)
    dropped = {f"{dist_info}/{name}" for name in (_RECORD, *SIGNATURES)}
    date = _date(timestamp)
    with replacing(path) as partial, zipfile.ZipFile(partial, "x", zipfile.ZIP_DEFLATED) as archive:
        entries = []
        for member in ordered:
            if member.name in dropped:
                continue
            if isinstance(member, KeptMember):
                entries.append(member.recorded())
                _copy(archive, member, date)
            else:
                content = member.read()
                entries.append(entry_for(member.name, content))
                archive.writestr(
                    _info(member.name, member.mode, date), content, compresslevel=_level(content)
                )
        name = f"{dist_info}/{_RECORD}"
        text = write_record([*entries, RecordEntry(path=name)])
        record = text.encode()
        archive.writestr(_info(name, _MODE, date), record, compresslevel=_level(record))
    return path


def members_of(wheel: Wheel) -> list[KeptMember]:
    """A wheel's members, to be written again as they are."""
    return [
        KeptMember(name=member.name, wheel=wheel, source=member.name, mode=member.mode or _MODE)
        for member in wheel.members
    ]


def retag(
    wheel: Wheel,
    name: WheelName,
    folder: Path,
    *,
    timestamp: int = EPOCH,
    fields: tuple[tuple[str, str], ...] = (),
) -> Path:
    """Write the same wheel under other tags: the file's name, ``WHEEL`` and ``RECORD`` change, nothing else.

    Args:
        wheel: the original, which stays as it is.
        name: the new one, of the same distribution and version.
        folder: The folder that the new wheel goes to.
        timestamp: as for :func:`write_wheel`.
        fields: further ones of ``WHEEL``, which installers pass over.

    Returns:
        the new file.

    Raises:
        WheelError: the wheel is malformed.
    """
    metadata = replace(wheel.metadata, tags=name.tags, others=(*wheel.metadata.others, *fields))
    file = f"{wheel.dist_info}/WHEEL"
    changed = NewMember(name=file, content=write_metadata(metadata).encode())
    members = [changed if member.name == file else member for member in members_of(wheel)]
    return write_wheel(members, folder / str(name), timestamp=timestamp)


def normal_mode(mode: int) -> int:
    """The permission bits that differ between machines, made the same: a file is a program or it is not."""
    return _PROGRAM if mode & 0o111 else _MODE


def is_normal(wheel: Wheel, *, timestamp: int = EPOCH) -> bool:
    """Whether :func:`write_wheel` would write the archive as it is: order, times, modes and ``RECORD``.

    Args:
        wheel: The wheel, whose ``RECORD`` agrees with its files.
        timestamp: as for :func:`write_wheel`.

    Raises:
        WheelError: ``RECORD`` cannot be read.
    """
    date = _date(timestamp)
    record = f"{wheel.dist_info}/{_RECORD}"
    names = sorted((member.name for member in wheel.members if member.name != record), key=_place)
    infos = wheel.directory
    if [info.filename for info in infos] != [*names, record]:
        return False
    for info in infos:
        new = _info(info.filename, normal_mode(info.external_attr >> 16), date)
        if (info.date_time, info.external_attr, info.create_system) != (date, new.external_attr, _UNIX):
            return False
        if info.flag_bits & ~_UTF8 or info.extra or info.comment:
            return False
    listed = {entry.path: entry for entry in wheel.record}
    signed = {f"{wheel.dist_info}/{name}" for name in SIGNATURES}
    entries = [listed.get(name, RecordEntry(path=name)) for name in names if name not in signed]
    return wheel.read_text(record) == write_record([*entries, RecordEntry(path=record)])


def _place(name: str) -> tuple[bool, str]:
    """PEP 427 wants the ``.dist-info`` folder at the end, where it can be found and replaced cheaply."""
    return name.split("/", maxsplit=1)[0].endswith(".dist-info"), name


def _dist_info(members: Sequence[NewMember | KeptMember], path: Path) -> str:
    names = [member.name for member in members]
    if len(set(names)) != len(names):
        twice = next(name for place, name in enumerate(names) if name in names[:place])
        raise WheelError(f"{path.name}: member {twice!r} would be written twice")
    folders = {name.split("/")[0] for name in names if "/" in name}
    found = sorted(folder for folder in folders if folder.endswith(".dist-info"))
    if len(found) != 1:
        raise WheelError(f"{path.name}: one .dist-info folder is needed, there are {len(found)}")
    return found[0]


def _level(content: bytes) -> int:
    """How hard to compress: large files as everybody does, small ones as well as can be."""
    return zlib.Z_BEST_COMPRESSION if len(content) < SMALL else zlib.Z_DEFAULT_COMPRESSION


def _date(timestamp: int) -> tuple[int, int, int, int, int, int]:
    """A time as archives hold it."""
    return time.gmtime(min(max(timestamp, EPOCH), _END))[:6]


def _info(name: str, mode: int, date: tuple[int, int, int, int, int, int]) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, date)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = _UNIX
    info.external_attr = (_FILE | mode & 0o7777) << 16
    return info


def _copy(archive: zipfile.ZipFile, member: KeptMember, date: tuple[int, int, int, int, int, int]) -> None:
    """Write a member's compressed bytes; the standard library has the parts of this, not the whole."""
    old, pieces = member.wheel.packed(member.source)
    info = _info(member.name, member.mode, date)
    info.compress_type, info.CRC = old.compress_type, old.CRC
    info.compress_size, info.file_size = old.compress_size, old.file_size
    assert archive.fp is not None
    info.header_offset = archive.fp.tell()
    archive.fp.write(info.FileHeader())
    for piece in pieces:
        archive.fp.write(piece)
    archive.filelist.append(info)
    archive.NameToInfo[info.filename] = info
    archive.start_dir = archive.fp.tell()
