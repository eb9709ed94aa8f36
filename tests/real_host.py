"""The real machine, for integration tests: real processes, the user's own cache, the reference Node."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from patience import WORK_HANGS

from pyodide_abi.host import this_machine
from pyodide_abi.platforms import load_platforms

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.host import Host

#: The oldest and the newest release of each platform.
ENDS = [release for platform in load_platforms() for release in (platform.releases[0], platform.releases[-1])]


def real_host(cache: Path | None = None, *, offline: bool = False) -> Host:
    """A host with the user's cache, or another."""
    return this_machine(cache=cache, offline=offline)


def pyodide_abi(
    *words: str | Path,
    cwd: Path,
    stdin: bytes = b"",
    environ: dict[str, str] | None = None,
    timeout: float = WORK_HANGS,
) -> subprocess.CompletedProcess[bytes]:
    """Run the command as a user does; nothing is raised for its exit status."""
    return subprocess.run(
        [sys.executable, "-m", "pyodide_abi", *map(str, words)],
        cwd=cwd,
        input=stdin,
        env={**os.environ, **(environ or {})},
        capture_output=True,
        timeout=timeout,
        check=False,
    )
