"""`run` in the oldest and newest release of every platform."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from made_wheels import make_wheel
from patience import HANGS, WORK_HANGS
from real_host import ENDS, pyodide_abi

pytestmark = pytest.mark.integration
every_end = pytest.mark.parametrize("release", [release.version for release in ENDS])
every_platform = pytest.mark.parametrize("release", [release.version for release in ENDS[1::2]])

TOOL = "tool-1.5-py3-none-any.whl"
SCRIPT = """\
import json, os, sys
from pathlib import Path
import beside
print(json.dumps({
    "argv": sys.argv, "cwd": os.getcwd(), "file": __file__, "first": sys.path[0], "home": os.environ["HOME"],
    "read": Path("data.txt").read_text(), "beside": beside.__file__, "version": sys.version_info[:3],
    "path": sys.path,
}))
Path("written.txt").write_text("from the runtime")
print("line:", input())
print("rest:", repr(sys.stdin.read()))
print("to stderr", file=sys.stderr)
sys.exit(7)
"""


@every_end
def test_a_script(tmp_path: Path, release: str) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "script.py").write_text(SCRIPT, "utf-8")
    (tmp_path / "sub" / "beside.py").write_text("", "utf-8")
    (tmp_path / "data.txt").write_text("from the host", "utf-8")
    done = pyodide_abi(
        "run", "-q", "--runtime", release, "sub/script.py", "a", "--offline",
        cwd=tmp_path, stdin=b"one\ntwo\nthree",
    )  # fmt: skip
    assert done.returncode == 7, done.stderr
    told, *lines = done.stdout.decode().splitlines()
    seen = json.loads(told)
    place = str(tmp_path.resolve())
    assert seen["argv"] == ["sub/script.py", "a", "--offline"]
    assert seen["cwd"] == place
    assert seen["file"] == f"{place}/sub/script.py"
    assert seen["first"] == f"{place}/sub"
    assert seen["beside"] == f"{place}/sub/beside.py"
    assert seen["home"] == "/home/pyodide"
    assert place not in seen["path"], "the working folder itself is no part of a script's path"
    assert seen["read"] == "from the host"
    assert (tmp_path / "written.txt").read_text("utf-8") == "from the runtime"
    assert lines == ["line: one", "rest: 'two\\nthree'"]
    assert done.stderr == b"to stderr\n"


@every_end
def test_a_module_of_a_wheel(tmp_path: Path, release: str) -> None:
    files = {
        "tool/__init__.py": "",
        "tool/__main__.py": "import sys, importlib.metadata as m, dep\n"
        "print(sys.argv[1:], dep.x, m.version('tool'))\n"
        "print(m.distribution('tool').read_text('INSTALLER').strip())\n"
        "print(sorted(str(f) for f in m.files('tool') if f.suffix == '.py'))\n"
        "import added_by_pth\n",
        "tool.pth": "tool/more\n",
        "tool/more/added_by_pth.py": "",
    }
    make_wheel(tmp_path, TOOL, files, requires=["dep", "never; sys_platform == 'win32'"])
    make_wheel(tmp_path / "links", "dep-1-py3-none-any.whl", {"dep.py": "x = 'dependency'\n"})
    done = pyodide_abi(
        "run", "-q", "--runtime", release, "-f", "links", TOOL, "--", "-m", "tool", "x",
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode().splitlines() == [
        "['x'] dependency 1.5",
        "pyodide-abi",
        "['tool/__init__.py', 'tool/__main__.py', 'tool/more/added_by_pth.py']",
    ]


@every_platform
def test_an_uncaught_exception(tmp_path: Path, release: str) -> None:
    done = pyodide_abi("run", "-q", "--runtime", release, "--", "-c", "x = 1\nx / 0", cwd=tmp_path)
    assert done.returncode == 1
    first, *_, last = done.stderr.decode().splitlines()
    assert first == "Traceback (most recent call last):"
    assert last == "ZeroDivisionError: division by zero"
    assert b"pyodide" not in done.stderr.lower(), "no frame of the runtime's own"


@every_platform
def test_a_program_on_stdin(tmp_path: Path, release: str) -> None:
    program = b"import sys\nprint(sys.argv, __name__)\nsys.exit('words of farewell')\n"
    done = pyodide_abi("run", "-q", "--runtime", release, "--", "-", "a", cwd=tmp_path, stdin=program)
    assert (done.returncode, done.stdout, done.stderr) == (
        1,
        b"['-', 'a'] __main__\n",
        b"words of farewell\n",
    )


@every_end
def test_a_dead_interpreter(tmp_path: Path, release: str) -> None:
    code = "import ctypes\ndef deep():\n  print('before', flush=True)\n  ctypes.string_at(2**32 - 8)\ndeep()"
    done = pyodide_abi("run", "-q", "--runtime", release, "--", "-c", code, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (134, b"before\n")
    error = done.stderr.decode()
    assert f"error: the interpreter of the runtime {release} died: RuntimeError: memory access" in error
    assert "in deep" in error, "the Python stack is shown"


@every_platform
def test_every_byte_passes(tmp_path: Path, release: str) -> None:
    data = bytes(range(256)) * 4000
    code = "import sys; d = sys.stdin.buffer.read()\n"
    code += "sys.stdout.buffer.write(d); sys.stderr.buffer.write(d[::-1])"
    done = pyodide_abi("run", "-q", "--runtime", release, "--", "-c", code, cwd=tmp_path, stdin=data)
    assert hashlib.sha256(done.stdout).digest() == hashlib.sha256(data).digest()
    assert hashlib.sha256(done.stderr).digest() == hashlib.sha256(data[::-1]).digest()


def test_the_version_is_the_interpreter_s(tmp_path: Path) -> None:
    for release in ENDS[1::2]:
        done = pyodide_abi("run", "-q", "--runtime", release.version, "--", "-V", cwd=tmp_path)
        assert (done.returncode, done.stdout.decode().strip()) == (0, f"Python {release.python}")


def test_a_mistake_in_python_s_arguments_is_python_s_to_report(tmp_path: Path) -> None:
    done = pyodide_abi("run", "-q", "--", "--no-such-option", cwd=tmp_path)
    assert done.returncode == 2
    assert b"nknown option" in done.stderr


def test_variables_and_mounts(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "lib.py").write_text("x = 5", "utf-8")
    (tmp_path / "work").mkdir()
    code = "import sys, lib; from os import environ as e\n"
    code += "print(lib.x, e['A'], e.get('SECRET'), sys.flags.hash_randomization)"
    done = pyodide_abi(
        "run", "-q", "--mount", "../more", "--env", f"PYTHONPATH={tmp_path}/more", "--env", "A",
        "--", "-c", code,
        cwd=tmp_path / "work", environ={"A": "a", "SECRET": "s", "PYTHONHASHSEED": "0"},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, b"5 a None 0\n"), done.stderr


def test_asyncio_blocks_as_it_should(tmp_path: Path) -> None:
    code = (
        "import asyncio\nasync def f():\n    await asyncio.sleep(.01)\n    return 3\nprint(asyncio.run(f()))"
    )
    done = pyodide_abi("run", "-q", "--", "-c", code, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, b"3\n"), done.stderr


@pytest.mark.parametrize(
    ("code", "status"),
    [("import sys; sys.exit(3)", 3), ("import os; os._exit(5)", 5), ("import os; os.abort()", 134)],
)
def test_the_ways_to_end(tmp_path: Path, code: str, status: int) -> None:
    assert pyodide_abi("run", "-q", "--", "-c", code, cwd=tmp_path).returncode == status


def test_one_that_does_not_end(tmp_path: Path) -> None:
    code = "print('begun', flush=True)\nwhile True: pass"
    done = pyodide_abi("run", "-q", "--timeout", "20", "--", "-c", code, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (124, b"begun\n")
    assert b"error: the program ran for 20 s in the runtime" in done.stderr
    assert b"--timeout SECONDS" in done.stderr


CATCHES = """
import sys
try:
    print('begun', flush=True)
    while True: pass
except KeyboardInterrupt:
    sys.exit(7)
"""
NAPS = "import time; print('begun', flush=True)\nwhile True: time.sleep(0.05)"
AWAITS = """
import asyncio
async def main():
    print('begun', flush=True)
    while True: await asyncio.sleep(0.05)
asyncio.run(main())
"""
SLEEPS_AND_CATCHES = """
import sys, time
try:
    print('begun', flush=True)
    time.sleep(100)
except KeyboardInterrupt:
    sys.exit(7)
"""
AWAITS_AND_CLEANS_UP = """
import asyncio, sys
async def main():
    try:
        print('begun', flush=True)
        await asyncio.sleep(100)
    finally:
        print('cleaned up', flush=True)
try:
    asyncio.run(main())
except KeyboardInterrupt:
    sys.exit(7)
"""
SLEEPS = "import time; print('begun', flush=True); time.sleep(100)"
TURNS = "print('begun', flush=True)\nwhile True: pass"


@pytest.mark.parametrize(
    ("code", "number", "status"),
    [
        (CATCHES, signal.SIGINT, 7),
        (TURNS, signal.SIGINT, 130),
        (SLEEPS, signal.SIGINT, 130),
        (SLEEPS_AND_CATCHES, signal.SIGINT, 7),
        (AWAITS_AND_CLEANS_UP, signal.SIGINT, 7),
        (NAPS, signal.SIGINT, 130),
        (AWAITS, signal.SIGINT, 130),
        (TURNS, signal.SIGKILL, 137),
    ],
)
def test_one_that_is_interrupted_or_killed(tmp_path: Path, code: str, number: int, status: int) -> None:
    """Ctrl-C reaches everything that the terminal started; a kill only what it names."""
    with subprocess.Popen(
        [sys.executable, "-m", "pyodide_abi", "run", "-q", "--", "-c", code],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        # As a terminal starts it, also where these tests are started in a way that ignores interrupts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n", "its output comes while it runs"
        if number == signal.SIGINT:
            os.killpg(process.pid, number)
        else:
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("ascii").split()
            (node,) = (child for child in children if b"node" in Path(f"/proc/{child}/cmdline").read_bytes())
            os.kill(int(node), number)
        _, error = process.communicate(timeout=HANGS)
    assert process.returncode == status, error
    # Where Python runs it is the program that is interrupted, and shows where.
    if code in {TURNS, SLEEPS}:
        assert (b"\nKeyboardInterrupt" in error) == (number == signal.SIGINT)
    assert (b"died" in error) == (number == signal.SIGKILL)
    assert b"driver.mjs" not in error


@pytest.mark.parametrize("release", ["0.26.0", "0.28.3", "314.0.7"])
def test_packages_of_the_release(tmp_path: Path, release: str) -> None:
    """Pure ones of its lock file, where files of the index may stand in, and one of the index alone."""
    code = "import micropip, packaging, iniconfig; print(micropip.__name__, iniconfig.__name__)"
    words = ["--runtime", release, "--with", "micropip", "--with", "packaging", "-w", "iniconfig==2.1.0"]
    done = pyodide_abi("run", "-q", *words, "-c", code, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, b"micropip iniconfig\n"), done.stderr


@every_platform
def test_the_tests_of_an_installed_project(tmp_path: Path, release: str) -> None:
    links = tmp_path / "links"
    names = ("pytest==8.4.2", "iniconfig==2.1.0", "packaging==25.0", "pluggy==1.6.0", "pygments==2.19.2")
    words = ["download", "-q", "--no-deps", "--only-binary=:all:", "-d", str(links), *names]
    subprocess.run([sys.executable, "-m", "pip", *words], check=True, timeout=WORK_HANGS)
    wheel = make_wheel(tmp_path, TOOL, {"tool/__init__.py": "def double(x): return 2 * x\n"})
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_tool.py").write_text(
        "import os, tool, pytest\n"
        "def test_good(tmp_path, capfd):\n"
        "    (tmp_path / 'x').write_text('1')\n"
        "    with open('synced', 'w') as file:\n"
        "        os.fsync(file.fileno())\n"
        "    assert tool.double(2) == 4\n"
        "def test_bad():\n    assert tool.double(2) == 5\n"
        # The teardown of CPython 3.13 and later clears these in a way that kills a WebAssembly interpreter
        # (https://github.com/python/cpython/issues/156762): sys.exit(pytest.main()) met it.
        "from operator import methodcaller\n"
        "@pytest.mark.parametrize('view', [pytest.param(methodcaller(p), id=p) for p in ['keys', 'items']])\n"
        "def test_good_views(view):\n    assert not view({})\n",
        "utf-8",
    )
    start = ("run", "-q", "--runtime", release, "-w", wheel, "-w", "pytest", "-f", "links", "--")
    done = pyodide_abi(*start, "-m", "pytest", "-q", "tests", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert b"assert 4 == 5" in done.stdout
    assert b"1 failed, 3 passed" in done.stdout
    code = "import pytest, sys; sys.exit(pytest.main(['-q', '-k', 'good', 'tests']))"
    done = pyodide_abi(*start, "-c", code, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert b"3 passed, 1 deselected" in done.stdout
