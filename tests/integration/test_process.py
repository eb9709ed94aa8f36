"""The only module that starts processes, with real ones."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from patience import HANGS, until

from pyodide_abi.errors import MissingError
from pyodide_abi.process import TIMED_OUT, SystemRunner, find_executable

pytestmark = pytest.mark.integration

ENVIRON = dict(os.environ)


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_output_and_status() -> None:
    done = SystemRunner().run(
        python("import sys; print(sys.stdin.read()); print('no', file=sys.stderr); sys.exit(3)"),
        environ=ENVIRON,
        stdin=b"in",
    )
    assert (done.returncode, done.stdout, done.stderr, done.timed_out) == (3, "in\n", "no\n", False)


def test_lines_come_as_they_are_written() -> None:
    seen: list[tuple[str, float]] = []
    code = "import sys, time; print('a', flush=True); time.sleep(.5); print('b', file=sys.stderr)"
    done = SystemRunner().run(
        python(code), environ=ENVIRON, on_line=lambda line: seen.append((line, time.monotonic()))
    )
    assert [line for line, _ in seen] == ["a", "b"]
    assert seen[1][1] - seen[0][1] > 0.3
    assert done.stdout == "a\nb"


def test_much_in_and_much_out_at_once() -> None:
    code = "import sys; print('x' * 500_000, flush=True); print(len(sys.stdin.read()))"
    done = SystemRunner().run(
        python(code), environ=ENVIRON, stdin=b"y" * 500_000, timeout=HANGS, on_line=lambda _line: None
    )
    assert done.stdout.endswith("500000")


@pytest.mark.parametrize("streamed", [False, True])
def test_a_process_that_does_not_read(streamed: bool) -> None:
    done = SystemRunner().run(
        python("pass"),
        environ=ENVIRON,
        stdin=b"y" * 1_000_000,
        on_line=(lambda _line: None) if streamed else None,
    )
    assert done.returncode == 0


@pytest.mark.parametrize("streamed", [False, True])
def test_time_is_up_for_the_children_too(tmp_path: Path, streamed: bool) -> None:
    file = tmp_path / "child"
    script = f"sleep 1000 & echo $! > {file}; wait"
    done = SystemRunner().run(
        ["sh", "-c", script], environ=ENVIRON, timeout=5, on_line=(lambda _line: None) if streamed else None
    )
    assert (done.returncode, done.timed_out) == (TIMED_OUT, True)
    child = int(file.read_text("ascii"))
    until(lambda: not _runs(child))


@pytest.mark.parametrize("streamed", [False, True])
def test_sigterm_ends_the_children_too(tmp_path: Path, streamed: bool) -> None:
    file = tmp_path / "child"
    script = f"sleep 60 & echo $! > {file}.new; mv {file}.new {file}; wait"
    code = (
        "import os\nfrom pyodide_abi.cli.main import end_as_interrupted\n"
        "from pyodide_abi.process import SystemRunner\nend_as_interrupted()\n"
        f"SystemRunner().run(['sh', '-c', {script!r}], environ=dict(os.environ),"
        f" on_line={'print' if streamed else None})"
    )
    with subprocess.Popen(python(code), env=ENVIRON) as ours:
        until(file.exists)
        ours.terminate()
        assert ours.wait(HANGS) == 128 + signal.SIGTERM
    child = int(file.read_text("ascii"))
    until(lambda: not _runs(child))


def _runs(process: int) -> bool:
    # One that has ended and that nobody has waited for is a zombie: it is there, but does not run.
    try:
        return Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_killed_process_tells_the_signal() -> None:
    done = SystemRunner().run(python("import os; os.kill(os.getpid(), 9)"), environ=ENVIRON)
    assert done.returncode == -9


def test_attached_time_is_up() -> None:
    done = SystemRunner().attach(python("import time; time.sleep(60)"), environ=ENVIRON, timeout=0.5)
    assert (done.returncode, done.timed_out) == (TIMED_OUT, True)


def test_a_missing_executable_names_the_path_searched(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=f"no executable 'nothing-of-that-name'.*{tmp_path}"):
        SystemRunner().run(["nothing-of-that-name"], environ={"PATH": str(tmp_path)})


def test_an_executable_is_found_on_the_given_path_only(tmp_path: Path) -> None:
    tool = tmp_path / "tool"
    tool.write_text("#!/bin/sh\n", "utf-8")
    tool.chmod(0o755)
    assert find_executable("tool", {"PATH": str(tmp_path)}) == str(tool)
    with pytest.raises(MissingError):
        find_executable("tool", {"PATH": "/nowhere"})
