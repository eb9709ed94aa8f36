"""How long tests wait for what may hang: long enough for the busiest machine, and for that only.

A limit decides nothing in a test that passes. What takes seconds on an idle machine has taken minutes on one
with a load of sixteen, so the limits are of another order and stand here alone.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

#: Seconds after which a process that does little is taken for one that hangs.
HANGS = 600
#: Seconds after which a build, an installation or a download is.
WORK_HANGS = 3600


def until(condition: Callable[[], bool], *, seconds: float = HANGS) -> None:
    """Wait for a condition.

    Raises:
        TimeoutError: it does not come.
    """
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > seconds:
            raise TimeoutError(f"waited {seconds} seconds")
        time.sleep(0.05)
