"""Runs inside the runtime: make an interpreter from a snapshot like one that has just started.

Its memory holds the environment and the times of the day the snapshot was made. The driver hands this file's
text to it and calls :func:`settle`.
"""

import json
import os
import sys
import time
from typing import Any


def settle(text: str) -> None:
    """Make this interpreter's own what the snapshot has from the one that it was made of.

    Args:
        text: the request's ``environ`` as JSON.
    """
    os.environ.update(json.loads(text))
    # The boot imports these two, which look at the clock and for the machine's randomness when imported.
    modules: dict[str, Any] = dict(sys.modules)
    if "random" in modules:
        modules["random"].seed()
    if "logging" in modules:
        began = modules["logging"]._startTime  # noqa: SLF001 - in seconds up to Python 3.12, then nanoseconds
        modules["logging"]._startTime = time.time_ns() if isinstance(began, int) else time.time()  # noqa: SLF001
