"""Rebuild the list of the stable ABI's symbols from CPython's own manifest, or check that it still agrees.

    python tools/regenerate_stable_abi.py CPYTHON/Misc/stable_abi.toml --version 3.16.0a0
    python tools/regenerate_stable_abi.py ABI3INFO --version 'main of 2026-09-25'
    python tools/regenerate_stable_abi.py CPYTHON/Misc/stable_abi.toml --check

The first argument is the manifest in a CPython checkout, or the folder of the installed ``abi3info`` package,
which is the same manifest as Python objects. Only facts are taken: the name of each function and object,
those that are only in the ABI included, and the version that added it.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.platforms.stable_abi import FILE, decode_stable_abi, encode_stable_abi

if TYPE_CHECKING:
    from collections.abc import Mapping

DATA = Path(__file__).parents[1] / "src" / "pyodide_abi" / "platforms" / "data" / FILE
SOURCE = "https://github.com/python/cpython/blob/main/Misc/stable_abi.toml"

#: Versions by symbol, for functions and for data.
Tables = dict[str, dict[str, str]]


def read_manifest(text: str) -> Tables:
    """The symbols of CPython's manifest."""
    document = tomllib.loads(text)
    return {
        kind: {name: entry["added"] for name, entry in document.get(kind, {}).items()}
        for kind in ("function", "data")
    }


def read_package(folder: Path) -> Tables:
    """The symbols of the package ``abi3info``."""
    sys.path.insert(0, str(folder.parent))
    package = importlib.import_module(folder.name)

    def table(entries: Mapping[object, object]) -> dict[str, str]:
        return {
            entry.symbol.name: f"{entry.added.major}.{entry.added.minor}"  # type: ignore[attr-defined]
            for entry in entries.values()
        }

    return {"function": table(package.FUNCTIONS), "data": table(package.DATAS)}


def differences(tables: Tables) -> list[str]:
    """What the package's data says otherwise; symbols that only the data has are newer than the manifest."""
    known = decode_stable_abi(DATA.read_text("utf-8"))
    found = []
    for kind, versions in tables.items():
        for name, version in versions.items():
            ours = known.find(name)
            if ours is None:
                found.append(f"{kind} {name}: added in {version}, not in the data")
            elif f"{ours.added[0]}.{ours.added[1]}" != version or ours.data != (kind == "data"):
                found.append(f"{kind} {name}: added in {version}, the data says {ours}")
    return found


def main() -> int:
    """Read the arguments; write or check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("source", type=Path, help="stable_abi.toml, or the folder of abi3info")
    parser.add_argument("--version", help="of CPython that the source describes")
    parser.add_argument("--check", action="store_true", help="write nothing; say what differs")
    args = parser.parse_args()
    source: Path = args.source
    tables = read_package(source) if source.is_dir() else read_manifest(source.read_text("utf-8"))
    if args.check:
        found = differences(tables)
        print("\n".join(found) if found else "the data agrees")
        return 1 if found else 0
    if not args.version:
        parser.error("--version says what the source describes")
    DATA.write_text(encode_stable_abi(tables, source=f"{SOURCE} ({args.version})"), "utf-8")
    print(f"{sum(map(len, tables.values()))} symbols, {DATA.stat().st_size} bytes in {DATA}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
