"""How the command ends, whatever its output goes to."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.integration
NO_ROOM = b"error: No space left on device\n"


@pytest.mark.parametrize(
    ("line", "status", "said"),
    [
        ("platforms", 0, b""),
        ("platforms >&-", 0, b""),
        ("audit there-is-none.whl >&- 2>&-", 2, b""),
        ("platforms >/dev/full", 2, NO_ROOM),
        ("platforms --format json >/dev/full", 2, NO_ROOM),
    ],
)
def test_output_that_goes_nowhere(line: str, status: int, said: bytes) -> None:
    environ = {"PATH": "/usr/bin:/bin"}
    words = ["/bin/sh", "-c", f"exec {sys.executable} -m pyodide_abi {line}"]
    done = subprocess.run(words, capture_output=True, env=environ, check=False)
    assert done.returncode == status
    assert done.stderr == said


def test_what_was_registered_for_the_end_is_done() -> None:
    """The process is left without destroying its objects, and not without these."""
    code = (
        "import atexit, sys, threading, time; from pyodide_abi.cli.main import entry_point\n"
        "atexit.register(print, 'the end')\n"
        "threading.Thread(target=lambda: (time.sleep(0.3), print('a thread'))).start()\n"
        "sys.argv = ['pyodide-abi', 'platforms']\n"
        "entry_point()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.stdout.endswith(b"a thread\nthe end\n")
