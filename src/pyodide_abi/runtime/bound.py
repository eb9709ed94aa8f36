"""The time that all interpreters of a command have together, and threads that end with it."""

from __future__ import annotations

import math
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pyodide_abi.errors import FailedError
from pyodide_abi.values import replace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.host import Host


#: Seconds for all loads of a wheel. The largest published one takes a minute in each release.
LIMIT = 1800.0


class Bound:
    """Seconds for everything together; over when they have passed, or as soon as somebody stops it."""

    def __init__(self, seconds: float = math.inf) -> None:
        self._seconds = seconds
        self._end = time.monotonic() + seconds

    def host(self, host: Host) -> Host:
        """The machine, with captured processes that end when this is over."""
        return replace(host, runner=host.runner.within(lambda: self.left))

    @property
    def left(self) -> float:
        """Seconds that are left; none or less when it is over."""
        return self._end - time.monotonic()

    def stop(self) -> None:
        """Let it be over."""
        self._end = -math.inf

    def check(self) -> None:
        """Go on only while there is time.

        Raises:
            FailedError: There is none.
        """
        if self.left <= 0:
            raise FailedError(
                f"not all was done within {self._seconds:g} seconds",
                hint="--limit SECONDS gives more time; --runtime V loads in one release alone",
            )


@contextmanager
def workers(number: int, bound: Bound) -> Iterator[ThreadPoolExecutor]:
    """Threads that wait for interpreters. Where one fails or the caller is interrupted, all end.

    Args:
        number: How many there are, one at least.
        bound: What their interpreters are held to.
    """
    with ThreadPoolExecutor(max(number, 1)) as pool:
        try:
            yield pool
        except BaseException:
            bound.stop()
            pool.shutdown(cancel_futures=True)
            raise
