"""A lock file of Pyodide's (``pyodide-lock.json``): what ``loadPackage`` and micropip install from.

The package ``pyodide-lock`` does not serve an audit: what pip gives of it to Python 3.11 (0.1.2) refuses
today's lock files, and a user wants every fault named with its place. What is read here is what the releases'
JavaScript and micropip go by.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

from pyodide_abi.errors import UnreadableInputError
from pyodide_abi.files import read_head
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: Bytes of the largest lock file; that of a distribution with 357 packages has 119,000.
_LARGEST = 64 << 20
#: Packages, dependencies of one package, and characters of a text.
_MOST_PACKAGES, _MOST_DEPENDS, _LONGEST = 100_000, 10_000, 4_000


@value
class LockedPackage:
    """A package of a lock file.

    Attributes:
        key: The key that it stands under and is looked for: the normalised name (PEP 503).
        name: The name as its own metadata have it.
        file_name: The name of its file, beside the lock file or on the server of the release's packages.
        sha256: The digest of that file, in hexadecimal; empty where none is given.
        depends: The names of packages that are installed with it.
        package_type: ``package``, ``shared_library`` or ``cpython_module``.
    """

    key: str
    name: str
    version: str
    file_name: str
    sha256: str
    depends: tuple[str, ...]
    package_type: str


@value
class LockFile:
    """A lock file.

    Attributes:
        abi_version: The version of the ABI, such as ``2026_0``; empty where it does not say.
        compiler: The runtime's compiler, such as ``emscripten_5_0_3``.
        python: The full version of its CPython.
        packages: The packages, in its order.
    """

    abi_version: str
    compiler: str
    python: str
    packages: tuple[LockedPackage, ...]


def read_lock_file(file: Path) -> LockFile:
    """Read a lock file.

    Raises:
        UnreadableInputError: it is none; the message names the place.
    """
    data, size = read_head(file, most=_LARGEST)
    if size > _LARGEST:
        raise UnreadableInputError(f"{file} has more than {_LARGEST >> 20} MB: no lock file has")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UnreadableInputError(
            f"{file} is no JSON: {error}", hint="audit takes a pyodide-lock.json"
        ) from error
    reader = _Reader(file)
    root = reader.table(document, "the whole")
    if not {"info", "packages"} <= root.keys():
        raise UnreadableInputError(
            f"{file} is no lock file: it has no 'info' and 'packages'",
            hint="audit takes a pyodide-lock.json, wheels, modules and folders",
        )
    info = reader.table(root["info"], "info")
    packages = reader.table(root["packages"], "packages")
    if len(packages) > _MOST_PACKAGES:
        reader.fail("packages", f"has more than {_MOST_PACKAGES:,} entries")
    return LockFile(
        abi_version=reader.text(info, "abi_version", "info", needed=False),
        compiler=reader.text(info, "platform", "info"),
        python=reader.text(info, "python", "info"),
        packages=tuple([_package(reader, key, entry) for key, entry in packages.items()]),
    )


def _package(reader: _Reader, key: str, entry: object) -> LockedPackage:
    where = f"packages.{key[:100]}"
    if len(key) > _LONGEST:
        reader.fail(where, "is too long")
    table = reader.table(entry, where)
    depends = table.get("depends", [])
    if not isinstance(depends, list) or len(depends) > _MOST_DEPENDS:
        reader.fail(f"{where}.depends", f"has to be an array of {_MOST_DEPENDS:,} texts at most")
    return LockedPackage(
        key=key,
        name=reader.text(table, "name", where),
        version=reader.text(table, "version", where),
        file_name=reader.text(table, "file_name", where),
        sha256=reader.text(table, "sha256", where, needed=False),
        depends=tuple([reader.is_text(name, f"{where}.depends[{n}]") for n, name in enumerate(depends)]),
        package_type=reader.text(table, "package_type", where, needed=False) or "package",
    )


class _Reader:
    """Takes values apart, and names the place of one that does not fit."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def fail(self, where: str, problem: str) -> NoReturn:
        raise UnreadableInputError(f"{self._file}: {where} {problem}")

    def table(self, given: object, where: str) -> Mapping[str, Any]:
        if not isinstance(given, dict):
            self.fail(where, "has to be an object")
        return given

    def text(self, table: Mapping[str, Any], key: str, where: str, *, needed: bool = True) -> str:
        given = table.get(key)
        if given is None:
            if needed:
                self.fail(f"{where}.{key}", "is missing")
            return ""
        return self.is_text(given, f"{where}.{key}")

    def is_text(self, given: object, where: str) -> str:
        if not isinstance(given, str):
            self.fail(where, "has to be text")
        if len(given) > _LONGEST:
            self.fail(where, f"has more than {_LONGEST:,} characters")
        return given
