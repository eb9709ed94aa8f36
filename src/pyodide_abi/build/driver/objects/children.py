"""Processes that a compiler driver starts.

:mod:`pyodide_abi.process` gives each process a group of its own, so that a build can end it with all that it
started. A driver is itself such a child: what it starts has to stay in its group, or would outlive the build.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def run(argv: Sequence[str], environ: Mapping[str, str], on_line: Callable[[str], None]) -> int:
    """Run a program to its end.

    Args:
        argv: The program's absolute path, and its arguments.
        environ: The program's whole environment.
        on_line: gets every line that it writes, to whichever stream.

    Returns:
        its exit status; 128 and the signal's number where one ended it, as a shell has it.
    """
    reading, writing = os.pipe()
    pid = os.posix_spawn(
        argv[0],
        list(argv),
        environ,
        file_actions=[(os.POSIX_SPAWN_DUP2, writing, 1), (os.POSIX_SPAWN_DUP2, writing, 2)],
    )
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            on_line(line.rstrip("\n"))
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return status if status >= 0 else 128 - status
