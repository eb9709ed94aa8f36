"""Unpack a tar archive into a folder and nowhere else."""

from __future__ import annotations

import os
import tarfile
from typing import TYPE_CHECKING

from pyodide_abi.errors import UnreadableInputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def unpack_tar(archive: Path, folder: Path) -> Iterator[str]:
    """Unpack everything below the archive's one top folder, straight into ``folder``.

    Each member is looked at when its turn comes, against what is on disk by then: a link that an earlier
    member made counts. ``tarfile``'s own filters do as much, but the oldest Pythons that we run in lack them.

    Args:
        archive: compressed in any way that ``tarfile`` knows.
        folder: exists and is empty.

    Yields:
        the name of each member, once it is there.

    Raises:
        UnreadableInputError: it is damaged, or a member would land outside ``folder`` or is a device.
    """
    root = os.path.realpath(folder)
    try:
        with tarfile.open(archive) as members:
            for member in members:
                _top, _, name = member.name.removeprefix("./").partition("/")
                if not name:
                    continue
                target = os.path.join(root, name)  # noqa: PTH118 - pathlib would hide `..`
                if member.name.startswith("/") or not _within(root, target):
                    raise UnreadableInputError(f"{archive}: '{member.name}' would land outside the folder")
                _put(members, member, target, root=root, archive=archive)
                yield name
    except (tarfile.TarError, EOFError, OSError) as error:
        raise UnreadableInputError(f"{archive} cannot be unpacked: {error}") from error


def _put(members: tarfile.TarFile, member: tarfile.TarInfo, target: str, *, root: str, archive: Path) -> None:
    parent = os.path.dirname(target)  # noqa: PTH120 - as above
    os.makedirs(parent, exist_ok=True)  # noqa: PTH103 - as above
    if member.isdir():
        os.makedirs(target, exist_ok=True)  # noqa: PTH103 - as above
        return
    if os.path.lexists(target):
        # Never through what an earlier member has put there.
        os.unlink(target)  # noqa: PTH108 - as above
    if member.issym():
        pointed = os.path.join(parent, member.linkname)  # noqa: PTH118 - as above
        if not _within(root, pointed):
            raise UnreadableInputError(f"{archive}: the link '{member.name}' points outside the folder")
        os.symlink(member.linkname, target)  # noqa: PTH211 - as above
    elif member.islnk():
        source = os.path.join(root, member.linkname.removeprefix("./").partition("/")[2])  # noqa: PTH118 - as above
        if not _within(root, source):
            raise UnreadableInputError(f"{archive}: the link '{member.name}' points outside the folder")
        os.link(source, target)
    elif member.isfile():
        stream = members.extractfile(member)
        assert stream is not None
        with stream, open(target, "wb") as file:  # noqa: PTH123 - as above
            while chunk := stream.read(1 << 20):
                file.write(chunk)
        os.chmod(target, 0o755 if member.mode & 0o100 else 0o644)  # noqa: PTH101 - as above
        # make compares times: generated files of a release are newer than what they were generated from.
        os.utime(target, (member.mtime, member.mtime))
    else:
        raise UnreadableInputError(f"{archive}: '{member.name}' is neither file, folder nor link")


def _within(root: str, path: str) -> bool:
    real = os.path.realpath(path)
    return real == root or real.startswith(root + os.sep)
