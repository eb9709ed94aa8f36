"""Rust from Debian's archive, as an entry of the cache: compiler, package manager, the library's sources.

The archive has no standard library for Emscripten; :mod:`~pyodide_abi.toolchain.rust_library` builds one from
the sources, which come with the crates that they need.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from pyodide_abi.errors import MissingError
from pyodide_abi.toolchain import relocate
from pyodide_abi.toolchain.apt import SUITE, open_archive
from pyodide_abi.toolchain.debian import unpack_tree
from pyodide_abi.toolchain.debian_emscripten import upstream_version
from pyodide_abi.toolchain.entry import TREE
from pyodide_abi.toolchain.rust import RustSource, ask
from pyodide_abi.values import replace

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.host import Host
    from pyodide_abi.toolchain.apt import Archive
    from pyodide_abi.toolchain.rust import Rust

#: Where entries are in the cache.
PREFIX = "rust"
_PACKAGES = ("rustc", "cargo", "rust-src")
#: What the sources hold beside the standard library: the compiler's own, and LLVM's.
_UNUSED = ("compiler", "src")


def present(host: Host) -> list[Rust]:
    """Those in the cache, the newest first. One that is damaged is passed over with a word."""
    found = []
    for key in host.store.keys(PREFIX):
        try:
            found.append(_load(host.store.root / key, host))
        except (MissingError, OSError) as error:
            host.progress.say(f"{key} is passed over: {error}")
    return sorted(found, key=lambda rust: [int(part) for part in rust.version.split(".")], reverse=True)


def install(host: Host) -> Rust:
    """The version that the archive has now; from the cache if it is there.

    Raises:
        MissingError: Debian's archive cannot be used here, or has no Rust, or it does not work here.
    """
    with open_archive(host) as archive:
        with host.progress.task("reading the lists of Debian's archive"):
            archive.refresh()
        full = archive.candidate(_PACKAGES[0])
        if full is None:
            raise MissingError(f"Debian's archive ({SUITE}) has no Rust at present")
        key = f"{PREFIX}/{RustSource.DEBIAN}-{upstream_version(full)}"
        entry = host.store.obtain(key, lambda folder, place: _fill(folder, place, archive, host))
    return _load(entry, host)


def _load(entry: Path, host: Host) -> Rust:
    relocate.follow(entry / TREE, host)
    return ask(entry / TREE / "usr/bin/rustc", RustSource.DEBIAN, _without_overrides(host))


def _fill(folder: Path, place: Path, archive: Archive, host: Host) -> None:
    def work(tree: Path) -> None:
        rust = ask(tree / "usr/bin/rustc", RustSource.DEBIAN, _without_overrides(host))
        sources = rust.sources()
        if sources is None:
            raise MissingError("Debian's packages hold no sources of the standard library")
        for name in _UNUSED:
            shutil.rmtree(sources.resolve().parent / name, ignore_errors=True)

    unpack_tree(archive, _PACKAGES, entry=folder, place=place, host=host, work=work)


def _without_overrides(host: Host) -> Host:
    """Without variables that make a compiler speak of another."""
    environ = {name: value for name, value in host.environ.items() if not name.startswith("RUST")}
    return replace(host, environ=environ)
