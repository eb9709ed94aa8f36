"""Programs from Debian's archive, unpacked into a folder of the cache and made to run there."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from pyodide_abi.toolchain import relocate
from pyodide_abi.toolchain.entry import TREE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pyodide_abi.host import Host
    from pyodide_abi.toolchain.apt import Archive

#: Dependencies that serve only compiling for this machine or that no program of ours starts. They are
#: half of the bytes.
_NATIVE_ONLY = (
    r"binutils.*",
    r"ccache",
    r"gcc|gcc-\d+|gcc-(\d+-)?[\w-]+-linux-gnu|cpp.*|libcc1-\d+|libisl\d+|libmpc\d+|libmpfr\d+",
    r"debconf",
    r"libasan\d+|libhwasan\d+|liblsan\d+|libtsan\d+|libubsan\d+|libitm\d+|libquadmath\d+|libgomp\d+",
    r"libbinutils|libctf.*|libgprofng\d+|libjansson\d+|libsframe\d+",
    r"libblake3-\d+|libfmt\d+|libhiredis[\d.]+",
    r"libc6-dev|libc-dev-bin|linux-libc-dev|libgcc-\d+-dev|libstdc\+\+-\d+-dev|libobjc.*|libgc\d+",
    r"libclang1-\d+",
    r"zlib1g-dev|libexpat1-dev|ca-certificates|openssl|tzdata|media-types|netbase",
)
#: Folders that no program reads.
_PAPERWORK = ("usr/share/doc", "usr/share/man", "usr/share/lintian", "usr/share/emscripten/docs")


def unpack_tree(
    archive: Archive,
    names: Sequence[str],
    entry: Path,
    place: Path,
    host: Host,
    *,
    without: Sequence[str] = (),
    work: Callable[[Path], None],
) -> None:
    """Fill a cache entry with packages and their dependencies.

    Args:
        archive: The archive that they come from; its lists have been read.
        names: The names of packages.
        entry: the folder to fill, which is not at its place yet.
        place: The place that it will have.
        host: the machine.
        without: regular expressions of whole names of packages to leave out, beside those that serve only
            compiling for this machine.
        work: called with the tree while its programs run where they are, before they are pointed to their
            final place: the moment to warm caches and to see that it works.

    Raises:
        MissingError: a package cannot be had; or there is no patchelf, which is told before they are fetched.
    """
    relocate.find_patchelf(host)
    tree = entry / TREE
    tree.mkdir()
    packages = archive.closure(names, without=[*_NATIVE_ONLY, *without])
    files = archive.fetch(packages)
    archive.unpack(files, tree)
    for folder in _PAPERWORK:
        shutil.rmtree(tree / folder, ignore_errors=True)
    c_library = [file for file, package in zip(files, packages, strict=True) if package.name == "libc6"]
    untouched = frozenset(name for file in c_library for name in archive.contents(file))
    with host.progress.task("making the programs run in the cache folder"):
        relocation = relocate.settle(tree, host, untouched=untouched)
        relocation = relocate.point(tree, tree, relocation, host)
        work(tree)
        relocate.point(tree, place / TREE, relocation, host)
    archive.forget(files)
