"""Modules and wheels as a comparison takes them: what each is, by names that hold across versions."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, TypeAlias

from pyodide_abi.errors import UnreadableInputError
from pyodide_abi.files import read_file
from pyodide_abi.linker.compare import Version
from pyodide_abi.linker.facts import Head, read_library
from pyodide_abi.platforms import platform_of_tag
from pyodide_abi.values import value
from pyodide_abi.wheel import open_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.linker.facts import Library
    from pyodide_abi.wheel import WheelName


@value
class ComparedModule:
    """A file that is no wheel."""

    path: Path
    version: Version


@value
class ComparedWheel:
    """A wheel that has been read.

    Attributes:
        path: The file.
        name: The parts of its name.
        versions: Its modules and libraries, by what identifies them in another version of the wheel.
        others: the digests of the remaining files, by name.
    """

    path: Path
    name: WheelName
    versions: dict[str, Version]
    others: dict[str, str]


Compared: TypeAlias = ComparedModule | ComparedWheel


def read_compared(path: Path) -> Compared:
    """Read a wheel, if its name ends in ``.whl``, or a module.

    Raises:
        UnreadableInputError: the file is not what its name says.
    """
    return _read_wheel(path) if path.suffix == ".whl" and path.exists() else _read_module(path)


def libraries_in(path: Path) -> list[Library]:
    """The native files of a wheel, or a module.

    Raises:
        UnreadableInputError: as for :func:`read_compared`.
    """
    read = read_compared(path)
    versions = read.versions.values() if isinstance(read, ComparedWheel) else [read.version]
    return [version.library for version in versions]


def _read_module(path: Path) -> ComparedModule:
    version = _version(path.name, read_file(path))
    library = version.library
    if library.facts is None:
        what = library.fault if library.head is not Head.NOT_WASM else f"is {library.identity}"
        raise UnreadableInputError(f"{path}: {what}", hint="diff takes WebAssembly modules and wheels")
    return ComparedModule(path=path, version=version)


def _read_wheel(path: Path) -> ComparedWheel:
    with open_wheel(path) as wheel:
        platforms = filter(None, map(platform_of_tag, wheel.name.platforms))
        suffixes = next((platform.python.suffixes for platform in platforms), (".so",))
        names = {entry.member.name: entry.name for entry in wheel.extension_modules(suffixes)}
        for member in wheel.shared_libraries(suffixes):
            names[member.name] = wheel.installed_path(member.name) or member.name
        versions, others = {}, {}
        for member in wheel.members:
            content = wheel.read(member.name)
            if member.name in names:
                versions[names[member.name]] = _version(member.name, content)
            else:
                # The folder's name has the version in it, which is told apart from the files.
                name = member.name.replace(wheel.dist_info, f"{wheel.name.distribution}.dist-info", 1)
                others[name] = hashlib.sha256(content).hexdigest()
    others.pop(f"{wheel.name.distribution}.dist-info/RECORD", None)
    return ComparedWheel(path=path, name=wheel.name, versions=versions, others=others)


def _version(path: str, data: bytes) -> Version:
    return Version(library=read_library(path, data), digest=hashlib.sha256(data).hexdigest())
