"""One library's recipe: where its sources are, how they are built, what it offers; read from TOML."""

from __future__ import annotations

import hashlib
import json
import re
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from pyodide_abi.errors import UsageError
from pyodide_abi.values import asdict, value

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

_Enum = TypeVar("_Enum", bound=StrEnum)

_NAME = re.compile(r"[a-z0-9][a-z0-9.+_-]*")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class LibraryBuild(StrEnum):
    """How upstream builds the library."""

    #: A ``configure`` script, Autoconf's or one of that manner, then ``make``.
    CONFIGURE = "configure"
    CMAKE = "cmake"
    MESON = "meson"
    #: A Makefile that takes variables.
    MAKE = "make"
    #: Nothing is compiled: folders of headers are taken as they are.
    HEADERS = "headers"


class SourceKind(StrEnum):
    """Where sources come from; each a key of the recipe's ``source``."""

    #: Debian's source package: what upstream released, without patches; its digest is in a signed index.
    DEBIAN = "debian"
    #: A crate that carries the library's sources; immutable, its digest is in the recipe.
    CRATE = "crate"
    #: A tar archive by address, with its digest, or one by path.
    ARCHIVE = "archive"


@value
class Origin:
    """One of the places that a library's sources can be had from.

    Attributes:
        kind: what sort of place.
        name: the package's or crate's name, or the archive's address or path.
        suite: Debian's, of a Debian source package.
        version: The version of the crate or archive; of a crate, what follows a ``+`` is the library's.
        digest: SHA-256 of the crate or archive, in hexadecimal; empty for Debian's and for a path.
        folder: The folder of the library in there, or the tar archive that has it: some crates carry
            upstream's as it is.
    """

    kind: SourceKind
    name: str
    suite: str = "stable"
    version: str = ""
    digest: str = ""
    folder: str = ""

    def __str__(self) -> str:
        """As it is shown: kind, name and version."""
        more = {SourceKind.DEBIAN: f" ({self.suite})"}.get(self.kind, f" {self.version}" * bool(self.version))
        return f"{self.kind} {self.name}{more}"


@value
class LibraryNames:
    """By what names a project asks for the library.

    Attributes:
        packages: names for pkg-config, CMake's ``find_package`` and Meson's ``dependency``, and those by
            which projects speak of it in their own messages. Upper and lower case count as the same.
        link: what ``-l`` takes.
        headers: as they are included; ``*`` stands for anything.
    """

    packages: tuple[str, ...] = ()
    link: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()


@value
class Recipe:
    """How a library is made for the target.

    Attributes:
        name: The name of the library.
        summary: what it is, in a line.
        origins: The origins of its sources, the first choice first.
        build: the build system.
        folder: The folder of the project in its sources.
        program: the configure script.
        options: words for the build system, and why each is given; ``{prefix}`` and ``{version}`` are
            filled in.
        environ: variables of the build, and why each is set.
        targets: what is built before the installation; none where that is not wanted.
        install: the targets of ``make`` that install.
        files: what is written into the sources first, by path: a build of the recipe's own, where upstream's
            does not do.
        pkgconfig: names of files for pkg-config that upstream's build does not write, and their ``Libs``.
        needs: other libraries that it is built with.
        offers: The names by which projects ask for it.
        defined_in: the file that the recipe is from.
    """

    name: str
    summary: str
    origins: tuple[Origin, ...]
    build: LibraryBuild
    folder: str = ""
    program: str = "configure"
    options: Mapping[str, str] = {}
    environ: Mapping[str, str] = {}
    targets: tuple[str, ...] = ("all",)
    install: tuple[str, ...] = ("install",)
    files: Mapping[str, str] = {}
    pkgconfig: Mapping[str, str] = {}
    needs: tuple[str, ...] = ()
    offers: LibraryNames = LibraryNames()
    defined_in: Path

    @property
    def digest(self) -> str:
        """Of what decides how the library comes out."""
        facts: dict[str, Any] = asdict(self)
        for name in ("summary", "offers", "defined_in"):
            del facts[name]
        facts["options"] = list(self.options)
        return hashlib.sha256(json.dumps(facts, default=str).encode()).hexdigest()


def read_recipe(name: str, table: object, file: Path) -> Recipe:
    """The recipe in a table.

    Args:
        name: The name of the library.
        table: A table of TOML.
        file: The file that it is from; paths of archives are relative to its folder.

    Raises:
        UsageError: a key is unknown, lacks, or has no such value; the message begins with its place.
    """
    reader = _Reader(table, file, name)
    if not _NAME.fullmatch(name):
        reader.refuse("", "a library's name has small letters, digits, '.', '+', '_' and '-'")
    origins = tuple(_read_origin(one) for one in reader.tables("source"))
    if not origins:
        reader.refuse("source", "is missing: where the library's sources can be had")
    build = reader.choice("build", LibraryBuild)
    offers, files = reader.table("offers"), reader.table("files")
    found = Recipe(
        name=name,
        summary=reader.text("summary"),
        origins=origins,
        build=build,
        folder=reader.path("folder", ""),
        program=reader.path("program", "configure"),
        options=reader.texts_by_name("options"),
        environ=reader.texts_by_name("environ"),
        targets=reader.texts("targets", ("all",)),
        install=reader.texts("install", ("install",)),
        files=files.paths(),
        pkgconfig=reader.texts_by_name("pkg-config"),
        needs=reader.texts("needs"),
        offers=LibraryNames(
            packages=offers.texts("packages"), link=offers.texts("link"), headers=offers.texts("headers")
        ),
        defined_in=file,
    )
    offers.check_read()
    reader.check_read()
    return found


def _read_origin(reader: _Reader) -> Origin:
    kinds = [kind for kind in SourceKind if kind in reader.keys]
    if len(kinds) != 1:
        reader.refuse("", f"has to have one of the keys {', '.join(SourceKind)}")
    kind = kinds[0]
    name = reader.text(kind)
    digest = reader.text("sha256", "")
    wanted = kind is SourceKind.CRATE or (kind is SourceKind.ARCHIVE and "://" in name)
    if (wanted or digest) and not _DIGEST.fullmatch(digest):
        reader.refuse("sha256", "has to be the archive's SHA-256, 64 hexadecimal digits")
    if kind is SourceKind.ARCHIVE and "://" not in name:
        name = str(reader.file.parent / name)
    found = Origin(
        kind=kind,
        name=name,
        suite=reader.text("suite", "stable") if kind is SourceKind.DEBIAN else "",
        version="" if kind is SourceKind.DEBIAN else reader.text("version"),
        digest=digest,
        folder=reader.path("folder", ""),
    )
    reader.check_read()
    return found


class _Reader:
    """A table that knows which of its keys were asked for."""

    def __init__(self, table: object, file: Path, place: str) -> None:
        self.file = file
        self._place = place
        if not isinstance(table, dict):
            self.refuse("", "has to be a table")
        self._table: dict[str, object] = table
        self._read: set[str] = set()

    @property
    def keys(self) -> Collection[str]:
        """What the table has."""
        return self._table.keys()

    def refuse(self, key: str, why: str) -> NoReturn:
        """Say which value is wrong.

        Raises:
            UsageError: always.
        """
        raise UsageError(f"{self.file}: {'.'.join(filter(None, (self._place, key)))}: {why}")

    def check_read(self) -> None:
        """Refuse a key that nobody asked for."""
        for key in self._table:
            if key not in self._read:
                self.refuse(key, f"there is no such key; there are {', '.join(sorted(self._read))}")

    def text(self, key: str, default: str | None = None) -> str:
        """A text, or the default if there is one."""
        self._read.add(key)
        found = self._table.get(key, default)
        if not isinstance(found, str):
            self.refuse(key, "is missing" if found is None else "has to be a text")
        return found

    def path(self, key: str, default: str) -> str:
        """A path in the sources."""
        return self._inside(key, self.text(key, default))

    def paths(self) -> dict[str, str]:
        """A table of texts by paths in the sources."""
        return {self._inside(path, path): self.text(path) for path in self.keys}

    def _inside(self, key: str, path: str) -> str:
        if path.startswith("/") or ".." in path.split("/") or "\0" in path:
            self.refuse(key, "has to be a path in the sources")
        return path

    def choice(self, key: str, kind: type[_Enum]) -> _Enum:
        """One of an enum's values."""
        found = self.text(key)
        if found not in set(kind):
            self.refuse(key, f"has to be one of {', '.join(kind)}")
        return kind(found)

    def texts(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """A list of texts."""
        self._read.add(key)
        found = self._table.get(key, list(default))
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            self.refuse(key, "has to be a list of texts")
        return tuple(found)

    def texts_by_name(self, key: str) -> dict[str, str]:
        """A table of texts."""
        table = self.table(key)
        return {name: table.text(name) for name in table.keys}

    def table(self, key: str) -> _Reader:
        """A table in the table; an empty one if there is none."""
        self._read.add(key)
        return _Reader(self._table.get(key, {}), self.file, f"{self._place}.{key}")

    def tables(self, key: str) -> list[_Reader]:
        """A list of tables; one that stands alone is a list as well."""
        self._read.add(key)
        found = self._table.get(key, [])
        listed = found if isinstance(found, list) else [found]
        return [_Reader(one, self.file, f"{self._place}.{key}") for one in listed]
