"""Libraries outside the wheel: folders to take them from, and why one of the right name may not do."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from pyodide_abi.audit.inference import Sign, infer_platform
from pyodide_abi.errors import UnreadableInputError
from pyodide_abi.files import read_file
from pyodide_abi.linker import Head, read_library
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from pyodide_abi.linker import Library
    from pyodide_abi.platforms.model import Platform

_VERSIONED = re.compile(r"(?P<stem>.+\.(?:so|dylib|dll|wasm))(?P<version>(?:\.\d+)*)")
#: What decides against a platform. A missing symbol does not: another library may have it.
_DECISIVE = frozenset({Sign.TYPE, Sign.UNWINDING, Sign.SECTION})


@value
class Shelved:
    """A library that will do.

    Attributes:
        file: The file that it was found in.
        digest: SHA-256 of its contents, hexadecimal.
    """

    file: Path
    digest: str
    library: Library


class Shelf:
    """The folders, in the order in which they are searched; each file is read once.

    Attributes:
        folders: those that were searched so far.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        platform: Platform,
        more: Callable[[], Sequence[Path]] = tuple,
    ) -> None:
        """Prepare.

        Args:
            folders: The folders that are searched first.
            platform: The platform that the libraries have to be for.
            more: gives further folders; asked when the first ones have not got something.
        """
        self.folders = tuple(folders)
        self._platform = platform
        self._more: Callable[[], Sequence[Path]] | None = more
        self._known: dict[Path, Shelved | str] = {}

    def find(self, name: str) -> tuple[Shelved | None, tuple[str, ...]]:
        """Look for a library in one folder after another.

        Args:
            name: without a folder. A file of another version number does if one number is the beginning of
                the other.

        Returns:
            the library, None if there is none, and why files of such a name do not do.
        """
        unfit: list[str] = []
        for folder in self._each():
            for file in self._candidates(folder, name):
                found = self._known.get(file) or self._read(file)
                self._known[file] = found
                if isinstance(found, Shelved):
                    return found, tuple(unfit)
                unfit.append(f"{file} {found}")
        return None, tuple(unfit)

    def _each(self) -> Iterator[Path]:
        yield from self.folders
        if self._more is not None:
            more, self._more = tuple(self._more()), None
            self.folders += more
            yield from more

    def _candidates(self, folder: Path, name: str) -> list[Path]:
        exact = folder / name
        others = [other.name for other in folder.iterdir()] if folder.is_dir() else []
        fitting = [folder / other for other in best_versions(name, others)]
        return [file for file in [exact, *fitting] if file.is_file()]

    def _read(self, file: Path) -> Shelved | str:
        try:
            data = read_file(file)
        except UnreadableInputError as error:
            return str(error)
        library = read_library(file.name, data)
        if library.head is not Head.DYLINK:
            return f"is not a side module: {library.identity}"
        if library.facts is None:
            return f"cannot be read: {library.fault}"
        (fit,) = infer_platform([library], platforms=[self._platform])
        if any(misfit.sign in _DECISIVE for misfit in fit.misfits):
            return f"is for another platform than {self._platform.name}: {'; '.join(fit.reasons)}"
        return Shelved(file=file, digest=hashlib.sha256(data).hexdigest(), library=library)


def best_versions(name: str, others: Iterable[str]) -> list[str]:
    """Names that differ from a library's in digits of its version only, the most exact first.

    ``libfoo.so.1`` is served by ``libfoo.so.1.2`` and by ``libfoo.so``, not by ``libfoo.so.2``.
    """
    wanted = _VERSIONED.fullmatch(name)
    if wanted is None:
        return []
    numbers = wanted["version"].split(".")
    found = []
    for other in others:
        match = _VERSIONED.fullmatch(other)
        if match is None or other == name or match["stem"] != wanted["stem"]:
            continue
        have = match["version"].split(".")
        common = min(len(numbers), len(have))
        if numbers[:common] == have[:common]:
            found.append((-len(have), other))
    return [other for _, other in sorted(found)]


def stem_of(name: str) -> str:
    """A library's name without its version."""
    match = _VERSIONED.fullmatch(name)
    return match["stem"] if match else name
