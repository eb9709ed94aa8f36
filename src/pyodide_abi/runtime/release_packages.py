"""Packages of a release's lock file, fetched for an interpreter that loads them as ``loadPackage`` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.errors import MissingError
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pyodide_abi.platforms.model import Runtime
    from pyodide_abi.runtime.package_index import Sources


@value
class ReleasePackages:
    """Packages to load.

    Attributes:
        names: As the lock file has them.
        files: What each is, by its file name in the lock file.
        own_lock: Whether a lock file is among the files, which counts instead of the release's.
    """

    names: tuple[str, ...]
    files: Mapping[str, Path]
    own_lock: bool = False


def fetch_packages(names: Sequence[str], runtime: Runtime, sources: Sources) -> ReleasePackages:
    """Fetch packages of a release, each proved by the digest in its lock file.

    Args:
        names: As the lock file has them, with all that they need.
        runtime: The release.
        sources: Where files come from.

    Raises:
        MissingError: one cannot be had; the message says which, and why.
    """
    files = {}
    for name in names:
        entry = sources.locked_entry(runtime.version, name)
        assert entry is not None
        file = str(entry["file_name"])
        try:
            files[file] = sources.locked_file(runtime.version, file)
        except MissingError as error:
            raise MissingError(
                f"{name} {entry['version']}, a package of the release {runtime.version}, cannot be fetched",
                details=[str(error)],
                hint=f"put {file} into a folder and name it with --find-links DIR",
            ) from error
    return ReleasePackages(names=tuple(names), files=files)
