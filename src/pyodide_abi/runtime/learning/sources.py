"""Where a release comes from that nobody described yet: npm, a folder, or an archive.

Of folders and archives the files of the runtime itself are taken, by their names and into a folder of our
own: nothing else that an archive holds is unpacked, and no name in it becomes a path.
"""

from __future__ import annotations

import base64
import bz2
import gzip
import hashlib
import json
import lzma
import re
import shutil
import tarfile
import zipfile
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, cast

from pyodide_abi.errors import UnreadableInputError, UsageError
from pyodide_abi.files import sha256_of
from pyodide_abi.http import get
from pyodide_abi.platforms.versions import RELEASE
from pyodide_abi.runtime.learning.npm import announced, is_version, release_of
from pyodide_abi.runtime.releases import install_release
from pyodide_abi.values import value
from pyodide_abi.wheel.safety import DAMAGE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from pyodide_abi.host import Host

#: The files of a runtime, and whether it is none without them. One of two ``pyodide.asm`` scripts is needed.
_RUNTIME = {
    "package.json": False,
    "pyodide-lock.json": True,
    "pyodide.asm.js": False,
    "pyodide.asm.mjs": False,
    "pyodide.asm.wasm": True,
    "pyodide.js": False,
    "pyodide.mjs": True,
    "python_stdlib.zip": True,
}
#: Of the installers' wheels, which a whole distribution has, too.
_INSTALLERS = re.compile(r"(micropip|packaging)-[0-9][0-9a-z.]{0,30}-py3-none-any\.whl")
#: Bytes of the largest file of a runtime, and of an archive, unpacked: thrice what the largest one has.
_LARGEST, _LARGEST_WHOLE = 128 << 20, 1 << 30
#: Members of an archive; a whole distribution has some 1,000.
_MOST_MEMBERS = 50_000
#: Bytes of what precedes a member in a tar archive: a long name, and what else is told of it.
_LONGEST_NAME = 1 << 20
_PIECE = 1 << 20
#: What the readers of archives raise for one that is damaged.
_UNREADABLE = (*DAMAGE, tarfile.TarError, lzma.LZMAError)


@value
class Obtained:
    """A release that is there to be read.

    Attributes:
        folder: with its files.
        origin: The origin in words: ``npm``, an address or a path.
        integrity: the digest of what it is from, ``sha512-<base64>``.
        version: what it calls itself, in npm's form.
        files: the SHA-256 of every file that has to be kept, by name; empty where npm keeps them.
    """

    folder: Path
    origin: str
    integrity: str
    version: str
    files: dict[str, str]


def obtain(source: str, cwd: Path, host: Host, scratch: Path) -> Obtained:
    """A release, wherever it is.

    Args:
        source: an address, a folder, a file, or a version on npm.
        cwd: the folder that paths start from.
        host: the machine.
        scratch: an empty folder.

    Raises:
        UsageError: it is none of these.
        MissingError: it cannot be had.
        UnreadableInputError: it holds no runtime.
    """
    place = scratch / "release"
    place.mkdir()
    if "://" in source:
        return from_address(source, host, place)
    path = cwd / Path(source).expanduser()
    if path.is_dir():
        return from_folder(path, place)
    if path.is_file():
        return from_archive(path, source, place)
    if is_version(source):
        return from_npm(source, host)
    raise UsageError(
        f"'{source}' is no version of npm, no folder, no file and no address",
        hint="'pyodide-abi runtime --help' shows each",
    )


def from_npm(wanted: str, host: Host) -> Obtained:
    """A release of npm, in the cache.

    Args:
        wanted: a version, the beginning of one (its newest is taken), or ``latest`` or ``next``.
        host: the machine.

    Raises:
        OfflineError: the network is off limits.
        MissingError: npm does not know it, or cannot fetch it.
    """
    version, integrity = announced(wanted, host)
    release = release_of(version, integrity)
    return Obtained(
        folder=install_release(release, host), origin="npm", integrity=integrity, version=version, files={}
    )


def from_folder(folder: Path, place: Path) -> Obtained:
    """A build or an unpacked distribution; its files are copied to another folder, as they are now.

    Args:
        folder: The folder that has ``pyodide.mjs``, itself or in its ``dist``.
        place: an empty folder for the files.

    Raises:
        UnreadableInputError: something of a runtime is missing or too large.
    """
    beside = [folder, folder / "dist", folder / "pyodide"]
    found = next((one for one in beside if (one / "pyodide.mjs").is_file()), folder)
    for path in sorted(found.iterdir()):
        if _is_wanted(path.name) and path.is_file():
            if path.stat().st_size > _LARGEST:
                raise UnreadableInputError(f"{path} has more than {_LARGEST >> 20} MB: no release has")
            shutil.copyfile(path, place / path.name)
    files = _digests(place, str(folder))
    listing = "".join(f"{digest}  {name}\n" for name, digest in files.items())
    return _kept(place, files, str(folder), listing.encode())


def from_archive(file: Path, origin: str, place: Path) -> Obtained:
    """A distribution as an archive (tar, packed or not, or zip).

    Args:
        file: the archive.
        origin: how the user called it.
        place: an empty folder for the files.

    Raises:
        UnreadableInputError: it is no such archive, has no runtime or more than one, or is too large.
    """
    found: dict[str, str] = {}
    try:
        with _opened(file) as members:
            for count, (name, stream) in enumerate(members):
                if count > _MOST_MEMBERS:
                    raise UnreadableInputError(f"{origin} has more than {_MOST_MEMBERS:,} members")
                path = PurePosixPath(name)
                if stream is None or not _is_wanted(path.name):
                    continue
                if path.name in found:
                    raise UnreadableInputError(
                        f"{origin} holds {path.name} twice: {found[path.name]!r} and {name!r}",
                        hint="unpack it, and learn the folder of the one that is meant",
                    )
                found[path.name] = name
                _write(stream, place / path.name, origin)
    except _UNREADABLE as error:
        raise UnreadableInputError(f"{origin} cannot be read as an archive: {error}") from error
    files = _digests(place, origin)
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha512").digest()
    return _kept(place, files, origin, digest=digest)


def from_address(address: str, host: Host, place: Path) -> Obtained:
    """A distribution as an archive on a server.

    Raises:
        OfflineError: the network is off limits.
        MissingError: the server does not give it.
        UnreadableInputError: as for :func:`from_archive`.
    """
    with host.progress.task(f"fetching {address}"):
        content = get(address, host)
    file = place.with_name("fetched")
    file.write_bytes(content)
    return from_archive(file, address, place)


@contextmanager
def _opened(file: Path) -> Iterator[Iterator[tuple[str, BinaryIO | None]]]:
    """The members of an archive: the name, and the content where it is a plain file."""
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as packed:
            yield (
                (entry.filename, None if entry.is_dir() else packed.open(entry))  # type: ignore[misc]
                for entry in packed.infolist()
            )
        return
    with file.open("rb") as raw:
        unpacked = _Bounded(_unpacked(raw))
        with tarfile.open(fileobj=unpacked, mode="r|", tarinfo=_Header) as tar:  # type: ignore[call-overload]
            yield ((member.name, tar.extractfile(member) if member.isreg() else None) for member in tar)


def _unpacked(raw: BinaryIO) -> BinaryIO:
    magic = raw.read(6)
    raw.seek(0)
    for begin, unpack in ((b"\x1f\x8b", gzip.open), (b"BZh", bz2.open), (b"\xfd7zXZ", lzma.open)):
        if magic.startswith(begin):
            return cast("BinaryIO", unpack(raw))
    return raw


class _Bounded:
    """What an archive unpacks to; it ends with an error where that is more than an archive may hold."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._left = _LARGEST_WHOLE

    def read(self, size: int = -1) -> bytes:
        """As of any stream."""
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise UnreadableInputError(f"the archive unpacks to more than {_LARGEST_WHOLE >> 20} MB")
        return data


class _Header(tarfile.TarInfo):
    """A member's head; names and comments that come before one are read whole, so they are bounded here."""

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        if self.size > _LONGEST_NAME and self.type not in tarfile.REGULAR_TYPES:
            raise tarfile.ReadError(f"a header of {self.size:,} bytes")
        member: tarfile.TarInfo = super()._proc_member(archive)  # type: ignore[misc]
        return member


def _write(stream: BinaryIO, target: Path, origin: str) -> None:
    left = _LARGEST
    with target.open("wb") as out:
        while piece := stream.read(_PIECE):
            left -= len(piece)
            if left < 0:
                raise UnreadableInputError(
                    f"{origin}: {target.name} has more than {_LARGEST >> 20} MB: no release has"
                )
            out.write(piece)


def _is_wanted(name: str) -> bool:
    return name in _RUNTIME or _INSTALLERS.fullmatch(name) is not None


def _digests(place: Path, origin: str) -> dict[str, str]:
    names = {path.name for path in place.iterdir()}
    missing = [name for name, needed in _RUNTIME.items() if needed and name not in names]
    if not names & {"pyodide.asm.js", "pyodide.asm.mjs"}:
        missing.append("pyodide.asm.js or pyodide.asm.mjs")
    if missing:
        raise UnreadableInputError(
            f"{origin} holds no runtime: {', '.join(missing)} is missing",
            hint="name the folder with pyodide.mjs: dist, as a build of Pyodide makes it, or a distribution",
        )
    return {name: sha256_of(place / name) for name in sorted(names)}


def _kept(
    place: Path, files: dict[str, str], origin: str, listing: bytes = b"", *, digest: bytes = b""
) -> Obtained:
    encoded = base64.b64encode(digest or hashlib.sha512(listing).digest()).decode()
    return Obtained(
        folder=place,
        origin=origin,
        integrity=f"sha512-{encoded}",
        version=_version(place, origin),
        files=files,
    )


def _version(folder: Path, origin: str) -> str:
    """What the files say that the release is called, in npm's form."""
    try:
        package = json.loads((folder / "package.json").read_bytes())
        said = str(package["version"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        script = (folder / "pyodide.mjs").read_text("utf-8", errors="replace")
        found = re.search(r'="(\d+\.\d+\.\d+[0-9a-z.]*)"', script)
        said = found[1] if found else ""
    version = npm_form(said)
    if not version:
        raise UsageError(
            f"{origin} does not say its version in a form that is known: {said[:80]!r}",
            hint='package.json beside pyodide.mjs has to hold {"version": "314.0.8"} or the like',
        )
    return version


def npm_form(version: str) -> str:
    """A version in npm's form: ``315.0.0a2`` is ``315.0.0-alpha.2``; empty where it is none."""
    if re.fullmatch(RELEASE, version):
        return version
    found = re.fullmatch(r"(\d+\.\d+\.\d+)\.?-?(dev|a|b|rc|alpha|beta)\.?(\d+)", version)
    if not found:
        return ""
    word = {"a": "alpha", "b": "beta"}.get(found[2], found[2])
    return f"{found[1]}-{word}.{found[3]}"
