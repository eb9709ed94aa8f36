"""This package, and what its audit imports, as one archive that the page's Python unpacks and runs."""

from __future__ import annotations

import importlib.util
import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pyodide_abi

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Parts of the package that a browser has no use for: they start processes, or are the page itself.
_LEFT_OUT = frozenset({"build", "cli", "libraries", "repair", "toolchain"})
#: What the other parts are made of, by the ends of the files' names: code, and the data that it reads.
_KEPT = (".py", ".json", ".surface", ".toml", ".txt", ".css", ".html", ".js")
#: What of them is the page's own.
_STATIC = "page/static/"
#: What the parts import from others, all of it pure Python.
_DEPENDENCIES = ("packaging", "demangle", "filelock", "platformdirs")
#: The time of all members: equal files are equal archives, whenever they are made.
_TIME = (1980, 1, 1, 0, 0, 0)


def core_archive() -> bytes:
    """The archive, a zip; the same bytes for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, file in sorted(_members()):
            archive.writestr(zipfile.ZipInfo(name, _TIME), file.read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _members() -> Iterator[tuple[str, Path]]:
    """Each file, by the name that it has in the archive."""
    own = Path(pyodide_abi.__file__).parent
    for name, file in _files_of(own):
        if name.split("/")[1] not in _LEFT_OUT:
            yield name, file
    for dependency in _DEPENDENCIES:
        spec = importlib.util.find_spec(dependency)
        assert spec is not None, f"{dependency} is installed with this package"
        for folder in spec.submodule_search_locations or ():
            yield from _files_of(Path(folder))


def _files_of(folder: Path) -> Iterator[tuple[str, Path]]:
    for file in folder.rglob("*"):
        name = file.relative_to(folder.parent).as_posix()
        if name.endswith(_KEPT) and _STATIC not in name and file.is_file():
            yield name, file
