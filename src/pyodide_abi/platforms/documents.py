"""The package's data files, read all at once from ``data/documents.json``.

People write them in TOML, with the reason and the source of each fact. Python reads TOML letter by letter in
Python, and JSON in C: for a small wheel's audit, reading the five files that it needs and importing the
reader of TOML took a seventh of the time. So ``tools/write_documents.py`` writes what they hold once more as
JSON, and a test holds both against each other.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from importlib.abc import ResourceLoader

#: The package's data files. By path, as importlib.resources takes longer to import than the files to read.
DATA = Path(__file__).with_name("data")
#: What all of them hold.
DOCUMENTS = DATA / "documents.json"


def read_data(name: str) -> bytes:
    """A data file of the package, by the loader of the package, which may have it in a zip archive.

    Raises:
        OSError: there is none.
    """
    loader = cast("ResourceLoader", __spec__.loader)
    return loader.get_data(str(DATA / name))


@functools.cache
def documents() -> dict[str, dict[str, Any]]:
    """What each TOML file holds, by its path below ``data``, in order; nobody changes it."""
    found: dict[str, dict[str, Any]] = json.loads(read_data(DOCUMENTS.name))
    return found


def is_own(document: object, file: str) -> bool:
    """It is what the package's own file of that name holds, the very object of :func:`documents`."""
    return document is documents().get(file)


def documents_from_toml() -> dict[str, dict[str, Any]]:
    """The same from the TOML files themselves.

    Raises:
        tomllib.TOMLDecodeError: one of them is not TOML.
    """
    import tomllib  # noqa: PLC0415 - as above

    files = {file.relative_to(DATA).as_posix(): file for file in DATA.rglob("*.toml")}
    return {name: tomllib.loads(files[name].read_text("utf-8")) for name in sorted(files)}


def write_documents() -> None:
    """Write the JSON anew.

    Raises:
        TypeError: a file holds a date or a time, which JSON does not have; text will do.
    """
    text = json.dumps(documents_from_toml(), ensure_ascii=False, indent=1)
    DOCUMENTS.write_text(text + "\n", "utf-8")
