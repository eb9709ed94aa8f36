from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import pytest
from fake_host import FakeRunner, completed, make_host
from fake_node import BOOTED, DONE, make_node_host

from pyodide_abi.platforms import find_release
from pyodide_abi.runtime.node import Node
from pyodide_abi.runtime.program import Program, run_python
from pyodide_abi.runtime.snapshot import obtain_snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.host import Host

RELEASE = find_release("314.0.7")[1]


class Made:
    """A release of which snapshots are made."""

    def __init__(self, tmp_path: Path) -> None:
        self.folder = tmp_path
        self.node = Node(path=tmp_path / "node", version="24.1.0")
        self.requests: list[dict[str, Any]] = []
        self.host = make_node_host(tmp_path, self.driver, [RELEASE.version])

    def driver(self, request: dict[str, Any]) -> list[Any]:
        self.requests.append(request)
        return [BOOTED, DONE]

    def obtain(self) -> Path:
        file = obtain_snapshot(RELEASE, self.folder, self.node, self.host)
        assert file is not None
        return file

    def entries(self) -> list[str]:
        return self.host.store.keys("snapshots")


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    monkeypatch.setattr("pyodide_abi.runtime.node._package_folder", lambda: None)
    return Made(tmp_path)


def test_one_snapshot_serves_all_starts(made: Made) -> None:
    assert made.obtain() == made.obtain()
    assert len(made.entries()) == 1


def test_a_program_starts_from_nothing(made: Made, tmp_path: Path) -> None:
    run_python(Program(args=("-c", "1"), cwd=tmp_path), RELEASE, made.host)
    assert [request["memory"] for request in made.requests] == [None]
    assert made.entries() == []


def test_those_that_another_version_of_ours_uses_are_kept(made: Made) -> None:
    fresh, stale, other = (
        f"snapshots/{version}+24.1.0+{name}+settings"
        for version, name in (
            (RELEASE.version, "fresh"),
            (RELEASE.version, "stale"),
            ("0.29.4", "stale"),
        )
    )
    for key in (fresh, stale, other):
        made.host.store.obtain(key, lambda partial, _place: (partial / "memory.bin").touch())
    long_ago = time.time() - 30 * 24 * 3600
    for key in (stale, other):
        os.utime(made.host.store.root / key, (long_ago, long_ago))
    made.obtain()
    assert {fresh, other} < set(made.entries())
    assert stale not in made.entries()


def test_a_start_counts_as_use(made: Made) -> None:
    entry = made.obtain().parent
    long_ago = time.time() - 30 * 24 * 3600
    os.utime(entry, (long_ago, long_ago))
    made.obtain()
    assert time.time() - entry.stat().st_mtime < 3600


def failing_host(tmp_path: Path) -> Host:
    return make_host(tmp_path, FakeRunner(lambda words, _cwd: completed(words, status=1, stderr="no room")))


def test_a_release_that_makes_none_starts_from_nothing(tmp_path: Path) -> None:
    node = Node(path=tmp_path / "node", version="24.1.0")
    host = failing_host(tmp_path)
    assert obtain_snapshot(RELEASE, tmp_path, node, host) is None
    assert host.store.keys("snapshots") == []
