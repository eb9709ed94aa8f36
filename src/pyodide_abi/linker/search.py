"""Where the loader looks for a needed library (loader.md, section 5).

Paths are absolute paths in the runtime's file system, with forward slashes.
"""

from __future__ import annotations

import enum
import posixpath
from functools import cached_property
from typing import TYPE_CHECKING

from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from pyodide_abi.platforms.loaders import Loader
    from pyodide_abi.platforms.model import Platform

_ORIGIN = "$ORIGIN"
#: The loader's buffer for a candidate path, in bytes, without the final zero.
_LONGEST = 511


class Arrival(enum.StrEnum):
    """How a library gets loaded, which decides where its needed libraries are looked for."""

    IMPORT = "import"
    PRELOAD = "preload"


@value
class Search:
    """The search of one platform's loader, over the files of one wheel.

    Attributes:
        files: every file there is to find.
        wheel_libs: the folder that installers pre-load from, None where they do not.
        subfolders: Whether the installer also searches all folders below that of the library.
    """

    platform: Platform
    loader: Loader
    files: Collection[str]
    wheel_libs: str | None
    arrival: Arrival
    subfolders: bool = False

    def find(self, name: str, *, requirer: str, run_paths: tuple[str, ...]) -> str | None:
        """The path that a needed library is found at, None where it is not found.

        Args:
            name: as the requiring module records it.
            requirer: the path of that module.
            run_paths: as it records them.
        """
        key = name, posixpath.dirname(requirer), run_paths
        if key not in self._found:
            self._found[key] = (
                self._find_by_loader(name, requirer, run_paths)
                if self.platform.search.run_path
                else self._find_by_installer(name, requirer)
            )
        return self._found[key]

    def _find_by_loader(self, name: str, requirer: str, run_paths: tuple[str, ...]) -> str | None:
        if self.loader.normalises_needed:
            name = posixpath.normpath(name)
        if posixpath.isabs(name):
            return name if posixpath.normpath(name) in self.files else None
        if "/" in name:
            return None
        for folder in self._folders(run_paths, requirer):
            candidate = f"{folder}/{name}"
            place = posixpath.normpath(candidate)
            if place in self.files and len(candidate.encode()) <= _LONGEST:
                return place
        return None

    def _folders(self, run_paths: tuple[str, ...], requirer: str) -> Sequence[str]:
        key = (run_paths, posixpath.dirname(requirer))
        known = self._searched.get(key)
        if known is None:
            known = searched_folders(self.platform, run_paths, requirer, self._homes)
            self._searched[key] = known
        return known

    @cached_property
    def _found(self) -> dict[tuple[str, str, tuple[str, ...]], str | None]:
        """What was found before, by name, folder of the requiring module, and its run paths."""
        return {}

    @cached_property
    def _searched(self) -> dict[tuple[tuple[str, ...], str], Sequence[str]]:
        return {}

    @cached_property
    def _homes(self) -> frozenset[str]:
        return folders_of(self.files)

    def _find_by_installer(self, name: str, requirer: str) -> str | None:
        """The rule of the first generation, whose loader itself finds nothing in the file system."""
        if self.arrival is Arrival.IMPORT:
            return None
        if posixpath.basename(posixpath.normpath(name)) not in self._names:
            return None
        for folder in self._installer_folders(requirer):
            place = posixpath.normpath(posixpath.join(folder, name))
            if place in self.files:
                return place
        return None

    def _installer_folders(self, requirer: str) -> Iterator[str]:
        if self.wheel_libs is not None:
            yield self.wheel_libs
        yield from self.platform.search.library_path
        own = posixpath.dirname(requirer)
        yield own
        if self.subfolders:
            yield from self._subfolders(own)

    def _subfolders(self, folder: str) -> Iterator[str]:
        """Each with those below it at once, in the order in which the archive made them."""
        waiting = [*reversed(self._inside.get(folder, {}))]
        while waiting:
            one = waiting.pop()
            yield one
            waiting += reversed(self._inside.get(one, {}))

    @cached_property
    def _names(self) -> frozenset[str]:
        """The names of all files."""
        return frozenset(map(posixpath.basename, self.files))

    @cached_property
    def _inside(self) -> dict[str, dict[str, None]]:
        """The folders in each folder, in the order of the archive."""
        inside: dict[str, dict[str, None]] = {}
        for folder in dict.fromkeys(map(posixpath.dirname, self.files)):
            one = folder
            while (above := posixpath.dirname(one)) != one and one not in inside.get(above, {}):
                inside.setdefault(above, {})[one] = None
                one = above
        return inside


def searched_folders(
    platform: Platform, run_paths: tuple[str, ...], requirer: str, homes: frozenset[str]
) -> Sequence[str]:
    """The folders that the loader searches, as it writes them and in its order.

    Args:
        platform: The platform, with its search rule.
        run_paths: The run paths of the requiring module.
        requirer: The path of the requiring module.
        homes: the folders with files; others are left out.
    """
    folders = (*platform.search.library_path, *expand(run_paths, requirer))
    return [folder for folder in folders if posixpath.normpath(folder) in homes]


def folders_of(files: Iterable[str]) -> frozenset[str]:
    """The folders that files lie in."""
    return frozenset(map(posixpath.dirname, files))


def expand(run_paths: tuple[str, ...], requirer: str) -> Iterator[str]:
    """The folders that a module's run paths mean; only a leading ``$ORIGIN`` has a meaning."""
    origin = posixpath.dirname(requirer)
    for path in run_paths:
        expanded = path.replace(_ORIGIN, origin, 1) if path.startswith(_ORIGIN) else path
        # The loader joins all of them with colons and splits the result again.
        yield from (part for part in expanded.split(":") if part)


def site_packages(platform: Platform) -> str:
    """Where wheels are installed in a platform's runtimes."""
    return f"/lib/python{platform.python.version}/site-packages"
