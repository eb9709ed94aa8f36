"""One input from another, and what becomes of it."""

from __future__ import annotations

import collections
import hashlib
import signal
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from fuzz import mutate_bytes, mutate_wasm, mutate_wheel
from fuzz.target import BrokenPromiseError, read_quickly

if TYPE_CHECKING:
    import random
    from types import FrameType

    from fuzz.seeds import Seed

#: An input that comes to no end within so many seconds of processor time is a find, too; ordinary ones take
#: milliseconds.
_HOPELESS = 60.0
#: The calls of one input among so many are counted in a long run; all have a bound of time.
COUNTED = 32


def change(seed: Seed, source: random.Random, modules: list[bytes]) -> bytes:
    """One input from another."""
    if seed.name.endswith(".whl"):
        return mutate_wheel.mutate(seed.data, source, modules)
    if seed.data.startswith(b"\0asm"):
        return mutate_wasm.mutate(seed.data, source, modules)
    return mutate_bytes.mutate(seed.data, source)


def _hopeless(_number: int, _frame: FrameType | None) -> None:
    raise BrokenPromiseError(f"it took more than {_HOPELESS:g} seconds")


class Fuzzer:
    """Tries inputs in a folder of its own and keeps those that break a promise.

    Args:
        folder: where the input lies.
        finds: where finds go; None for nowhere.
        counted: the calls of each so many inputs are counted.
    """

    def __init__(self, folder: Path, finds: Path | None, *, counted: int = 1) -> None:
        self._folder = folder
        self._finds = finds
        self._counted = counted
        self.number = 0
        self.endings: collections.Counter[str] = collections.Counter()
        self.found: dict[str, Path | None] = {}

    def attempt(self, seed: Seed, platform: str) -> str:
        """One input; how it ended."""
        file = self._folder / seed.name
        file.write_bytes(seed.data)
        before = signal.signal(signal.SIGVTALRM, _hopeless)
        signal.setitimer(signal.ITIMER_VIRTUAL, _HOPELESS)
        try:
            self.number += 1
            ending = read_quickly(file, platform, counted=self.number % self._counted == 0)
        except (Exception, RecursionError, MemoryError) as error:  # noqa: BLE001 - whatever it is, it is a find
            ending = self._keep(seed, platform, error)
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, before)
        self.endings[ending] += 1
        return ending

    def _keep(self, seed: Seed, platform: str, error: BaseException) -> str:
        frames = traceback.extract_tb(error.__traceback__)
        ours = [frame for frame in frames if "pyodide_abi" in frame.filename] or list(frames)
        where = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}"
        ending = f"FOUND {type(error).__name__} at {where}"
        if ending not in self.found:
            self.found[ending] = None
            sys.stderr.write(f"{ending} ({platform}): {error}\n".replace("\x1b", "\\x1b"))
            if self._finds is not None:
                name = hashlib.sha256(seed.data).hexdigest()[:12]
                place = self.found[ending] = self._finds / f"{name}-{seed.name}"
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(seed.data)
                text = "".join(traceback.format_exception(error)[-12:])
                place.with_name(f"{place.name}.txt").write_text(
                    f"{ending}\nplatform: {platform}\n{text}", "utf-8", "backslashreplace"
                )
        return ending
