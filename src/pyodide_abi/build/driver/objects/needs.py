"""What static libraries on a linker's command line need themselves, put behind them.

Shared libraries name what they need, and archives do not: ``-ltiff`` alone, as a project for a native machine
says it, leaves the functions of libjpeg undefined.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pyodide_abi.build.driver.arguments import grouped
from pyodide_abi.build.driver.objects.exports import linked_files

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def with_needs(words: Sequence[str], needs: Mapping[str, Sequence[str]], *, runtimes: str = "") -> list[str]:
    """The link, and behind it the archives that its own are linked with, as far as it does not name them.

    The linker takes from them what is undefined, whatever their order.

    Args:
        words: the command line.
        needs: for a folder with a library's archives those archives and all that it needs, by path.
        runtimes: The folder with archives of the runtime's libraries, for a program, which has no runtime.
    """
    named: dict[str, None] = {}
    for names in linked_files(grouped(words)):
        if there := next(filter(os.path.isfile, names), ""):
            named[os.path.realpath(there)] = None
    folders = dict.fromkeys(os.path.dirname(file) for file in named)  # noqa: PTH120 - plain text
    wanted = {archive: None for folder in folders for archive in needs.get(folder, ())}
    lacking = [archive for archive in wanted if archive not in named]
    if lacking and runtimes:
        lacking += sorted(f"{runtimes}/{name}" for name in os.listdir(runtimes) if name.endswith(".a"))  # noqa: PTH208
    # A project may have left the option open, of which only its own archives are meant.
    return [*words, *(["-Wl,--no-whole-archive", *lacking] if lacking else [])]
