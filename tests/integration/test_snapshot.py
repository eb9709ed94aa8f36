"""Interpreters from a snapshot are like those that start from nothing, and so are programs in them."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from patience import HANGS
from real_host import real_host

import pyodide_abi.runtime.program as program_module
from pyodide_abi.platforms import find_runtime
from pyodide_abi.runtime.driver import drive
from pyodide_abi.runtime.node import find_node
from pyodide_abi.runtime.program import Program, run_python
from pyodide_abi.runtime.protocol import Batch, Probe, Request
from pyodide_abi.runtime.releases import SNAPSHOTS, install_release
from pyodide_abi.runtime.replies import Imported
from pyodide_abi.runtime.snapshot import obtain_snapshot

if TYPE_CHECKING:
    from pyodide_abi.runtime.program import Finished

pytestmark = pytest.mark.integration
#: One of each version of Python: 3.12 is as old as our platforms, 3.15 as new.
several = pytest.mark.parametrize("version", ["0.27.8", "0.29.5", "314.0.7", "315.0.0-alpha.2"])

LOOK = """\
import json, os, random, sys, time
seen = {
    "path": sys.path, "flags": list(sys.flags), "cwd": os.getcwd(),
    "environ": dict(sorted(os.environ.items())), "executable": sys.executable,
    "modules": sorted(sys.modules), "zone": [time.tzname, time.timezone],
    "encoding": sys.getfilesystemencoding(), "random": random.random(),
    "urandom": os.urandom(4).hex(), "left": hasattr(sys, "left"),
}
sys.left = 1
raise ImportError(json.dumps(seen))
"""
HOST = real_host()


def seen(version: str, memory: Path | None) -> dict[str, Any]:
    """What a probe sees of its interpreter."""
    with tempfile.TemporaryDirectory() as site:
        Path(site, "look.py").write_text(LOOK, "utf-8")
        request = Request(environ={"A": "b"}, site=Path(site), probes=(Probe(module="look", path="look.py"),))
        folder = install_release(find_runtime(version).release, HOST)
        batch = Batch(release=folder, requests=(request,), memory=memory)
        ((heard,),) = drive(batch, find_node(HOST), HOST, timeout=HANGS)
    (said,) = (message for message in heard.messages if isinstance(message, Imported))
    found: dict[str, Any] = json.loads(said.error.removeprefix("ImportError: "))
    return found


def snapshot(version: str) -> Path:
    release = find_runtime(version).release
    made = obtain_snapshot(release, install_release(release, HOST), {}, find_node(HOST), HOST)
    assert made is not None
    return made


@several
def test_modules_see_the_same(version: str) -> None:
    memory = snapshot(version)
    plain, first, second = (seen(version, chosen) for chosen in (None, memory, memory))
    for name in ("random", "urandom"):
        values = [found.pop(name) for found in (plain, first, second)]
        assert len(set(values)) == 3, "each start has randomness of its own"
    assert first == second == plain


def test_one_that_vanishes_before_it_is_read_or_is_broken_is_done_without(tmp_path: Path) -> None:
    broken = tmp_path / "memory.bin"
    assert seen("314.0.7", broken)["environ"]["A"] == "b"
    whole = snapshot("314.0.7").read_bytes()
    broken.write_bytes(whole[: len(whole) // 2])
    assert seen("314.0.7", broken)["environ"]["A"] == "b"
    assert not broken.exists(), "the next start makes another"
    refused = whole[:-32] + bytes(32)  # It does not fit into the memory of the interpreter.
    broken.write_bytes(refused + hashlib.sha256(refused).digest())
    assert seen("314.0.7", broken)["environ"]["A"] == "b"


def test_two_make_it_at_once_and_later_starts_take_a_fraction(tmp_path: Path) -> None:
    release = find_runtime("314.0.7").release
    folder = install_release(release, HOST)
    hosts = [real_host(tmp_path / "cache", offline=True) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        files = list(
            pool.map(lambda host: obtain_snapshot(release, folder, {}, find_node(HOST), host), hosts)
        )
    (key,) = hosts[0].store.keys(SNAPSHOTS)
    file = tmp_path / "cache" / key / "memory.bin"
    assert files == [file, file]
    assert file.stat().st_blocks * 512 < file.stat().st_size, "pages of zeros take no room"

    def processor_time(memory: Path | None) -> float:
        before = os.times()
        seen("314.0.7", memory)
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    fast = min(processor_time(file) for _ in range(2))
    assert fast < processor_time(None) * 0.7  # In wall time on an idle machine it is less than a quarter.


def test_where_none_can_be_kept_there_is_none(tmp_path: Path) -> None:
    release = find_runtime("314.0.7").release
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "snapshots").write_text("a file is in the way", "utf-8")
    host = real_host(tmp_path / "cache", offline=True)
    assert obtain_snapshot(release, install_release(release, HOST), {}, find_node(HOST), host) is None


LOOK_AROUND = """\
import __main__, json, os, pickle, sys, time
class A:
    pass
print(json.dumps({
    "argv": sys.argv, "original": sys.orig_argv, "path": sys.path, "flags": list(sys.flags),
    "cwd": os.getcwd(), "environ": dict(sorted(os.environ.items())), "executable": sys.executable,
    "modules": sorted(sys.modules),
    "main": {name: str(type(it)) for name, it in sorted(vars(__main__).items())},
    "file": getattr(__main__, "__file__", None), "hook": sys.excepthook is sys.__excepthook__,
    "pickled": type(pickle.loads(pickle.dumps(A()))) is A,
    "zone": [time.tzname, time.timezone], "encoding": sys.getfilesystemencoding(),
    "streams": [
        [str(stream.buffer).split(" object")[0], stream.encoding, stream.errors, stream.line_buffering,
         stream.write_through, stream.mode, stream.isatty()]
        for stream in (sys.stdin, sys.stdout, sys.stderr)
    ],
}))
"""
#: Everything that happens after a program's last line.
ENDING = """\
import atexit, concurrent.futures.thread, logging.handlers, sys, threading, weakref
class A:
    pass
a = A()
atexit.register(print, "atexit, first registered")
weakref.finalize(a, print, "finalized")
atexit.register(int, "x")
threading._register_atexit(print, "threads")
logging.getLogger().addHandler(logging.handlers.MemoryHandler(9, target=logging.StreamHandler(sys.stdout)))
logging.warning("logged")
left = open("left.txt", "w")
left.write("kept")
print("last line", end="")
sys.exit("farewell")
"""
ENDED = "last linethreads\nfinalized\natexit, first registered\nlogged\n"
FAIL = """\
def f(x):
    return 1 / x
try:
    f(0)
except ZeroDivisionError as error:
    raise ValueError("späß") from error
"""
PROGRAMS: list[tuple[tuple[str, ...], bytes, dict[str, str]]] = [
    (("look.py", "a"), b"", {"LANG": "de_DE.UTF-8", "A": "b"}),
    (("-c", ENDING), b"", {}),
    (("-c", LOOK_AROUND, "a", "-x"), b"", {"PYTHONUNBUFFERED": "1", "LC_ALL": "C"}),
    (("-", "a"), FAIL.encode(), {}),
    (("-m", "package", "x"), b"", {}),
    (("-c", "raise KeyboardInterrupt"), b"", {}),
]


@pytest.mark.parametrize(("version", "count"), [("0.26.0", 2), ("0.27.8", 2), ("0.29.5", 2), ("314.0.7", 6)])
def test_programs_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, count: int
) -> None:
    (tmp_path / "look.py").write_text(LOOK_AROUND, "utf-8")
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__main__.py").write_text(
        "import sys\nprint(sys.argv, sys.path, __spec__.name)\n1 / 0\n", "utf-8"
    )
    release = find_runtime(version).release

    def ended(program: tuple[tuple[str, ...], bytes, dict[str, str]]) -> Finished:
        args, stdin, environ = program
        return run_python(Program(args=args, cwd=tmp_path, environ=environ), release, HOST, stdin=stdin)

    def all_of_them() -> list[Finished]:
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(ended, PROGRAMS[:count]))

    fast = all_of_them()
    assert (tmp_path / "left.txt").read_text("utf-8") == "kept"
    assert (fast[1].status, fast[1].stdout) == (1, ENDED)
    first, *_, last = fast[1].stderr.splitlines()
    assert (first, last) == ("farewell", "ValueError: invalid literal for int() with base 10: 'x'")
    monkeypatch.setattr(program_module, "can_start", lambda *_: False)
    for (args, _, _), quick, slow in zip(PROGRAMS, fast, all_of_them(), strict=False):
        if quick.stdout.startswith("{"):
            assert json.loads(quick.stdout) == json.loads(slow.stdout), args
        else:
            assert quick.stdout == slow.stdout, args
        assert (quick.status, quick.stderr, quick.died) == (slow.status, slow.stderr, slow.died), args
    assert not any(done.died for done in fast)
    assert [done.status for done in fast] == [0, 1, 0, 1, 1, 130][:count]


def test_programs_have_randomness_and_memory_of_their_own(tmp_path: Path) -> None:
    code = """\
import os, random, secrets, sys, tempfile, uuid
print(random.random(), os.urandom(4).hex(), secrets.token_hex(4), uuid.uuid4(), tempfile.mktemp())
print(hasattr(sys, "left"))
sys.left = 1
"""
    release = find_runtime("314.0.7").release
    first, second = (
        run_python(Program(args=("-c", code), cwd=tmp_path), release, HOST).stdout.split() for _ in range(2)
    )
    assert first[-1] == second[-1] == "False"
    assert not set(first[:-1]) & set(second[:-1])
