"""A wheel to be loaded in real releases, as ``verify`` does it, here or by another process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.runtime.verify import verify_wheel
from pyodide_abi.values import value

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.host import Host, HostWishes
    from pyodide_abi.platforms.model import Runtime
    from pyodide_abi.runtime.find_engine import Engines
    from pyodide_abi.runtime.verify import Verification


@value
class VerifyOrder:
    """What to load, and how.

    Attributes:
        wheel: the file.
        runtimes: The runtimes to load it in.
        engines: The engines to load it in.
        timeout: seconds for each interpreter.
        unlocked: the wheel may do to the machine what we can.
        limit: seconds for all loads together.
        wishes: what the user wants of any machine.
    """

    wheel: Path
    runtimes: tuple[Runtime, ...]
    engines: Engines
    timeout: float
    unlocked: bool
    limit: float
    wishes: HostWishes


def verify_order(order: VerifyOrder, host: Host | None = None, jobs: int = 1) -> Verification:
    """What becomes of it.

    Args:
        order: what to load.
        host: the machine; None for one with the order's wishes, as an executor calls this.
        jobs: how many interpreters at once.

    Raises:
        PyodideAbiError: as :func:`~pyodide_abi.runtime.verify.verify_wheel`.
    """
    return verify_wheel(
        order.wheel,
        order.runtimes,
        host or order.wishes.host(),
        engines=order.engines,
        jobs=jobs,
        timeout=order.timeout,
        unlocked=order.unlocked,
        limit=order.limit,
    )
