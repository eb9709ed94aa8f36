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
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.errors import MissingError
from pyodide_abi.runtime.driver import drive
from pyodide_abi.runtime.engine_program import Shell
from pyodide_abi.runtime.node import Node, find_node
from pyodide_abi.runtime.protocol import SOURCES, Batch, Request
from pyodide_abi.runtime.releases import SNAPSHOTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyodide_abi.host import Host
    from pyodide_abi.platforms.model import Release
    from pyodide_abi.runtime.engine_program import EngineProgram

_FILE = "memory.bin"
_SECONDS = 300.0
#: How long one that another version of this project made is kept after its last use, in seconds.
_KEPT = 7 * 24 * 3600.0
#: What shapes a snapshot: a change of any makes new ones.
_SHAPED_BY = (
    *(
        Path(__file__).with_name(name)
        for name in ("batch.mjs", "driver.mjs", "driver_jsc.mjs", "interpreter.mjs", "snapshot.mjs")
    ),
    *SOURCES,
)
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


def can_start(options: Sequence[str], environ: Mapping[str, str]) -> bool:
    """Whether a program can run in an interpreter that was started without its options and variables.

    Args:
        options: The options of the interpreter.
        environ: The environment of the program.
    """
    early = (name for name, value in environ.items() if name.startswith("PYTHON") and value)
    return not options and all(name in _READ_LATE for name in early)


def obtain_snapshot(
    release: Release, folder: Path, environ: Mapping[str, str], program: EngineProgram, host: Host
) -> Path | None:
    """The snapshot of a release for an engine, made first if there is none.

    The memory of an interpreter that has started in Node serves other engines as well, but one without stack
    switching, in whose table other functions lie: WebKit's shell makes its own.

    Safe when several processes ask at once: see :meth:`Store.obtain`. The file can still be removed before
    the interpreter reads it (by a user who clears the cache, say), or be broken: the driver then starts from
    nothing, and the next call makes another.

    Args:
        release: The release of the runtime.
        folder: The folder where it is installed.
        environ: The environment of what will run in it.
        program: the engine.
        host: the machine.

    Returns:
        the file; None where the release cannot make one here (no room for it, say), and is started plainly.
    """
    maker = _maker(program, host)
    if maker is None:
        return None
    prefix = f"{SNAPSHOTS}/{release.version}+{maker.version}+"
    current = prefix + _digest(*(file.read_bytes().decode() for file in _SHAPED_BY))
    language = {name: environ[name] for name in _LANGUAGE if environ.get(name)}
    zone = (host.environ.get("TZ", ""), *time.tzname, str(time.timezone))
    key = f"{current}+{_digest(*maker.words[1:], *zone, *map('='.join, language.items()))}"
    found = host.store.find(key)
    if found is not None and not (found / _FILE).exists():
        host.store.remove(key)  # The driver has found it broken.
        found = None
    if found is not None:
        with suppress(OSError):  # Another process may have removed it, or the cache is not ours to write.
            os.utime(found)
        return found / _FILE

    def fill(partial: Path, _place: Path) -> None:
        requests = (Request(environ=language),)
        batch = Batch(release=folder, requests=requests, save=partial / _FILE)
        ((heard,),) = drive(batch, maker, host, timeout=_SECONDS)
        if heard.status != 0:
            raise _NoneMadeError(heard.died)

    try:
        with host.progress.task(f"preparing the runtime release {release.version} for fast starts"):
            made = host.store.obtain(key, fill)
    except (_NoneMadeError, OSError) as error:
        host.progress.say(f"the runtime release {release.version} starts slowly: no snapshot ({error})")
        return None
    for old in host.store.keys(SNAPSHOTS):
        if old.startswith(prefix) and not old.startswith(current) and _is_unused(host.store.root / old):
            host.store.remove(old)
    return made / _FILE


def _maker(program: EngineProgram, host: Host) -> Node | Shell | None:
    """What makes the snapshots that a program starts from; None where there is no such thing."""
    if isinstance(program, Node | Shell):
        return program
    try:
        return find_node(host)
    except MissingError:
        return None


def _is_unused(entry: Path) -> bool:
    """Whether nobody has started from it for long: another installation with this cache may need it now."""
    try:
        return time.time() - entry.stat().st_mtime > _KEPT
    except OSError:
        return False  # Another process has just removed it.


class _NoneMadeError(Exception):
    """The interpreter ended without a snapshot."""


def _digest(*words: str) -> str:
    return hashlib.sha256("\0".join(words).encode()).hexdigest()[:12]
