"""A command that is killed leaves nothing running: whatever it started, however that was started."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from made_wheels import make_wheel
from patience import HANGS, until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="marks are looked up in /proc"),
]

COMPILER = ("--platform", "314_0", "--toolchain-mismatch", "allow")
MARK = "MARK_OF_A_TEST"
NEVER_ENDS = "while :; do sleep 1; done"


@pytest.fixture
def mark() -> Iterator[str]:
    """A mark in the environment of a command and of all that it starts; what still has it in the end goes."""
    text = uuid.uuid4().hex
    yield text
    for process in marked(text):
        os.kill(process, signal.SIGKILL)


def marked(mark: str) -> dict[int, str]:
    """The running processes with a mark, and their commands, less what watches over them.

    A mark is in the environment; what is locked in a room has none, and has it in the names of its folders.
    """
    found = {}
    for folder in Path("/proc").iterdir():
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            in_environment = f"{MARK}={mark}".encode() in (folder / "environ").read_bytes().split(b"\0")
            if (in_environment or mark in command) and "pyodide_abi.orphans" not in command:
                found[int(folder.name)] = command
        except (OSError, ValueError):
            continue
    return found


def start(mark: str, argv: list[str], cwd: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, *argv],
        cwd=cwd,
        env={**os.environ, MARK: mark},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # A shell's background job ignores Ctrl-C, and so would all that it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - it does no more
    )


def kill_and_see(command: subprocess.Popen[bytes], mark: str, *, running: str, times: int = 1) -> None:
    """Kill a command once programs of a name run, and wait until nothing of it does."""

    def runs() -> bool:
        assert command.poll() is None, f"it ended with {command.returncode} before {running} ran"
        return sum(running in words for words in marked(mark).values()) >= times

    until(runs)
    command.kill()
    command.wait(HANGS)
    until(lambda: not marked(mark))


SLOW = "#define A(x) int f##x(int a) { return a * x; }\n" + "".join(
    f"template <int n> struct S{i} {{ static constexpr long v = S{i}<n - 1>::v * 31 + n; }};"
    f"template <> struct S{i}<0> {{ static constexpr long v = {i}; }}; long v{i} = S{i}<900>::v;\n"
    for i in range(2000)
)
CMAKE = """\
cmake_minimum_required(VERSION 3.20)
project(slow LANGUAGES CXX)
add_library(slow MODULE a.cpp b.cpp)
"""


def test_a_build(tmp_path: Path, mark: str) -> None:
    """CMake and ninja, which gives each compiler a process group of its own."""
    (tmp_path / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["scikit-build-core", "cmake", "ninja"]\n'
        'build-backend = "scikit_build_core.build"\n[project]\nname = "slow"\nversion = "1"\n'
    )
    (tmp_path / "CMakeLists.txt").write_text(CMAKE)
    for name in ("a", "b"):
        (tmp_path / f"{name}.cpp").write_text(SLOW.replace(" v", f" {name}"))
    command = start(mark, ["-m", "pyodide_abi", "build", ".", *COMPILER, "-j2"], tmp_path)
    kill_and_see(command, mark, running="-o CMakeFiles/slow.dir/")


def test_a_command_in_the_environment(tmp_path: Path, mark: str) -> None:
    script = f"({NEVER_ENDS}) & {NEVER_ENDS}"
    command = start(mark, ["-m", "pyodide_abi", "exec", *COMPILER, "--", "sh", "-c", script], tmp_path)
    kill_and_see(command, mark, running="sleep 1")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_python_in_node(tmp_path: Path, mark: str, number: signal.Signals) -> None:
    (tmp_path / mark).mkdir()
    command = start(mark, ["-m", "pyodide_abi", "run", "--", "-c", "while True: pass"], tmp_path / mark)
    command.kill = lambda: command.send_signal(number)  # type: ignore[method-assign]  # the other way to end it
    kill_and_see(command, mark, running="node")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_loads_of_a_wheel(
    tmp_path: Path, mark: str, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command waits for threads, and these for interpreters, which would take for ever."""
    module = "pkg/never.cpython-314-wasm32-emscripten.so"
    files: dict[str, str | bytes] = {"pkg/__init__.py": "while True:\n    pass\n", module: b"\0asm\1\0\0\0"}
    wheel = make_wheel(tmp_path, "pkg-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl", files)
    (tmp_path / mark).mkdir()
    # The wheel is unpacked there, which an interpreter's command names.
    monkeypatch.setenv("TMPDIR", str(tmp_path / mark))
    bounds = ["--timeout", "100000", "--limit", "100000"]
    command = start(mark, ["-m", "pyodide_abi", "verify", str(wheel), "-j2", *bounds], tmp_path)
    command.kill = lambda: command.send_signal(number)  # type: ignore[method-assign]  # the other way to end it
    kill_and_see(command, mark, running="node")


GRANDCHILDREN = """\
import os, subprocess, sys
subprocess.Popen(["sleep", "1000"], process_group=0)
subprocess.Popen(["sh", "-c", "sleep 1000 & exec sleep 1000"], start_new_session=True)
print("up", flush=True)
subprocess.run(["sleep", "1000"])
"""
RUNNER = """\
import os, sys
from pyodide_abi.process import SystemRunner
lines = (lambda line: None) if sys.argv[1] == "lines" else None
if sys.argv[1] == "attached":
    SystemRunner().attach([sys.executable, "-c", sys.argv[2]], environ=os.environ)
else:
    SystemRunner().run([sys.executable, "-c", sys.argv[2]], environ=os.environ, on_line=lines)
"""


@pytest.mark.parametrize("how", ["captured", "lines", "attached"])
def test_whatever_groups_and_sessions_children_make_for_theirs(tmp_path: Path, mark: str, how: str) -> None:
    command = start(mark, ["-c", RUNNER, how, GRANDCHILDREN], tmp_path)
    kill_and_see(command, mark, running="sleep 1000", times=4)


IN_THE_MOMENT = """\
import os, signal, subprocess, sys
from pyodide_abi.process import SystemRunner
begin = subprocess.Popen.__init__
def begin_and_die(self, *args, **kwargs):
    begin(self, *args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)
subprocess.Popen.__init__ = begin_and_die
start = SystemRunner().attach if sys.argv[1] == "attached" else SystemRunner().run
start([sys.executable, "-c", sys.argv[2]], environ=os.environ)
"""
MANY = """\
import os, threading
from pyodide_abi.process import SystemRunner
def start():
    SystemRunner().run(["sleep", "1000"], environ=os.environ)
while threading.active_count() < 100:
    threading.Thread(target=start).start()
"""


@pytest.mark.parametrize("how", ["captured", "attached"])
def test_a_process_that_has_only_just_begun(tmp_path: Path, mark: str, how: str) -> None:
    """Its starter is killed before anybody could be told its number; where that falls differs each time."""
    for _ in range(10):
        command = start(mark, ["-c", IN_THE_MOMENT, how, GRANDCHILDREN], tmp_path)
        assert command.wait(HANGS) == -signal.SIGKILL
        until(lambda: not marked(mark))


def test_a_start_that_fails_is_forgotten(tmp_path: Path, mark: str) -> None:
    """The next process is watched as the first is."""
    bad = tmp_path / "no-program"
    bad.write_bytes(b"\x7fELF")
    bad.chmod(0o755)
    failing = f"try:\n SystemRunner().run([{str(bad)!r}], environ=os.environ)\nexcept OSError: pass\n"
    code = RUNNER.replace("lines =", f"{failing}lines =")
    command = start(mark, ["-c", code, "captured", GRANDCHILDREN], tmp_path)
    kill_and_see(command, mark, running="sleep 1000", times=4)


@pytest.mark.long
def test_any_moment_of_many_starts(tmp_path: Path, mark: str) -> None:
    chance = random.Random(7)  # noqa: S311 - moments, not secrets
    for _ in range(12):
        command = start(mark, ["-c", MANY], tmp_path)
        until(lambda: any("sleep" in words for words in marked(mark).values()))
        time.sleep(chance.uniform(0, 0.3))
        command.kill()
        command.wait(HANGS)
        until(lambda: not marked(mark))


def test_time_that_is_up_is_up_for_them_too(mark: str) -> None:
    from pyodide_abi.process import SystemRunner

    environ = {**os.environ, MARK: mark}
    done = SystemRunner().run([sys.executable, "-c", GRANDCHILDREN], environ=environ, timeout=5)
    assert done.timed_out
    until(lambda: not marked(mark))


def test_what_ends_by_itself_is_left_alone(tmp_path: Path, mark: str) -> None:
    """A daemon that a command leaves behind on purpose outlives it, as it would without us."""
    daemon = (
        "import subprocess; "
        "subprocess.Popen(['sleep', '1000'], start_new_session=True, stdin=-3, stdout=-3, stderr=-3)"
    )
    command = start(mark, ["-c", RUNNER, "lines", daemon], tmp_path)
    assert command.wait(HANGS) == 0
    time.sleep(1)
    assert [words for words in marked(mark).values() if "sleep 1000" in words]
