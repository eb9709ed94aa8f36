"""The versions that the package's data files describe."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from pyodide_abi.platforms.documents import documents
from pyodide_abi.platforms.load import COMMON, parse_common, parse_platform, together

if TYPE_CHECKING:
    from pyodide_abi.platforms import model
    from pyodide_abi.platforms.load import Common

#: The file of a version; others hold what several versions share.
_VERSION = re.compile(r"\d+_\d+\.toml")


@functools.cache
def load_platforms() -> tuple[model.Platform, ...]:
    """All versions, the oldest first.

    The files belong to the package and cannot change while it runs, so they are read once.

    Raises:
        PlatformDataError: our own data has a fault.
    """
    return together([_load(file) for file in documents() if _VERSION.fullmatch(file)])


def load_tagged(tag: str) -> model.Platform | None:
    """The version with a wheel tag, spelled exactly; None where there is none.

    Only its own file is taken apart: that takes longer than what else a small wheel needs of the data.

    Raises:
        PlatformDataError: as for :func:`load_platforms`.
    """
    for file, document in documents().items():
        if _VERSION.fullmatch(file) and any(known["tag"] == tag for known in document["tags"]):
            return _load(file)
    return None


@functools.cache
def _load(file: str) -> model.Platform:
    return parse_platform(documents()[file], file=file, common=_common())


@functools.cache
def _common() -> Common:
    return parse_common(documents()[COMMON])
