"""Who does the work: the user's own executor, or processes of ours."""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

import pytest
from made_wheels import make_wheel

from pyodide_abi.cli.main import main
from pyodide_abi.errors import FailedError, MissingError, UsageError
from pyodide_abi.executors import free_memory, opened_executor, result_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MODULE = """\
from concurrent.futures import Executor, Future
closed = []
class Here(Executor):
    def submit(self, function, *words):
        future = Future()
        future.set_result(function(*words))
        return future
    def shutdown(self, wait=True):
        closed.append(wait)
class Inner:
    make = Here
def broken():
    raise ConnectionError("no scheduler")
number = 3
def nothing():
    return None
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "my_cluster.py").write_text(MODULE)
    yield tmp_path
    sys.modules.pop("my_cluster", None)


@pytest.mark.parametrize("named", ["my_cluster:Here", "my_cluster:Inner.make"])
def test_the_users_own(named: str, folder: Path) -> None:
    with opened_executor(named, 1, folder) as executor:
        assert executor is not None
        assert executor.submit(abs, -3).result() == 3
    assert sys.modules["my_cluster"].closed == [False]


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("my_cluster:absent", "is not there"),
        ("no_such_module:x", "is not there"),
        ("my_cluster", "is not there"),
        (":x", "is not there"),
        ("my_cluster:number", "is no function"),
        ("my_cluster:nothing", "no method submit"),
        ("my_cluster:broken", "ConnectionError: no scheduler"),
    ],
)
def test_what_is_none(named: str, said: str, folder: Path) -> None:
    with pytest.raises(UsageError, match=said), opened_executor(named, 1, folder):
        pytest.fail("there is none")


def test_processes_of_ours(tmp_path: Path) -> None:
    with opened_executor(None, 1, tmp_path) as executor:
        assert executor is None
    with opened_executor(None, 2, tmp_path) as executor:
        assert executor is not None
        assert executor.submit(os.getpid).result() != os.getpid()


def test_more_processes_than_the_system_lets_one_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It counts threads, too; without them the standard library's pool waits for ever."""
    start = threading.Thread.start
    started: list[threading.Thread] = []

    def refuse(thread: threading.Thread) -> None:
        if len(started) == 5:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(MissingError, match="no 2 more processes"), opened_executor(None, 2, tmp_path):
        pytest.fail("there is none")
    assert threading.active_count() == 1


def test_free_memory(tmp_path: Path) -> None:
    assert free_memory(tmp_path / "absent") is None
    file = tmp_path / "meminfo"
    file.write_text("MemTotal:       100 kB\nMemFree:  1 kB\nMemAvailable:      12 kB\n")
    assert free_memory(file) == 12 << 10


@pytest.mark.parametrize(
    ("raised", "kind", "said"),
    [(UsageError("no"), UsageError, "no"), (KeyError("x"), FailedError, "KeyError: 'x'")],
)
def test_what_work_raises_is_told_in_words(raised: Exception, kind: type[Exception], said: str) -> None:
    future: Future[int] = Future()
    future.set_exception(raised)
    with pytest.raises(kind, match=said):
        result_of(future)


def test_an_audit_is_done_by_the_users_own(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_wheel(folder, "spam-1.0-py3-none-any.whl", {"spam.py": ""})
    words = ["audit", "spam-1.0-py3-none-any.whl", "--executor"]
    assert main([*words, "my_cluster:Here"], {}, folder) == 0
    assert sys.modules["my_cluster"].closed == [False]
    assert main([*words, "my_cluster:nothing"], {}, folder) == 2
    assert "no method submit" in capsys.readouterr().err
