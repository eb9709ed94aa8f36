"""Headers of C libraries, from Debian's archive: those of its ``-dev`` packages, and nothing else of them.

A library's header says the same on every machine, but for what its ``configure`` script found; for those
offered here that is true of the target as well (``tests/integration/test_build_libraries.py`` compares every
function's type with the runtimes').
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from pyodide_abi.errors import MissingError
from pyodide_abi.toolchain.apt import SUITE, open_archive

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pyodide_abi.host import Host


def fetch_headers(packages: Sequence[str], folder: Path, host: Host) -> None:
    """Put the headers of some packages into a folder.

    Args:
        packages: names of ``-dev`` packages.
        folder: an empty one.
        host: the machine.

    Raises:
        MissingError: Debian's archive cannot be used here, or lacks a package.
        OfflineError: the network is off limits.
    """
    with open_archive(host) as archive:
        archive.refresh()
        wanted = [package for package in archive.closure(packages) if package.name in packages]
        if len(wanted) < len(packages):
            raise MissingError(f"Debian's archive ({SUITE}) lacks one of {', '.join(packages)}")
        files = archive.fetch(wanted)
        unpacked = folder / ".unpacked"
        archive.unpack(files, unpacked)
        archive.forget(files)
    include = unpacked / "usr" / "include"
    for header in sorted(include.rglob("*.h")):
        place = header.relative_to(include)
        # What depends on the machine lies in a folder of its name, usr/include/x86_64-linux-gnu.
        if "-linux-" in place.parts[0]:
            place = place.relative_to(place.parts[0])
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(header, folder / place)
    shutil.rmtree(unpacked)
