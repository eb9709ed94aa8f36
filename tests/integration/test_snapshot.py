"""A program in an interpreter from a snapshot is like one in an interpreter that starts from nothing."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from real_host import pyodide_abi, real_host

import pyodide_abi.runtime.program as program_module
from pyodide_abi.platforms import find_release
from pyodide_abi.runtime import Program, find_node, install_release, run_python
from pyodide_abi.runtime.snapshot import KEY, obtain_snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.runtime import Finished

pytestmark = pytest.mark.integration
#: CPython's main differs with each version; 3.12's is as old as our platforms, 3.15's as new.
several = pytest.mark.parametrize("version", ["0.27.8", "0.29.5", "315.0.0-alpha.2"])

LOOK = """\
import __main__, json, os, sys, time
print(json.dumps({
    "argv": sys.argv, "original": sys.orig_argv, "path": sys.path, "flags": list(sys.flags),
    "cwd": os.getcwd(), "environ": dict(sorted(os.environ.items())),
    "executable": sys.executable, "modules": sorted(sys.modules),
    "main": {name: str(type(value)) for name, value in sorted(vars(__main__).items())},
    "file": getattr(__main__, "__file__", None), "hook": sys.excepthook is sys.__excepthook__,
    "zone": [time.tzname, time.timezone], "encoding": sys.getfilesystemencoding(),
    "streams": [
        [str(stream.buffer).split(" object")[0], stream.encoding, stream.errors, stream.line_buffering,
         stream.write_through, stream.mode, stream.isatty()]
        for stream in (sys.stdin, sys.stdout, sys.stderr)
    ],
}))
"""
FAIL = """\
def f(x):
    return 1 / x
try:
    f(0)
except ZeroDivisionError as error:
    raise ValueError("späß") from error
"""
PROGRAMS: list[tuple[tuple[str, ...], bytes, dict[str, str]]] = [
    (("-c", LOOK, "a", "-x"), b"", {"PYTHONUNBUFFERED": "1", "LC_ALL": "C"}),
    (("look.py", "a"), b"", {"LANG": "de_DE.UTF-8", "A": "b"}),
    (("-", "a"), LOOK.encode(), {}),
    (("-c", FAIL), b"", {}),
    (("-m", "package", "x"), b"", {}),
    (("-c", "raise KeyboardInterrupt"), b"", {}),
]


@several
def test_programs_see_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    (tmp_path / "look.py").write_text(LOOK, "utf-8")
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__main__.py").write_text(
        "import sys\nprint(sys.argv, sys.path)\n1 / 0\n", "utf-8"
    )
    host, release = real_host(), find_release(version)[1]
    node = find_node(host)

    def ended(index: int) -> Finished:
        args, stdin, environ = PROGRAMS[index]
        return run_python(
            Program(args=args, cwd=tmp_path, environ=environ), release, host, node=node, stdin=stdin
        )

    def all_of_them() -> list[Finished]:
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(ended, range(len(PROGRAMS))))

    fast = all_of_them()
    monkeypatch.setattr(program_module, "can_start", lambda *_args, **_kwargs: False)
    for (args, _, _), quick, slow in zip(PROGRAMS, fast, all_of_them(), strict=True):
        if quick.stdout.startswith("{"):
            assert json.loads(quick.stdout) == json.loads(slow.stdout), args
        assert (quick.status, quick.stderr, quick.died) == (slow.status, slow.stderr, slow.died), args


def test_each_start_has_randomness_and_memory_of_its_own(tmp_path: Path) -> None:
    code = "import random, os, sys\n"
    code += "print(random.random(), os.urandom(4).hex(), hasattr(sys, 'left')); sys.left = 1"
    said = [
        pyodide_abi("run", "-q", "--", "-c", code, cwd=tmp_path).stdout.decode().split() for _ in range(2)
    ]
    assert said[0][0] != said[1][0]
    assert said[0][1] != said[1][1]
    assert said[0][2] == said[1][2] == "False"


def test_two_processes_make_it_at_once_and_later_starts_take_a_fraction(tmp_path: Path) -> None:
    version = "314.0.7"
    folder = install_release(find_release(version)[1], real_host())
    cache = tmp_path / "cache"
    (cache / "runtimes").mkdir(parents=True)
    (cache / "runtimes" / version).symlink_to(folder)
    words = ("run", "--runtime", version, "--offline", "--cache-dir", cache, "--", "-c", "print(6 * 7)")
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: pyodide_abi(*words, cwd=tmp_path), range(2)))
    assert [done.stdout for done in both] == [b"42\n"] * 2, [done.stderr for done in both]
    host = real_host(cache, offline=True)
    (key,) = host.store.keys(KEY)
    file = cache / key / "memory.bin"
    assert file.stat().st_blocks * 512 < file.stat().st_size, "pages of zeros take no room"
    node = find_node(host)
    release = find_release(version)[1]
    assert obtain_snapshot(release, folder, host.environ, node, host) == file

    def processor_time(*args: str) -> float:
        before = os.times()
        run_python(Program(args=args, cwd=tmp_path), release, host, node=node)
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    fast = min(processor_time("-c", "pass") for _ in range(2))
    slow = processor_time("-I", "-c", "pass")
    assert fast < slow * 0.7  # In wall time on an idle machine it is less than a quarter.


def test_where_no_snapshot_can_be_kept_a_program_still_runs(tmp_path: Path) -> None:
    version = "314.0.7"
    folder = install_release(find_release(version)[1], real_host())
    cache = tmp_path / "cache"
    (cache / "runtimes").mkdir(parents=True)
    (cache / "runtimes" / version).symlink_to(folder)
    (cache / "snapshots").write_text("a file is in the way", "utf-8")
    done = pyodide_abi(
        "run", "--runtime", version, "--cache-dir", cache, "--", "-c", "print(1)", cwd=tmp_path
    )
    assert (done.returncode, done.stdout) == (0, b"1\n"), done.stderr
    assert b"starts slowly: no snapshot" in done.stderr
