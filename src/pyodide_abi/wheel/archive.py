"""A wheel's archive: opened with every member checked, read member by member."""

from __future__ import annotations

import contextlib
import hashlib
import io
import re
import zipfile
import zlib
from functools import cached_property
from typing import TYPE_CHECKING, Self

from pyodide_abi.errors import WheelError
from pyodide_abi.values import value
from pyodide_abi.wheel.filename import parse_wheel_name
from pyodide_abi.wheel.metadata import parse_metadata
from pyodide_abi.wheel.parsing import Parsing
from pyodide_abi.wheel.record import parse_record, verify_record
from pyodide_abi.wheel.safety import DAMAGE, Bounds, check_members, fault_of
from pyodide_abi.wheel.unpack import packed, unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pyodide_abi.wheel.filename import WheelName
    from pyodide_abi.wheel.metadata import WheelMetadata
    from pyodide_abi.wheel.record import RecordEntry, RecordFault

_SHARED_LIBRARY = re.compile(r"\.so(\.\d+)*$")
_BARE_SUFFIX = ".so"
#: In bytes: of a Python file, and of all together; what is larger is data.
_LARGEST_PYTHON, _MOST_PYTHON = 300_000, 8_000_000
#: Names that a message shows.
_SHOWN = 3


@value
class Member:
    """A file in the archive.

    Attributes:
        name: The member's path, with forward slashes.
        size: The number of bytes, unpacked.
        compressed_size: The number of bytes that it takes in the archive.
        mode: The permission bits; 0 where the archive does not say.
    """

    name: str
    size: int
    compressed_size: int
    mode: int


@value
class ExtensionModule:
    """A member that ``import`` finds.

    Attributes:
        member: the file.
        name: the dotted name that imports it.
        suffix: The suffix by which the interpreter recognises it.
        path: The place where it is installed, relative to ``site-packages``.
    """

    member: Member
    name: str
    suffix: str
    path: str


class Wheel:
    """An open wheel; a context manager. Made by :func:`open_wheel`.

    Attributes:
        path: the file.
        name: the parts of its file name.
        members: all files, in the order of the archive; folders are left out.
        proved: size and SHA-256 of each member that has been read whole.
    """

    def __init__(self, path: Path, name: WheelName, archive: zipfile.ZipFile) -> None:
        self.path = path
        self.name = name
        self._archive = archive
        self.proved: dict[str, tuple[int, bytes]] = {}
        self._infos = {info.filename: info for info in archive.infolist() if not info.is_dir()}
        self.members = tuple(
            Member(
                name=info.filename,
                size=info.file_size,
                compressed_size=info.compress_size,
                mode=info.external_attr >> 16 & 0o7777,
            )
            for info in self._infos.values()
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._archive.close()

    def read(self, name: str) -> bytes:
        """The contents of a member.

        Raises:
            WheelError: there is none of that name, or it is damaged or not of the size it claims.
        """
        # Held once: joining pieces would hold them twice for a moment.
        whole = io.BytesIO()
        whole.writelines(self.pieces(name))
        return whole.getvalue()

    def pieces(self, name: str) -> Iterator[bytes]:
        """The contents of a member, piece by piece; they are proved right when the last one has been taken.

        Their digest is taken on the way, so that they need not be unpacked again for it.

        Raises:
            WheelError: as for :meth:`read`.
        """
        info = self._infos.get(name)
        if info is None:
            raise WheelError(f"{self.path.name}: there is no member {name!r}")
        digest, checksum, size = hashlib.sha256(), 0, 0
        for piece in self._unpack(info):
            digest.update(piece)
            checksum = zlib.crc32(piece, checksum)
            size += len(piece)
            yield piece
        if checksum != info.CRC:
            raise self._damaged(name, "its checksum is another")
        self.proved[name] = (size, digest.digest())

    def unproved(self, name: str) -> Iterator[bytes]:
        """The contents of a member once more, piece by piece, for who has read it before.

        Raises:
            WheelError: it is damaged.
        """
        return self._unpack(self._infos[name])

    def _unpack(self, info: zipfile.ZipInfo) -> Iterator[bytes]:
        try:
            with self.path.open("rb") as file:
                yield from unpack(file, info)
        except DAMAGE as error:
            raise self._damaged(info.filename, error) from error

    def _damaged(self, name: str, reason: object) -> WheelError:
        return WheelError(
            f"{self.path.name}: member {name!r} is damaged: {reason}", hint="download or build it again"
        )

    def checksum(self, name: str) -> int:
        """The CRC-32 of a member, as the archive has it; reading the member proves it."""
        return self._infos[name].CRC

    @property
    def directory(self) -> tuple[zipfile.ZipInfo, ...]:
        """What the archive says of each of its entries, folders among them, in its order."""
        return tuple(self._archive.infolist())

    def packed(self, name: str) -> tuple[zipfile.ZipInfo, Iterator[bytes]]:
        """A member as it lies in the archive: what is said of it, and its compressed bytes in pieces."""
        info = self._infos[name]
        return info, packed(self.path, info)

    def read_text(self, name: str) -> str:
        """The contents of a member that is text.

        Raises:
            WheelError: as for :meth:`read`, or it is not UTF-8.
        """
        try:
            return self.read(name).decode()
        except UnicodeDecodeError as error:
            raise WheelError(f"{self.path.name}: member {name!r} is not UTF-8: {error}") from error

    @cached_property
    def dist_info(self) -> str:
        """The name of the ``.dist-info`` folder.

        Raises:
            WheelError: there is none, or more than one.
        """
        folders = {name.split("/")[0] for name in self._infos if "/" in name}
        found = sorted(folder for folder in folders if folder.endswith(".dist-info"))
        if not found:
            raise WheelError(f"{self.path.name}: no .dist-info folder")
        if len(found) > 1:
            names = ", ".join(map(repr, found[:_SHOWN])) + (", …" if len(found) > _SHOWN else "")
            raise WheelError(f"{self.path.name}: {len(found)} .dist-info folders instead of one: {names}")
        return found[0]

    @cached_property
    def metadata(self) -> WheelMetadata:
        """What the ``WHEEL`` file says.

        Raises:
            WheelError: there is none, or it is malformed.
        """
        name = f"{self.dist_info}/WHEEL"
        return parse_metadata(self.read_text(name), where=f"{self.path.name}: {name}")

    @cached_property
    def record(self) -> tuple[RecordEntry, ...]:
        """The lines of ``RECORD``.

        Raises:
            WheelError: there is none, or it is malformed.
        """
        name = f"{self.dist_info}/RECORD"
        return parse_record(self.read_text(name), where=f"{self.path.name}: {name}")

    def verify_record(self) -> tuple[RecordFault, ...]:
        """Hold ``RECORD`` against every member; reads all of them."""
        return verify_record(self.record, self._infos, self.read, self.proved)

    def extension_modules(
        self, suffixes: Sequence[str], *, initialises: Callable[[str, str], bool] | None = None
    ) -> tuple[ExtensionModule, ...]:
        """The members that ``import`` finds as extension modules.

        A bare ``.so`` says nothing of what it is. One called ``lib…`` counts only if it defines the
        initialisation function of its name, and one in a ``.libs`` folder never does. A file without such a
        function that the wheel's own Python opens as a library, and imports nowhere, is one.

        Args:
            suffixes: The suffixes of the platform's interpreter, in its order.
            initialises: says of a path that it defines the initialisation function of a name; without it,
                such files are read to find out.
        """
        asked = initialises or self._defines_init
        found = [self._as_extension(member, suffixes, asked) for member in self.members]
        extensions = [extension for extension in found if extension]
        silent = [one.path for one in extensions if not asked(one.path, one.name.rpartition(".")[2])]
        libraries = self._opened(silent) if silent else frozenset()
        return tuple(extension for extension in extensions if extension.path not in libraries)

    def shared_libraries(self, suffixes: Sequence[str]) -> tuple[Member, ...]:
        """The other members called ``.so`` or ``.so.N``: what extension modules need, or ``ctypes`` opens."""
        extensions = {extension.member.name for extension in self.extension_modules(suffixes)}
        return tuple(
            member
            for member in self.members
            if _SHARED_LIBRARY.search(member.name) and member.name not in extensions
        )

    def _as_extension(
        self, member: Member, suffixes: Sequence[str], initialises: Callable[[str, str], bool]
    ) -> ExtensionModule | None:
        path = self.installed_path(member.name)
        suffix = next((suffix for suffix in suffixes if member.name.endswith(suffix)), None)
        if path is None or suffix is None:
            return None
        *packages, stem = path.removesuffix(suffix).split("/")
        if not all(word.isidentifier() for word in [*packages, stem]):
            return None
        if stem == "__init__" and packages:
            # The package itself, whatever else is there: extensions are looked for before sources.
            stem = packages.pop()
        if suffix == _BARE_SUFFIX and stem.startswith("lib") and not initialises(path, stem):
            return None
        return ExtensionModule(member=member, name=".".join([*packages, stem]), suffix=suffix, path=path)

    def installed_path(self, name: str) -> str | None:
        """Where a member goes, relative to ``site-packages``; None for one that goes elsewhere."""
        top, _, rest = name.partition("/")
        if not top.endswith(".data"):
            return None if top.endswith(".dist-info") else name
        scheme, _, path = rest.partition("/")
        return path if scheme in {"purelib", "platlib"} else None

    @cached_property
    def member_at(self) -> Mapping[str, str]:
        """The names of members by their places below ``site-packages``."""
        placed = ((self.installed_path(member.name), member.name) for member in self.members)
        return {path: name for path, name in placed if path is not None}

    @cached_property
    def python_sources(self) -> Mapping[str, bytes]:
        """The wheel's Python files by their places below ``site-packages``, up to a bound of bytes."""
        left, sources = _MOST_PYTHON, dict[str, bytes]()
        for path, name in self.member_at.items():
            size = self._infos[name].file_size
            if path.endswith(".py") and size <= min(_LARGEST_PYTHON, left):
                left -= size
                with contextlib.suppress(WheelError):  # Its damage is another's matter.
                    sources[path] = self.read(name)
        return sources

    @cached_property
    def parsing(self) -> Parsing:
        """How much of the wheel's Python may still be parsed."""
        return Parsing(self.path.stat().st_size)

    def _opened(self, paths: Sequence[str]) -> frozenset[str]:
        from pyodide_abi.wheel.python_use import opened_libraries  # noqa: PLC0415 - few wheels come here

        return opened_libraries(self.python_sources.items(), paths, self.parsing)

    def _defines_init(self, path: str, stem: str) -> bool:
        # An export's name lies in the file as plain text: nothing has to be parsed to see that it is there.
        content = self.read(self.member_at[path])
        name = f"_{stem}" if stem.isascii() else f"U_{stem.encode('punycode').decode().replace('-', '_')}"
        return any(prefix + name.encode() in content for prefix in (b"PyInit", b"PyModExport"))


def open_wheel(path: Path, *, bounds: Bounds | None = None) -> Wheel:
    """Open a wheel.

    Args:
        path: the file; its name is taken apart.
        bounds: what it may be at most.

    Raises:
        WheelError: the name is not a wheel's, or the file is not an archive, or not one that is safe to open.
    """
    if not path.is_file():
        kind = "is a folder" if path.is_dir() else "is no regular file"
        raise WheelError(f"{path} {kind}" if path.exists() else f"there is no file {path}")
    try:
        name = parse_wheel_name(path.name)
    except WheelError as error:
        from pyodide_abi.wheel.renamed import own_name  # noqa: PLC0415 - few wheels come here

        own = own_name(path)
        raise WheelError(str(error), hint=f"{error.hint}: {own}" if own else error.hint) from error
    try:
        archive = zipfile.ZipFile(path)
    except PermissionError as error:
        raise WheelError(f"{path.name} cannot be read: {error.strerror}") from error
    except DAMAGE as error:
        raise WheelError(
            f"{path.name}: {fault_of(path)}: {error}", hint="download or build it again"
        ) from error
    try:
        with path.open("rb") as file:
            check_members(archive, file, bounds=bounds or Bounds(), where=path.name)
        return Wheel(path, name, archive)
    except BaseException:
        archive.close()
        raise
