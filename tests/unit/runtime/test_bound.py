"""The time of all interpreters together."""

from __future__ import annotations

import math
import os
import threading
import time
from typing import TYPE_CHECKING

import pytest

from pyodide_abi.errors import FailedError
from pyodide_abi.process import _Bound
from pyodide_abi.runtime.bound import Bound, workers

if TYPE_CHECKING:
    from pathlib import Path


def test_it_is_over_when_its_seconds_are() -> None:
    Bound(3600).check()
    Bound().check()
    with pytest.raises(FailedError, match="within 0 seconds") as caught:
        Bound(0).check()
    assert "--limit" in caught.value.hint


def test_who_fails_ends_the_others() -> None:
    """One fails while another waits for its process, which is asked for no more than the bound gives."""
    bound, begun, seen = Bound(3600), threading.Event(), []

    def wait() -> None:
        begun.set()
        while bound.left > 0:
            time.sleep(0.001)
        seen.append(bound.left)

    def run() -> None:
        with workers(1, bound) as pool:
            pool.submit(wait)
            later = pool.submit(seen.append, 0.0)
            begun.wait()
            assert not later.done()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()
    # What had begun came to its end, and what had not was never begun.
    assert seen == [-math.inf]


class TestLeft:
    """The seconds that a process has."""

    @pytest.fixture
    def clock(self, tmp_path: Path) -> Path:
        file = tmp_path / "clock"
        file.touch()
        return file

    def test_of_its_own(self, clock: Path) -> None:
        now = time.time()
        assert _Bound(None, now, None, None).left() is None
        assert (_Bound(100, now - 200, None, None).left() or 0) < 0
        assert 90 < (_Bound(100, now - 200, clock, None).left() or 0) <= 100
        os.utime(clock, (now - 1000, now - 1000))
        assert (_Bound(100, now, clock, None).left() or 0) < 0

    def test_of_several_together(self, clock: Path) -> None:
        bound = Bound(3600)
        now = time.time()
        owns = [_Bound(seconds, now, clock, lambda: bound.left) for seconds in (100, None)]
        # Looked at again and again, as it may be stopped.
        assert all(0 < (own.left() or 0) <= 1 for own in owns)
        bound.stop()
        assert all((own.left() or 0) < 0 for own in owns)
