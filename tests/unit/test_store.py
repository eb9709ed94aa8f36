"""The cache: entries are complete or absent."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest

from pyodide_abi.store import Store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "cache")


def test_an_entry_is_filled_once(store: Store) -> None:
    calls = []

    def fill(partial: Path, place: Path) -> None:
        calls.append(place)
        (partial / "file").write_text("one", "utf-8")

    first = store.obtain("kind/1.0", fill)
    second = store.obtain("kind/1.0", fill)
    assert first == second == store.find("kind/1.0") == store.root / "kind" / "1.0"
    assert calls == [first]
    assert (first / "file").read_text("utf-8") == "one"


def test_nothing_is_there_before_it_is_complete(store: Store) -> None:
    def fill(partial: Path, place: Path) -> None:
        assert store.find("kind/1.0") is None
        assert not place.exists()
        assert list(partial.iterdir()) == []

    store.obtain("kind/1.0", fill)
    assert store.find("kind/1.0") is not None


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_failed_filling_leaves_nothing(store: Store, error: type[BaseException]) -> None:
    def fail(partial: Path, _place: Path) -> None:
        (partial / "half").write_text("", "utf-8")
        raise error

    with pytest.raises(error):
        store.obtain("kind/1.0", fail)
    assert store.find("kind/1.0") is None
    assert list((store.root / ".partial").iterdir()) == []


@pytest.mark.parametrize("key", ["kind/1.0", "kind/name@1.0"])
def test_what_a_dead_process_left_is_removed(store: Store, key: str) -> None:
    left = store.root / ".partial" / (key.replace("/", "+") + "@dead")
    other = store.root / ".partial" / "kind+2.0@alive"
    left.mkdir(parents=True)
    other.mkdir()
    store.obtain(key, lambda _partial, _place: None)
    assert not left.exists()
    assert other.exists(), "another entry's work is not ours to remove"


def test_two_at_once_fill_once(store: Store) -> None:
    entered, calls = threading.Event(), []

    def slow(partial: Path, _place: Path) -> None:
        calls.append(partial)
        entered.set()
        second.join(0.2)

    def other() -> None:
        entered.wait()
        store.obtain("kind/1.0", lambda partial, _place: calls.append(partial))

    second = threading.Thread(target=other)
    second.start()
    store.obtain("kind/1.0", slow)
    second.join()
    assert len(calls) == 1


def test_removal(store: Store) -> None:
    store.obtain("kind/1.0", lambda partial, _place: (partial / "file").touch())
    assert store.keys("kind") == ["kind/1.0"]
    assert store.remove("kind/1.0")
    assert not store.remove("kind/1.0")
    assert store.find("kind/1.0") is None
    assert store.keys("kind") == []


def test_keys_of_an_empty_cache(store: Store) -> None:
    assert store.keys("kind") == []
    assert not store.root.exists(), "looking makes nothing"


class TestSealed:
    """Entries of kinds that stay as they were filled are proved when they are taken."""

    KEY = "runtimes/1.0"

    @pytest.fixture
    def said(self) -> list[str]:
        return []

    @pytest.fixture
    def store(self, tmp_path: Path, said: list[str]) -> Store:
        return Store(tmp_path / "cache", said.append)

    @staticmethod
    def fill(partial: Path, _place: Path) -> None:
        (partial / "sub").mkdir()
        (partial / "main.wasm").write_bytes(b"module")
        (partial / "sub" / "library.zip").write_bytes(b"library")

    def change(self, store: Store, how: str) -> None:
        file = store.obtain(self.KEY, self.fill) / "sub" / "library.zip"
        before = file.stat()
        match how:
            case "other bytes":
                file.write_bytes(b"librarY")
            case "longer":
                file.write_bytes(b"library.")
            case "gone":
                file.unlink()
            case "a folder":
                file.unlink()
                file.mkdir()
            case "unnoticed":
                file.write_bytes(b"librarY")
                os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
            case "other time":
                os.utime(file, ns=(1, 1))
            case "more files":
                (file.parent / "more").write_bytes(b"")
            case _:
                pytest.fail(f"there is no change '{how}'")

    @pytest.mark.parametrize("how", ["other bytes", "longer", "gone", "a folder"])
    def test_a_changed_entry_counts_as_absent_and_is_filled_again(
        self, store: Store, said: list[str], how: str
    ) -> None:
        self.change(store, how)
        assert store.find(self.KEY) is None
        assert "damaged (sub/library.zip)" in said[0]
        place = store.obtain(self.KEY, self.fill)
        assert (place / "sub" / "library.zip").read_bytes() == b"library"
        assert store.find(self.KEY) == place
        assert not list((store.root / ".partial").iterdir())

    @pytest.mark.parametrize("how", ["other time", "more files"])
    def test_what_is_no_change_of_content_is_none(self, store: Store, said: list[str], how: str) -> None:
        self.change(store, how)
        assert store.find(self.KEY) is not None
        assert store.prove(self.KEY)
        assert said == []

    def test_a_change_that_size_and_time_do_not_show_is_proved_by_digests(
        self, store: Store, said: list[str]
    ) -> None:
        self.change(store, "unnoticed")
        assert store.find(self.KEY) is not None
        assert not store.prove(self.KEY)
        assert store.find(self.KEY) is None
        assert len(said) == 1
        assert store.prove(self.KEY), "what is not there is not damaged"
        assert store.sealed_keys() == []

    def test_an_entry_from_before_seals_is_sealed_as_it_is(self, store: Store) -> None:
        place = store.obtain(self.KEY, self.fill)
        seals = store.root / ".seals"
        for text in (None, "", "[]", '{"main.wasm": 1}', '{"main.wasm": ["x", 1, 2]}'):
            for seal in seals.iterdir():
                if text is None:
                    seal.unlink()
                else:
                    seal.write_text(text, "utf-8")
            assert store.find(self.KEY) == place
            (place / "main.wasm").write_bytes(b"Module")
            assert store.find(self.KEY) is None
            (place / "main.wasm").write_bytes(b"module")
            assert store.find(self.KEY) == place

    def test_a_cache_that_cannot_be_written_is_read(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        place = store.obtain(self.KEY, self.fill)
        (store.root / ".seals" / "runtimes+1.0.json").unlink()

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(os, "mkdir", refuse)
        assert store.find(self.KEY) == place
        assert store.obtain(self.KEY, self.fill) == place

    def test_other_kinds_change_in_use(self, store: Store) -> None:
        place = store.obtain("toolchains/1", self.fill)
        (place / "main.wasm").write_bytes(b"other")
        assert store.find("toolchains/1") == place
        assert store.prove("toolchains/1")

    def test_a_removed_entry_has_no_seal(self, store: Store) -> None:
        store.obtain(self.KEY, self.fill)
        store.remove(self.KEY)
        assert list((store.root / ".seals").iterdir()) == []
