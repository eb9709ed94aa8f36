"""The versions that the package's data files describe, with the releases that the user has learned."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from pyodide_abi.errors import PlatformDataError
from pyodide_abi.platforms import learned
from pyodide_abi.platforms.documents import documents, read_data
from pyodide_abi.platforms.load import COMMON, parse_common, parse_platform, together
from pyodide_abi.platforms.surface import decode_surface

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from pyodide_abi.platforms import model
    from pyodide_abi.platforms.load import Common
    from pyodide_abi.platforms.surface import Surface

#: The file of a version; others hold what several versions share.
_VERSION = re.compile(r"\d+_\d+\.toml")


def use_learned(folder: Path | None) -> None:
    """Know the releases that were learned into a folder of user data, from now on in this process.

    Args:
        folder: as ``pyodide-abi`` has it (``--data-dir``); None for none. It need not be there.
    """
    learned.name_folder(folder)
    renew()


def renew() -> None:
    """Read what was learned anew when it is asked for: a release has come or gone."""
    learned.forget_read()
    _documents.cache_clear()
    _load.cache_clear()
    load_platforms.cache_clear()


@functools.cache
def load_platforms() -> tuple[model.Platform, ...]:
    """All versions, the oldest first.

    The package's files cannot change while it runs, and what is learned is read once, too.

    Raises:
        PlatformDataError: our own data has a fault.
    """
    return together([_load(file) for file in _documents() if _VERSION.fullmatch(file)])


def load_tagged(tag: str) -> model.Platform | None:
    """The version with a wheel tag, spelled exactly; None where there is none.

    Only its own file is taken apart: that takes longer than what else a small wheel needs of the data.

    Raises:
        PlatformDataError: as for :func:`load_platforms`.
    """
    for file, document in _documents().items():
        if _VERSION.fullmatch(file) and any(known["tag"] == tag for known in document["tags"]):
            return _load(file)
    return None


def load_surface(platform: model.Platform) -> Surface:
    """The symbols of a platform's releases, those that the user has learned among them.

    Raises:
        PlatformDataError: a file is missing or damaged.
    """
    folders = {entry.version: entry.folder for entry in learned.fresh_entries()}
    releases = [release.version for release in platform.releases]
    mine = [folders[version] for version in releases if version in folders]
    surfaces = [_own_surface(f"{platform.name}.surface")] if len(mine) < len(releases) else []
    if mine:
        from pyodide_abi.platforms.learned_surface import (  # noqa: PLC0415 - few have any
            join_surfaces,
            read_learned_surface,
        )

        for folder in mine:
            surfaces.append(read_learned_surface(folder, surfaces[0].engines if surfaces else None))
        if len(surfaces) > 1:
            return join_surfaces(surfaces, releases)
    return surfaces[0]


@functools.cache
def _own_surface(file: str) -> Surface:
    """A surface of the package's own, which cannot change while it runs; reading one takes 20 ms."""
    try:
        data = read_data(file)
    except OSError as error:
        hint = "tools/regenerate_platforms.py makes it"
        raise PlatformDataError(f"{file}: is missing", hint=hint) from error
    return decode_surface(data, file=file)


@functools.cache
def _documents() -> Mapping[str, dict[str, Any]]:
    return learned.joined_documents()


@functools.cache
def _load(file: str) -> model.Platform:
    return parse_platform(_documents()[file], file=file, common=_common())


@functools.cache
def _common() -> Common:
    return parse_common(documents()[COMMON])
