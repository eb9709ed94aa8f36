from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import pytest
from fake_host import FakeRunner, completed, make_host
from fake_node import BOOTED, DONE, make_node_host

from pyodide_abi.platforms import find_runtime
from pyodide_abi.runtime.node import Node
from pyodide_abi.runtime.program import Program, run_python
from pyodide_abi.runtime.snapshot import can_start, obtain_snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.host import Host

RELEASE = find_runtime("314.0.7").release


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

    def obtain(self, **environ: str) -> Path:
        file = obtain_snapshot(RELEASE, self.folder, environ, self.node, self.host)
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


def test_a_language_has_one_of_its_own(made: Made) -> None:
    assert made.obtain(LC_ALL="C") != made.obtain(A="b") == made.obtain()


def asked(made: Made, tmp_path: Path, *args: str, **environ: str) -> dict[str, Any]:
    run_python(Program(args=args, cwd=tmp_path, environ=environ), RELEASE, made.host)
    return made.requests[-1]


def test_a_program_starts_from_it(made: Made, tmp_path: Path) -> None:
    request = asked(made, tmp_path, "-c", "1", "a", A="b")
    assert request["memory"] == str(made.obtain())
    assert (request["args"], request["program"]) == (["-m", "_pyodide_abi"], ["-c", "1", "a"])


def test_python_s_own_options_and_variables_need_a_start_from_nothing(made: Made, tmp_path: Path) -> None:
    request = asked(made, tmp_path, "-O", "script.py")
    assert request["memory"] is None
    assert (request["args"], request["program"]) == (["-O", "-m", "_pyodide_abi"], ["script.py"])
    request = asked(made, tmp_path, "script.py", PYTHONHASHSEED="1")
    assert (request["memory"], request["program"]) == (None, ["script.py"])
    assert made.entries() == []


def test_what_only_main_can_do_is_left_to_it(made: Made, tmp_path: Path) -> None:
    for request in (asked(made, tmp_path, "-V"), asked(made, tmp_path, "-V", PYTHONINSPECT="1")):
        assert (request["memory"], request["args"], request["program"]) == (None, ["-V"], None)


@pytest.mark.parametrize(
    ("name", "value", "answer"),
    [
        ("PYTHONHASHSEED", "0", False),
        ("PYTHONPATH", "/x", False),
        ("PYTHONHASHSEED", "", True),
        ("PYTHONUNBUFFERED", "1", True),
        ("A", "1", True),
    ],
)
def test_variables_that_are_read_at_the_start(name: str, value: str, answer: bool) -> None:
    assert can_start((), {name: value}) is answer
    assert not can_start(("-O",), {name: value})


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


def test_one_that_was_broken_is_made_again(made: Made) -> None:
    file = made.obtain()
    file.unlink()
    assert made.obtain() == file
    assert file.exists()


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
    assert obtain_snapshot(RELEASE, tmp_path, {}, node, host) is None
    assert host.store.keys("snapshots") == []
