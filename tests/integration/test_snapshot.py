"""Interpreters from a snapshot are like those that start from nothing."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from real_host import real_host

from pyodide_abi.platforms import find_release
from pyodide_abi.runtime import find_node, install_release
from pyodide_abi.runtime.driver import drive
from pyodide_abi.runtime.protocol import Imported, Probe, Request
from pyodide_abi.runtime.snapshot import KEY, obtain_snapshot

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.integration
#: One of each version of Python: 3.12 is as old as our platforms, 3.15 as new.
several = pytest.mark.parametrize("version", ["0.27.8", "0.29.5", "314.0.7", "315.0.0-alpha.2"])

LOOK = """\
import json, os, random, sys, time
def probe(module, path, direct, send):
    seen = {
        "path": sys.path, "flags": list(sys.flags), "cwd": os.getcwd(),
        "environ": dict(sorted(os.environ.items())), "executable": sys.executable,
        "modules": sorted(sys.modules), "zone": [time.tzname, time.timezone],
        "encoding": sys.getfilesystemencoding(), "random": random.random(),
        "urandom": os.urandom(4).hex(), "left": hasattr(sys, "left"),
    }
    sys.left = 1
    send(json.dumps({"imported": path, "error": json.dumps(seen), "missing": ""}))
"""
HOST = real_host()


def seen(version: str, memory: Path | None) -> dict[str, Any]:
    """What a probe sees of its interpreter."""
    request = Request(
        release=install_release(find_release(version)[1], HOST),
        environ={"A": "b"},
        memory=memory,
        probe=Probe(module="m", path="m", direct=False, source=LOOK),
    )
    heard = drive(request, find_node(HOST), HOST, timeout=120)
    (said,) = (message for message in heard.messages if isinstance(message, Imported))
    found: dict[str, Any] = json.loads(said.error)
    return found


def snapshot(version: str) -> Path:
    release = find_release(version)[1]
    made = obtain_snapshot(release, install_release(release, HOST), find_node(HOST), HOST)
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


def test_one_that_vanishes_before_it_is_read_is_done_without(tmp_path: Path) -> None:
    assert seen("314.0.7", tmp_path / "memory.bin")["environ"]["A"] == "b"


def test_two_make_it_at_once_and_later_starts_take_a_fraction(tmp_path: Path) -> None:
    release = find_release("314.0.7")[1]
    folder = install_release(release, HOST)
    hosts = [real_host(tmp_path / "cache", offline=True) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        files = list(pool.map(lambda host: obtain_snapshot(release, folder, find_node(HOST), host), hosts))
    (key,) = hosts[0].store.keys(KEY)
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
    release = find_release("314.0.7")[1]
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "snapshots").write_text("a file is in the way", "utf-8")
    host = real_host(tmp_path / "cache", offline=True)
    assert obtain_snapshot(release, install_release(release, HOST), find_node(HOST), host) is None
