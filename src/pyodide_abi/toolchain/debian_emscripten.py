"""Emscripten from Debian's archive, as an entry of the cache."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from pyodide_abi.errors import MissingError
from pyodide_abi.toolchain import emscripten, entry
from pyodide_abi.toolchain.apt import SUITE, open_archive
from pyodide_abi.toolchain.debian import unpack_tree
from pyodide_abi.toolchain.engine import find_engine
from pyodide_abi.toolchain.model import Source
from pyodide_abi.values import replace

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.host import Host
    from pyodide_abi.toolchain.apt import Archive
    from pyodide_abi.toolchain.model import Toolchain

_PACKAGES = ("emscripten", "binaryen")
#: Debian's Node reads parts of itself from absolute paths, so it could not run here; see engine.py.
_NODE = (
    r"nodejs|libnode\d+|node-(?!acorn).*|libada-url.*|libcares.*|libhdr-histogram.*|libicu\d+|libllhttp.*",
    r"libsimdjson.*|libsimdutf.*|libuv1.*",
)
_USR = f"{entry.TREE}/usr"
_ROOT = f"{_USR}/share/emscripten"


def install(host: Host, *, only: str | None = None) -> Toolchain:
    """The version that the archive has now; from the cache if it is there.

    Args:
        host: the machine.
        only: the one version that will do; None for any.

    Raises:
        MissingError: Debian's archive cannot be used here, or has no Emscripten, or another one.
        FailedError: what it has does not work here.
    """
    with open_archive(host) as archive:
        version = _offered(archive, host)
        if only not in {None, version}:
            raise MissingError(f"it has {version}")
        key = entry.key(Source.DEBIAN, version)
        found = host.store.obtain(key, lambda folder, place: _fill(folder, place, archive, version, host))
    return entry.load(found, host)


def _offered(archive: Archive, host: Host) -> str:
    with host.progress.task("reading the lists of Debian's archive"):
        archive.refresh()
    full = archive.candidate("emscripten")
    if full is None:
        raise MissingError(f"Debian's archive ({SUITE}) has no Emscripten at present")
    return upstream_version(full)


def _fill(folder: Path, place: Path, archive: Archive, version: str, host: Host) -> None:
    node = str(find_engine(host))

    def work(tree: Path) -> None:
        # Debian's node would find packages in /usr/share/nodejs by itself; any node looks here, and from one
        # of them for another beside it: programs that are linked with -O2 and more need two.
        (folder / _ROOT / "node_modules").symlink_to("../nodejs")
        (folder / _USR / "share/nodejs/node_modules").symlink_to(".")
        linkers = sorted(tree.glob("usr/lib/llvm-*/bin/wasm-ld"))
        if not linkers:
            raise MissingError("Debian's packages hold no wasm-ld")
        facts = entry.Facts(
            source=Source.DEBIAN,
            emscripten=version,
            llvm=emscripten.clang_version(linkers[-1].with_name("clang"), host),
            place=str(folder),
            emscripten_root=_ROOT,
            llvm_bin=linkers[-1].parent.relative_to(folder).as_posix(),
            binaryen_bin=f"{_USR}/bin",
            cache="cache",
            node=node,
            python=f"{_USR}/bin/python3",
        )
        entry.settle(folder, facts)
        with host.progress.task("compiling a first side module"):
            emscripten.prove(folder / "bin/emcc", folder / "proof", host, {})
        shutil.rmtree(folder / "proof")
        entry.settle(folder, replace(facts, place=str(place)))

    unpack_tree(archive, _PACKAGES, entry=folder, place=place, host=host, without=_NODE, work=work)


def upstream_version(version: str) -> str:
    """``6.0.5`` of ``6.0.5+dfsg+~1.41.5-2`` (Debian Policy, 5.6.12).

    Raises:
        MissingError: the version begins with no number.
    """
    match = re.match(r"(?:\d+:)?(\d+(?:\.\d+)*)", version)
    if match is None:
        raise MissingError(f"Debian's version '{version}' cannot be understood")
    return match.group(1)
