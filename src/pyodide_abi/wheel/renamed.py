"""The name that a wheel had before somebody gave its file another, from what it says inside.

Browsers put `` (1)`` into the name of a second download, and people shorten names; installers refuse both.
"""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from pyodide_abi.errors import WheelError
from pyodide_abi.wheel.filename import WheelName, parse_wheel_name
from pyodide_abi.wheel.metadata import parse_metadata
from pyodide_abi.wheel.safety import DAMAGE, Bounds, check_members

if TYPE_CHECKING:
    from pathlib import Path

_FOLDER = ".dist-info"
#: In bytes: a larger WHEEL file is none.
_LARGEST = 100_000


def own_name(path: Path) -> str:
    """The file name that fits the ``.dist-info`` folder and the tags in ``WHEEL``; empty if they tell none.

    Args:
        path: the file; it may be anything, and nothing is believed of it.
    """
    try:
        with zipfile.ZipFile(path) as archive, path.open("rb") as file:
            check_members(archive, file, bounds=Bounds(), where=path.name)
            (wheel,) = (info for info in archive.infolist() if info.filename.endswith(f"{_FOLDER}/WHEEL"))
            if wheel.file_size > _LARGEST:
                return ""
            text = archive.read(wheel).decode()
        return _named(wheel.filename.partition(_FOLDER)[0], text)
    except (*DAMAGE, WheelError):
        return ""


def _named(stem: str, text: str) -> str:
    """The file name of a wheel whose WHEEL file has this text.

    Raises:
        ValueError: it names no tag, or one of another form, or the stem is no name and version.
        WheelError: together they make no name.
    """
    metadata = parse_metadata(text, where="WHEEL")
    distribution, version = stem.split("-")
    python, abi, platform = (
        ".".join(dict.fromkeys(part)) for part in zip(*(tag.split("-") for tag in metadata.tags), strict=True)
    )
    name = WheelName(
        distribution=distribution,
        version=version,
        build=metadata.build,
        python=python,
        abi=abi,
        platform=platform,
    )
    return str(parse_wheel_name(str(name)))
