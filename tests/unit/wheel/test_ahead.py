"""Pieces made ahead by another thread are the same, and the thread ends in any case."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from pyodide_abi.wheel import ahead as module
from pyodide_abi.wheel.ahead import ahead

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECES = [bytes([number]) * number for number in range(50)]


@pytest.fixture(autouse=True)
def _ends() -> Iterator[None]:
    before = threading.active_count()
    yield
    assert threading.active_count() == before


class Counted:
    """Pieces, and how many were asked for."""

    def __init__(self) -> None:
        self.number = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in PIECES:
            self.number += 1
            yield piece


def test_the_pieces_are_the_same_in_the_same_order() -> None:
    assert list(ahead(iter(PIECES))) == PIECES
    assert list(ahead(iter([]))) == []


def test_not_more_are_made_ahead_than_there_may_be() -> None:
    counted = Counted()
    pieces = ahead(iter(counted))
    for taken in range(1, 20):
        next(pieces)
        assert counted.number <= taken + 3
    pieces.close()  # type: ignore[attr-defined]  # it is a generator
    assert counted.number <= 19 + 4


def test_an_error_comes_behind_the_pieces_before_it() -> None:
    def failing() -> Iterator[bytes]:
        yield from PIECES[:5]
        raise OSError("damaged")

    pieces = ahead(failing())
    assert [next(pieces) for _ in range(5)] == PIECES[:5]
    with pytest.raises(OSError, match="damaged"):
        next(pieces)


def test_who_stops_taking_stops_the_thread() -> None:
    pieces = ahead(iter(PIECES))
    next(pieces)
    # The fixture sees that the thread has ended.
    pieces.close()  # type: ignore[attr-defined]


def test_without_threads_the_pieces_are_made_when_they_are_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(module._Reader, "start", refuse)
    assert list(ahead(iter(PIECES))) == PIECES
