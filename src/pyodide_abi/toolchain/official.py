"""Emscripten's official builds, as entries of the cache: the exact version of every platform."""

from __future__ import annotations

import platform as machine
import shutil
import time
import tomllib
from importlib import resources
from typing import TYPE_CHECKING

from pyodide_abi.errors import DigestError, MissingError, OfflineError
from pyodide_abi.http import download, unfinished
from pyodide_abi.toolchain import emscripten, entry
from pyodide_abi.toolchain.engine import find_engine
from pyodide_abi.toolchain.model import Source
from pyodide_abi.toolchain.unpack import unpack_tar
from pyodide_abi.values import replace, value

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.host import Host
    from pyodide_abi.toolchain.model import Toolchain

#: Another server with the same files below it.
MIRROR_VARIABLE = "PYODIDE_ABI_EMSCRIPTEN_MIRROR"
#: Seconds for which a server that could not be reached is not asked again, unless asked for by name.
_PATIENCE = 24 * 3600.0


@value
class Build:
    """An official build for this machine.

    Attributes:
        version: Emscripten's.
        url: The address of the archive.
        sha256: The digest of the archive, in hexadecimal.
    """

    version: str
    url: str
    sha256: str


def find_build(version: str, host: Host) -> Build:
    """Where the build of a version is, and its digest, by our data and the mirror that the user named.

    Raises:
        MissingError: our data has no such version, or none for this machine.
    """
    text = (
        resources.files("pyodide_abi.toolchain").joinpath("data/emscripten_releases.toml").read_text("utf-8")
    )
    data = tomllib.loads(text)
    release = data["releases"].get(version)
    if release is None:
        raise MissingError(f"the digest of Emscripten's official build {version} is not known to us")
    kind = f"{machine.system().lower()}-{machine.machine()}"
    if kind not in data["files"] or kind not in release:
        raise MissingError(f"there is no official build of Emscripten {version} for {kind}")
    base = host.environ.get(MIRROR_VARIABLE) or data["base"]
    path = data["files"][kind].format(revision=release["revision"])
    return Build(version=version, url=f"{base.rstrip('/')}/{path}", sha256=release[kind])


def install(version: str, host: Host) -> Toolchain:
    """The build of a version; from the cache if it is there.

    Raises:
        OfflineError: the network is off limits.
        MissingError: there is none, or the server cannot be reached.
        DigestError: what the server sent is something else.
        FailedError: it does not work here.
    """
    build = find_build(version, host)

    def fill(folder: Path, place: Path) -> None:
        node = find_engine(host)
        archive = _download(build, host)
        (folder / entry.TREE).mkdir()
        with host.progress.task(f"unpacking Emscripten {version}") as task:
            for count, _name in enumerate(unpack_tar(archive, folder / entry.TREE), start=1):
                task.describe(f"unpacking Emscripten {version}: {count} files")
        _finish(folder, place, version, node, host)
        archive.unlink(missing_ok=True)

    key = entry.key(Source.OFFICIAL, version)
    # Before anything is written: who only looks may have a cache that cannot be.
    if host.offline and host.store.find(key) is None:
        raise OfflineError(f"no Emscripten {version} is in the cache, and nothing is fetched here")
    return entry.load(host.store.obtain(key, fill), host)


def unreachable(version: str, host: Host) -> bool:
    """Whether the server could not be reached a short while ago."""
    try:
        build = find_build(version, host)
        note = _note(version, host)
        fresh = time.time() - note.stat().st_mtime < _PATIENCE
        return fresh and note.read_text("utf-8") == build.url
    except (MissingError, OSError):
        return False


def _download(build: Build, host: Host) -> Path:
    note = _note(build.version, host)
    note.unlink(missing_ok=True)
    try:
        return download(build.url, build.sha256, host)
    except DigestError:
        raise
    except MissingError:
        if not unfinished(build.sha256, host):
            note.write_text(build.url, "utf-8")
        raise


def _note(version: str, host: Host) -> Path:
    return host.store.downloads() / f"emscripten-{version}.unreachable"


def _finish(folder: Path, place: Path, version: str, node: Path, host: Host) -> None:
    tree = entry.TREE
    facts = entry.Facts(
        source=Source.OFFICIAL,
        emscripten=version,
        llvm=emscripten.clang_version(folder / tree / "bin/clang", host),
        place=str(folder),
        emscripten_root=f"{tree}/emscripten",
        llvm_bin=f"{tree}/bin",
        binaryen_bin=f"{tree}/bin",
        # It comes with a cache of ready-made system libraries, which is its default.
        cache="",
        node=str(node),
        python=entry.this_python(),
    )
    entry.settle(folder, facts)
    found = emscripten.emscripten_version(folder / tree / "emscripten/emcc", host)
    if found != version:
        raise MissingError(f"the official build of Emscripten {version} says that it is {found}")
    with host.progress.task("compiling a first side module"):
        emscripten.prove(folder / "bin/emcc", folder / "proof", host, {})
    shutil.rmtree(folder / "proof")
    entry.settle(folder, replace(facts, place=str(place)))
