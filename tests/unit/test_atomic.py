"""Results are whole or absent, and what a killed process leaves is gone after the next."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

import pytest

from pyodide_abi import atomic
from pyodide_abi.atomic import replacing, staging, temporary, write_whole

if TYPE_CHECKING:
    from pathlib import Path

fcntl = pytest.importorskip("fcntl", reason="folders are locked on POSIX alone")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_nothing_is_there_before_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b" / "file"
    with replacing(target) as partial:
        partial.write_bytes(b"new")
        assert not target.exists()
    assert target.read_bytes() == b"new"
    assert names(target.parent) == ["file"]


def fail(target: Path, error: BaseException) -> None:
    with replacing(target) as partial:
        partial.write_bytes(b"half")
        raise error


@pytest.mark.parametrize("error", [OSError(28, "No space left"), KeyboardInterrupt(), SystemExit(3)])
def test_a_failure_leaves_the_old_file_and_no_folder_of_ours(tmp_path: Path, error: BaseException) -> None:
    old = tmp_path / "old"
    old.write_bytes(b"old")
    for target in (old, tmp_path / "a" / "b" / "file"):
        with pytest.raises(type(error)):
            fail(target, error)
    assert names(tmp_path) == ["old"]
    assert old.read_bytes() == b"old"
    if isinstance(error, OSError):
        assert error.filename is not None, "a full disk is reported with a place"


def test_a_folder_that_was_there_stays(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with staging(tmp_path / "empty"):
        pass
    with staging(tmp_path / "new" / "newer"):
        pass
    assert names(tmp_path) == ["empty"]


def test_permissions_are_those_of_the_other(tmp_path: Path) -> None:
    like = tmp_path / "like"
    like.write_bytes(b"")
    like.chmod(0o750)
    write_whole(tmp_path / "file", b"data", like=like)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o750


def test_what_a_dead_process_left_is_removed_and_what_a_living_one_makes_is_not(tmp_path: Path) -> None:
    dead, living = (tmp_path / f".pyodide-abi-{digit * 32}.partial" for digit in "ab")
    others = [tmp_path / ".pyodide-abi-x.partial", tmp_path / f"x.pyodide-abi-{'a' * 32}.partial"]
    for folder in (dead, living, *others):
        folder.mkdir()
        (folder / "half").write_bytes(b"x")
    held = os.open(living, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    try:
        with replacing(tmp_path / "file") as partial:
            partial.write_bytes(b"")
    finally:
        os.close(held)
    assert names(tmp_path) == sorted(["file", living.name, *(folder.name for folder in others)])


class TestTemporary:
    @pytest.fixture(autouse=True)
    def system(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        return tmp_path

    def test_it_is_gone_afterwards_and_what_a_dead_process_left_is_too(self, system: Path) -> None:
        left = system / f".pyodide-abi-{'a' * 32}.partial"
        (left / "deep").mkdir(parents=True)
        with temporary() as folder:
            assert folder.stat().st_mode & 0o777 == 0o700
            assert names(system) == [folder.name]
            with temporary() as second:
                (second / "file").write_bytes(b"")
                assert folder.is_dir()
        assert names(system) == []

    def test_links_are_not_followed(self, system: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
        precious = tmp_path_factory.mktemp("precious")
        (precious / "file").write_bytes(b"x")
        link = system / f".pyodide-abi-{'b' * 32}.partial"
        link.symlink_to(precious)
        with temporary():
            pass
        assert names(precious) == ["file"]
        assert names(system) == [link.name]

    def test_a_lock_that_somebody_holds_for_ever_holds_nobody_up(
        self, system: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(atomic, "_PAUSE", 0)
        held = os.open(system, os.O_RDONLY)
        fcntl.flock(held, fcntl.LOCK_EX)
        try:
            with temporary() as folder:
                assert folder.name.startswith("pyodide-abi-")
        finally:
            os.close(held)
        assert names(system) == []


def test_two_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    with staging(tmp_path) as first:
        with staging(tmp_path) as second:
            (second / "b").write_bytes(b"b")
            (second / "b").replace(tmp_path / "b")
        (first / "a").write_bytes(b"a")
        (first / "a").replace(tmp_path / "a")
    assert names(tmp_path) == ["a", "b"]


def test_where_folders_cannot_be_locked_it_works_and_nothing_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", refuse)
    left = tmp_path / f".pyodide-abi-{'a' * 32}.partial"
    left.mkdir()
    with replacing(tmp_path / "file") as partial:
        partial.write_bytes(b"x")
    assert names(tmp_path) == [left.name, "file"]
