"""Runs in the release that a visitor tries a wheel in: lays its files out as an installer would."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import site
import zipfile


def unpack(folder: str, archive: str, places: str) -> None:
    """Put files below ``site-packages``.

    Args:
        folder: Where the given files are.
        archive: The name of a wheel among them; empty where they are modules.
        places: Pairs of a member, or of a file, and its place below ``site-packages``, as JSON.
    """
    root = site.getsitepackages()[0]
    opened = zipfile.ZipFile(f"{folder}/{archive}") if archive else None
    for member, place in json.loads(places):
        target = f"{root}/{place}"
        os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120 - the oldest way is the quickest
        with (
            opened.open(member) if opened else open(f"{folder}/{member}", "rb") as source,  # noqa: PTH123 - as above
            open(target, "wb") as written,  # noqa: PTH123 - as above
        ):
            shutil.copyfileobj(source, written, 1 << 20)
    importlib.invalidate_caches()
