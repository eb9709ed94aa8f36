from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from fake_host import FakeRunner, completed, make_host
from fake_node import BOOTED, DONE, make_node_host

from pyodide_abi.platforms import find_release
from pyodide_abi.runtime.node import Node
from pyodide_abi.runtime.program import Program, run_python
from pyodide_abi.runtime.snapshot import can_start, obtain_snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.host import Host

RELEASE = find_release("314.0.7")[1]


@pytest.fixture
def cwd(tmp_path: Path) -> Path:
    (tmp_path / "script.py").write_text("", "utf-8")
    with zipfile.ZipFile(tmp_path / "program.pyz", "w") as archive:
        archive.writestr("__main__.py", "")
    (tmp_path / "work").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("args", "answer"),
    [
        (("-c", "code"), True),
        (("-c", " indented"), False),
        (("-c",), False),
        (("-m", "module", "-x"), True),
        (("-m",), False),
        (("-",), True),
        ((), True),
        (("script.py", "a"), True),
        (("missing.py",), False),
        (("program.pyz",), False),
        (("work",), False),
        (("-V",), False),
        (("-O", "script.py"), False),
        (("-ccode",), False),
    ],
)
def test_what_can_begin_in_an_interpreter_that_is_there(
    cwd: Path, args: tuple[str, ...], answer: bool
) -> None:
    assert can_start(args, {}, cwd=cwd, folders=(cwd,), terminal=False) is answer


def test_a_program_from_the_terminal_cannot(cwd: Path) -> None:
    for args in ((), ("-",)):
        assert not can_start(args, {}, cwd=cwd, folders=(cwd,), terminal=True)
    assert can_start(("-c", "x"), {}, cwd=cwd, folders=(cwd,), terminal=True)


def test_a_script_has_to_be_seen(cwd: Path) -> None:
    assert not can_start(("../script.py",), {}, cwd=cwd / "work", folders=(cwd / "work",), terminal=False)


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
def test_variables_that_are_read_at_the_start(cwd: Path, name: str, value: str, answer: bool) -> None:
    assert can_start(("-c", "x"), {name: value}, cwd=cwd, folders=(cwd,), terminal=False) is answer


class Counting:
    """A driver that remembers what was asked of it."""

    def __init__(self, tmp_path: Path) -> None:
        self.host = make_node_host(tmp_path, self.driver, [RELEASE.version])
        self.requests: list[dict[str, Any]] = []

    def driver(self, request: dict[str, Any]) -> list[Any]:
        self.requests.append(request)
        return [BOOTED, DONE]

    def run(self, cwd: Path, *args: str, **environ: str) -> dict[str, Any]:
        run_python(Program(args=args, cwd=cwd, environ=environ), RELEASE, self.host)
        return self.requests[-1]


@pytest.fixture
def counting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counting:
    monkeypatch.setattr("pyodide_abi.runtime.node._package_folder", lambda: None)
    return Counting(tmp_path)


def test_one_snapshot_serves_all_starts(counting: Counting, cwd: Path) -> None:
    first = counting.run(cwd, "-c", "1")
    second = counting.run(cwd, "script.py", A="b")
    assert first["memory"] == second["memory"] != ""
    assert "def settle" in first["start"]
    assert len(counting.host.store.keys("snapshots")) == 1


def test_a_start_from_nothing_needs_none(counting: Counting, cwd: Path) -> None:
    assert counting.run(cwd, "-O", "script.py")["memory"] is None
    assert counting.run(cwd, "script.py", PYTHONHASHSEED="1")["memory"] is None
    assert counting.host.store.keys("snapshots") == []


def test_a_language_has_one_of_its_own(counting: Counting, cwd: Path) -> None:
    plain = counting.run(cwd, "script.py")["memory"]
    assert counting.run(cwd, "script.py", LC_ALL="C")["memory"] != plain
    assert counting.run(cwd, "script.py")["memory"] == plain


def test_those_of_another_version_of_ours_are_removed(counting: Counting, cwd: Path) -> None:
    old = f"snapshots/{RELEASE.version}+24.1.0+old+settings"
    other = "snapshots/0.29.4+24.1.0+old+settings"
    for key in (old, other):
        counting.host.store.obtain(key, lambda partial, _place: (partial / "memory.bin").touch())
    counting.run(cwd, "script.py")
    keys = counting.host.store.keys("snapshots")
    assert other in keys
    assert old not in keys


def failing_host(tmp_path: Path) -> Host:
    return make_host(tmp_path, FakeRunner(lambda words, _cwd: completed(words, status=1, stderr="no room")))


def test_a_release_that_makes_none_starts_from_nothing(tmp_path: Path) -> None:
    node = Node(path=tmp_path / "node", version="24.1.0")
    host = failing_host(tmp_path)
    assert obtain_snapshot(RELEASE, tmp_path, {}, node, host) is None
    assert host.store.keys("snapshots") == []
