"""A command in an interpreter without what only POSIX has: ``python as_windows.py audit spam.whl``.

It stands in for Windows as far as Linux can: no ``fcntl``, ``pwd`` and the like, no functions and signals
that Windows' Python lacks, its name for the platform, and its variables. What chooses by the system as it is
imported has chosen this one before.
"""

from __future__ import annotations

import asyncio  # noqa: F401 - see above
import concurrent.futures  # noqa: F401
import http.server  # noqa: F401
import importlib.abc
import os
import random  # noqa: F401
import shutil  # noqa: F401
import signal
import subprocess  # noqa: F401
import sys
import tempfile  # noqa: F401
from pathlib import Path

import filelock  # noqa: F401
import platformdirs  # noqa: F401
import rich.console  # noqa: F401

MODULES = frozenset(["fcntl", "grp", "pwd", "resource", "syslog", "termios", "pty", "tty", "readline"])
FUNCTIONS = [
    "fork",
    "forkpty",
    "geteuid",
    "getuid",
    "getgid",
    "getegid",
    "sched_getaffinity",
    "setsid",
    "killpg",
    "getpgid",
    "O_NOFOLLOW",
    "O_DIRECTORY",
    "O_CLOEXEC",
    "O_NONBLOCK",
    "mkfifo",
    "chown",
    "lchown",
    "fchmod",
    "pidfd_open",
    "memfd_create",
    "register_at_fork",
    "nice",
    "getloadavg",
    "sysconf",
    "uname",
    "pread",
    "pwrite",
    "statvfs",
    "posix_fallocate",
    "sendfile",
    "copy_file_range",
]
SIGNALS = ["SIGKILL", "SIGPIPE", "SIGHUP", "SIGUSR1", "SIGQUIT", "SIGCHLD", "SIGALRM", "alarm", "setitimer"]
HOME = r"C:\Users\me"


class Gone(importlib.abc.MetaPathFinder):
    """No module of POSIX is found."""

    def find_spec(self, name: str, *_: object) -> None:
        """Refuse some.

        Raises:
            ModuleNotFoundError: it is one of those.
        """
        if name in MODULES:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def main() -> int:
    """Take all of it away and run the command."""
    for name in MODULES:
        sys.modules.pop(name, None)
    sys.meta_path.insert(0, Gone())
    for name in FUNCTIONS:
        vars(os).pop(name, None)
    for name in SIGNALS:
        vars(signal).pop(name, None)
    sys.platform = "win32"
    from pyodide_abi.cli.main import main

    environ = {"USERPROFILE": HOME, "LOCALAPPDATA": rf"{HOME}\AppData\Local", "PATH": ""}
    return main(sys.argv[1:], environ, Path.cwd())


if __name__ == "__main__":
    sys.exit(main())
