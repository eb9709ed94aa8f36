"""Learned releases, made of known ones: what the tests of user data and of its commands share."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pyodide_abi.platforms import load_platform, load_surface
from pyodide_abi.platforms.learned import FACTS, FOLDER, SYMBOLS, LearnedRelease, entry_data
from pyodide_abi.platforms.model import Learned
from pyodide_abi.platforms.surface import SymbolKind
from pyodide_abi.platforms.surface_encoding import encode_surface, surface_tables

if TYPE_CHECKING:
    from pathlib import Path

VERSION = "314.0.8"
ADDED = "added_in_314_0_8"


def make_entry(data: Path, version: str = VERSION, **changes: Any) -> Path:
    """Keep a release that is like the newest one of 314_0, but for one more symbol and one less.

    Args:
        data: the folder of the user's data.
        version: what it is called.
        changes: fields of the entry, or of how it was learned, that are others.
    """
    platform = load_platform("314_0")
    like = platform.releases[7]
    learned: dict[str, Any] = {
        "origin": "npm",
        "digest": like.integrity,
        "files": (),
        "loader": platform.loader,
        "installer": "0.28.2",
        "caveats": (),
    }
    learned.update({name: changes.pop(name) for name in list(changes) if name in learned})
    folder = data / FOLDER / version
    folder.mkdir(parents=True)
    entry: dict[str, Any] = {
        "folder": folder,
        "platform": "314_0",
        "release": {
            "version": version,
            "integrity": like.integrity,
            "python": like.python,
            "suffixes": list(like.suffixes),
            "abi_version": like.abi_version,
            "micropip": like.micropip,
            "packaging": like.packaging,
        },
        "micropip": (platform.tag,),
        "packaging": (platform.tag,),
        "packages": {"numpy": "9.9"},
        "learned": Learned(**learned),
        "document": None,
    }
    entry.update(changes)
    (folder / FACTS).write_text(json.dumps(entry_data(LearnedRelease(**entry))), "utf-8")
    tables = surface_tables(load_surface(platform))
    engines = load_surface(platform).engines
    views = {(version, engine): dict(tables[like.version, engine]) for engine in engines}
    for view in views.values():
        view[ADDED] = (SymbolKind.WASM_FUNCTION, "()->(i32)")
        del view["PyLong_FromLong"]
    surface = encode_surface(
        platform=str(entry["platform"]), releases=(version,), engines=engines, tables=views
    )
    (folder / SYMBOLS).write_bytes(surface)
    return folder
