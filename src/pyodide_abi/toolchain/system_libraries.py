"""Emscripten's own libraries (C, C++, unwinding), made before a build waits for them.

Archives of Linux distributions ship none: ``emcc`` compiles each at the first link that wants it, over a
thousand files, and says so to nobody who is asked by a ``configure`` script. Modules are linked without them;
programs, as checks of the compiler are, with them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyodide_abi.atomic import temporary
from pyodide_abi.errors import FailedError
from pyodide_abi.platforms.model import Language, Need, Stage

if TYPE_CHECKING:
    from pyodide_abi.host import Host
    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.toolchain.model import Toolchain

#: As the compiler driver links programs (``build.driver.flags``), which is to find these variants.
_WITHOUT_CHECKS = "-sASSERTIONS=0"
#: What a check of either language links: the C library's memory, and exceptions.
_PROGRAMS = {
    "check.c": "#include <stdio.h>\n#include <stdlib.h>\n"
    'int main(void) { free(malloc(9)); return puts(""); }\n',
    "check.cpp": "#include <iostream>\n#include <stdexcept>\n"
    'int main() { try { throw std::runtime_error(""); }\n'
    "catch (std::exception &e) { std::cout << e.what(); } }\n",
}
#: What emcc says as it begins one (its ``tools/cache.py``).
_BEGUN = re.compile(r"generating system library: \S*?([\w+.-]+)\.a\b")


def make_system_libraries(toolchain: Toolchain, platform: Platform, host: Host) -> None:
    """Have ``emcc`` make what programs of a platform are linked with; seconds where all of it is there.

    Raises:
        FailedError: it cannot link a program; the details are what it said.
    """
    flags = [
        flag.flag
        for flag in platform.flags
        if flag.need is Need.REQUIRED
        and Stage.LINK in flag.stages
        and {Language.C, Language.CXX} & set(flag.languages)
        and not flag.flag.startswith("-sSIDE_MODULE")
    ]
    text = "making Emscripten's own libraries, once"
    with temporary() as folder, host.progress.task(text) as task:

        def heard(line: str) -> None:
            if begun := _BEGUN.search(line):
                task.describe(f"{text}: {begun[1]}")

        for name, source in _PROGRAMS.items():
            (folder / name).write_text(source, "utf-8")
            emcc = toolchain.emcc if name.endswith(".c") else toolchain.emxx
            done = host.runner.run(
                [emcc, *dict.fromkeys(flags), _WITHOUT_CHECKS, name, "-o", "check.js"],
                environ={**host.environ, **toolchain.environ},
                cwd=folder,
                on_line=heard,
            )
            if done.returncode:
                raise FailedError(f"{emcc} cannot link a program", details=done.stdout.splitlines()[-6:])
