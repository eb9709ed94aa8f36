"""Start interpreters from a release's snapshot of one that has just started, instead of from nothing.

A start takes seconds, most of them CPython's own initialisation. Every release can write its memory once it
has started and start from that (Pyodide's ``_makeSnapshot`` and ``_loadSnapshot``). The loader's tables are
no part of it: they are JavaScript objects, new in every interpreter, and so is the file system. One snapshot
serves all interpreters of a release in an engine, and each begins with the same memory.
"""

from __future__ import annotations

import hashlib
import os
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.runtime.driver import drive
from pyodide_abi.runtime.protocol import Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyodide_abi.host import Host
    from pyodide_abi.platforms.model import Release
    from pyodide_abi.runtime.node import Node

#: What the cache calls them.
KEY = "snapshots"
_FILE = "memory.bin"
_SECONDS = 300.0
#: What shapes a snapshot: a change of any makes new ones.
_SHAPED_BY = tuple(Path(__file__).with_name(name) for name in ("driver.mjs", "start.py"))
#: Variables of Python that are read when they are used, or that ``start.py`` sees to, and not only when the
#: interpreter starts. The releases write no bytecode anyway.
_READ_LATE = frozenset(
    {
        "PYTHONASYNCIODEBUG",
        "PYTHONBREAKPOINT",
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONUNBUFFERED",
        "PYTHON_COLORS",
    }
)
#: CPython chooses its encodings by them, and reads the time zone, once, as it starts: each choice has a
#: snapshot of its own.
_LANGUAGE = ("LANG", "LC_ALL", "LC_CTYPE")


def obtain_snapshot(
    release: Release, folder: Path, environ: Mapping[str, str], node: Node, host: Host
) -> Path | None:
    """The snapshot of a release in an engine, made first if there is none.

    Safe when several processes ask at once: see :meth:`Store.obtain`.

    Args:
        release: of the runtime.
        folder: where it is installed.
        environ: of the program.
        node: the engine.
        host: the machine.

    Returns:
        the file; None where the release cannot make one here (no room for it, say), and is started plainly.
    """
    prefix = f"{KEY}/{release.version}+{node.version}+"
    current = prefix + _digest(*(file.read_bytes().decode() for file in _SHAPED_BY))
    language = {name: environ[name] for name in _LANGUAGE if environ.get(name)}
    zone = (host.environ.get("TZ", ""), *time.tzname, str(time.timezone))
    key = f"{current}+{_digest(*node.words[1:], *zone, *map('='.join, language.items()))}"
    found = host.store.find(key)
    if found is not None:
        return found / _FILE

    def fill(partial: Path, _place: Path) -> None:
        request = Request(release=folder, environ=language, save=partial / _FILE)
        heard = drive(request, node, host, timeout=_SECONDS)
        if heard.status != 0:
            raise _NoneMadeError(heard.died)

    try:
        with host.progress.task(f"preparing the runtime release {release.version} for fast starts"):
            made = host.store.obtain(key, fill)
    except (_NoneMadeError, OSError) as error:
        host.progress.say(f"the runtime release {release.version} starts slowly: no snapshot ({error})")
        return None
    for old in host.store.keys(KEY):
        if old.startswith(prefix) and not old.startswith(current):
            host.store.remove(old)
    return made / _FILE


class _NoneMadeError(Exception):
    """The interpreter ended without a snapshot."""


def can_start(
    args: tuple[str, ...], environ: Mapping[str, str], *, cwd: Path, folders: tuple[Path, ...], terminal: bool
) -> bool:
    """Whether a program can begin in an interpreter that is already there.

    Options of Python, and variables that it reads as it starts, need one of their own; so does what reads the
    terminal, a folder or an archive as a program, and a file that is not there.

    Args:
        args: as after ``python``.
        environ: of the program.
        cwd: its working folder.
        folders: what it can see; resolved.
        terminal: its stdin is one.
    """
    early = (name for name, value in environ.items() if name.startswith("PYTHON") and value)
    if any(name not in _READ_LATE for name in early):
        return False
    first, known = (args[0], len(args) > 1) if args else ("-", False)
    if first == "-":
        return not terminal
    if first == "-c":
        return known and not args[1][:1].isspace()  # From 3.14 on, CPython takes a common indentation away.
    if first.startswith("-"):
        return first == "-m" and known
    file = (cwd / first).resolve()
    seen = any(file.is_relative_to(folder) for folder in folders)
    return seen and file.is_file() and os.access(file, os.R_OK) and not zipfile.is_zipfile(file)


def _digest(*words: str) -> str:
    return hashlib.sha256("\0".join(words).encode()).hexdigest()[:12]
