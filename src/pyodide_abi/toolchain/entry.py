"""An Emscripten in the cache, whichever archive it came from.

::

    toolchains/<source>-<version>/
        tree/              what the archive holds
        bin/               emcc, em++…: each starts its namesake with the configuration below
        emscripten.config  Emscripten's configuration
        cache/             what Emscripten makes on demand, where the archive has no folder for that
        toolchain.json     the facts below, so that finding it starts no process

Only ``bin`` and the configuration name absolute paths. They are rewritten when the entry, the Node or the
Python that they name is no longer where it was.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.errors import MissingError
from pyodide_abi.toolchain import emscripten, relocate
from pyodide_abi.toolchain.engine import find_engine
from pyodide_abi.toolchain.model import Source
from pyodide_abi.values import asdict, replace, value

if TYPE_CHECKING:
    from pyodide_abi.host import Host
    from pyodide_abi.toolchain.model import Toolchain

#: Where entries are in the cache.
PREFIX = "toolchains"
#: The archive's files, below an entry.
TREE = "tree"
_FACTS = "toolchain.json"
_CONFIG = "emscripten.config"


@value
class Facts:
    """What is known of an entry. Paths are relative to the entry unless they are absolute.

    Attributes:
        source: The place that it came from.
        emscripten: The version of Emscripten.
        llvm: clang's.
        place: The entry's place when its files were last written.
        emscripten_root: the folder with ``emcc.py``.
        llvm_bin: the folder with ``clang``.
        binaryen_bin: the folder with ``wasm-opt``.
        cache: the folder that Emscripten may write to; empty for its own.
        node: the engine.
        python: what runs ``emcc.py``.
    """

    source: str
    emscripten: str
    llvm: str
    place: str
    emscripten_root: str
    llvm_bin: str
    binaryen_bin: str
    cache: str
    node: str
    python: str


def key(source: Source, version: str) -> str:
    """The entry's key in the cache."""
    return f"{PREFIX}/{source}-{version}"


def load(entry: Path, host: Host) -> Toolchain:
    """The toolchain in an entry, its files rewritten first if what they name has moved.

    Raises:
        MissingError: the entry is damaged, or was moved and may not be written to, or there is no Node.
    """
    facts = _current(read_facts(entry), entry, host)
    try:
        if relocate.settled(entry / TREE):
            relocate.follow(entry / TREE, host)
        if facts != read_facts(entry):
            host.progress.say(f"{entry.name}: rewriting what it says of places, as something has moved")
            settle(entry, facts)
    except OSError as error:
        raise MissingError(
            f"{entry} has been moved and cannot be rewritten: {error}",
            hint="make it writable, or name a cache folder of your own with --cache-dir",
        ) from error
    return emscripten.assemble(
        Source(facts.source),
        root=entry,
        drivers=entry / "bin",
        settings=_settings(facts),
        version=facts.emscripten,
        llvm_version=facts.llvm,
        environ={"EM_CONFIG": str(entry / _CONFIG)},
    )


def settle(entry: Path, facts: Facts) -> None:
    """Write the files that name places, for an entry that is or will be at ``facts.place``.

    The facts are written last: whoever is interrupted begins again.
    """
    place = Path(facts.place)
    settings = _settings(facts)
    cache = place / facts.cache if facts.cache else None
    emscripten.write_config(entry / _CONFIG, settings=settings, cache=cache)
    (entry / "bin").mkdir(exist_ok=True)
    for driver in sorted((entry / facts.emscripten_root).glob("em*")):
        if driver.is_file() and not driver.suffix and os.access(driver, os.X_OK):
            _write_wrapper(entry / "bin" / driver.name, driver, facts)
    _keep_cache_valid(entry / (facts.cache or f"{facts.emscripten_root}/cache"), settings.llvm)
    _write(entry / _FACTS, json.dumps(asdict(facts), indent=1) + "\n")


def read_facts(entry: Path) -> Facts:
    """What :func:`settle` kept.

    Raises:
        MissingError: it is absent or damaged.
    """
    try:
        data = json.loads((entry / _FACTS).read_text("utf-8"))
        facts = Facts(**{name: str(value) for name, value in data.items()})
        Source(facts.source)
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise MissingError(
            f"the toolchain in {entry} is damaged: {error}",
            hint=f"pyodide-abi toolchain remove {entry.name}",
        ) from error
    return facts


def this_python() -> str:
    """A Python to run ``emcc.py`` with that is not part of a virtual environment, which may not last."""
    base = getattr(sys, "_base_executable", "") or sys.executable
    return str(Path(base).resolve())


def _current(facts: Facts, entry: Path, host: Host) -> Facts:
    """The facts with what they name where it is now."""
    facts = replace(facts, place=str(entry))
    if not Path(facts.node).exists():
        facts = replace(facts, node=str(find_engine(host)))
    if Path(facts.python).is_absolute() and not Path(facts.python).exists():
        facts = replace(facts, python=this_python())
    return facts


def _settings(facts: Facts) -> emscripten.Settings:
    place = Path(facts.place)
    return emscripten.Settings(
        emscripten_root=place / facts.emscripten_root,
        llvm=place / facts.llvm_bin,
        binaryen=place / facts.binaryen_bin,
        node=Path(facts.node),
    )


def _keep_cache_valid(cache: Path, llvm: Path) -> None:
    """Emscripten empties its cache when the LLVM folder that it noted there (``version|folder``) changes."""
    note = cache / "sanity.txt"
    if note.is_file():
        version = note.read_text("utf-8").partition("|")[0]
        _write(note, f"{version}|{llvm}\n")


def _write_wrapper(file: Path, driver: Path, facts: Facts) -> None:
    """A small program that starts Emscripten's driver with the configuration of the entry.

    It does what Emscripten's own launcher does (a shell script beside ``emcc.py``), without two processes
    and with paths that hold spaces.
    """
    place, python = Path(facts.place), Path(facts.place) / facts.python
    target = place / facts.emscripten_root / driver.name
    script = driver.with_suffix(".py").is_file()
    words = [str(python), "-E", f"{target}.py"] if script else [str(target)]
    lines = [
        "#!/bin/sh",
        f"export EM_CONFIG={shlex.quote(str(place / _CONFIG))} EMSDK_PYTHON={shlex.quote(str(python))}",
        # CPython reads it even with -E; builds for another machine set it.
        "unset _PYTHON_SYSCONFIGDATA_NAME",
        f'exec {shlex.join(words)} "$@"',
    ]
    _write(file, "\n".join(lines) + "\n", mode=0o755)


def _write(file: Path, text: str, mode: int = 0o644) -> None:
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    fresh.write_text(text, "utf-8")
    fresh.chmod(mode)
    fresh.replace(file)
