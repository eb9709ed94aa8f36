"""The cache: entries are complete or absent."""

from __future__ import annotations

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
