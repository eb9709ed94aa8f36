"""Inputs by chance: changes of seeds and of what was changed before, in one process or several."""

from __future__ import annotations

import gc
import itertools
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from fuzz.attempting import COUNTED, Fuzzer, change
from fuzz.seeds import WHEEL, Seed, pack
from fuzz.shapes import shape
from fuzz.target import PLATFORMS

from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Address space of the process, in bytes: the interpreter, the symbols of all platforms, and one input.
MEMORY = 2 << 30
_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - files in it have folders of their own
#: So many changed inputs are changed again; larger ones than this, in bytes, seldom.
_INTERESTING, _SMALL = 400, 6_000


class _Pool:
    """What can be changed: seeds, and inputs made of them."""

    def __init__(self, seeds: Iterable[Seed]) -> None:
        self._seeds = list(seeds)
        self._changed: list[Seed] = []

    def choose(self, source: random.Random) -> Seed:
        """One of them; of two the smaller, as it takes less time and chance hits more of it."""
        half = self._changed if self._changed and source.random() < 0.5 else self._seeds
        return min(source.choice(half), source.choice(half), key=lambda seed: len(seed.data))

    def add(self, seed: Seed, source: random.Random) -> None:
        if len(self._changed) < _INTERESTING:
            self._changed.append(seed)
        else:
            self._changed[source.randrange(_INTERESTING)] = seed


def inputs(seeds: tuple[Seed, ...], source: random.Random) -> Iterator[Seed]:
    """Changed seeds without end; what was changed may be changed again."""
    modules = [seed.data for seed in seeds if seed.data.startswith(b"\0asm")]
    small = [seed for seed in seeds if len(seed.data) <= _SMALL]
    large = [seed for seed in seeds if len(seed.data) > _SMALL]
    modular, wheels = (
        _Pool(seed for seed in small if seed.name.endswith(".whl") is of_wheels)
        for of_wheels in (False, True)
    )
    while True:
        chance = source.random()
        # Small modules are quick to read, so they get most of the number, and half of the time.
        pool = modular if chance < 0.7 else wheels
        if large and chance > 0.999:
            seed = source.choice(large)
        elif chance > 0.99:
            seed = Seed(name=WHEEL, data=pack(shape(source)))
        else:
            seed = pool.choose(source)
        changed = Seed(name=seed.name, data=change(seed, source, modules))
        yield changed
        if len(changed.data) <= _SMALL and source.random() < 0.05:
            pool.add(changed, source)


def limit_memory() -> None:
    """From here on an allocation beyond the bound is a MemoryError, which is a find."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def fuzz(
    fuzzer: Fuzzer, seeds: tuple[Seed, ...], *, seed: int, most: int | None, seconds: float | None
) -> int:
    """Try inputs until a number or a time is reached; how many there were."""
    source = random.Random(seed)  # noqa: S311 - inputs, not secrets
    began = time.monotonic()
    end = began + seconds if seconds is not None else None
    number = 0
    for candidate in inputs(seeds, source):
        if (most is not None and number >= most) or (end is not None and time.monotonic() > end):
            break
        fuzzer.attempt(candidate, source.choice(PLATFORMS))
        number += 1
        if number % 5000 == 0:
            rate = number / (time.monotonic() - began)
            sys.stderr.write(f"seed {seed}: {number:,} inputs, {rate:.0f}/s, {len(fuzzer.found)} finds\n")
    return number


@value
class Outcome:
    """What came of a run.

    Attributes:
        number: of inputs.
        endings: how often each ending was seen.
        found: the finds' endings.
    """

    number: int
    endings: Counter[str]
    found: frozenset[str]


def one_process(
    seeds: tuple[Seed, ...], finds: Path, *, seed: int, most: int | None, seconds: float | None
) -> Outcome:
    """A run in this process, in a folder in memory where the system has one."""
    limit_memory()
    with tempfile.TemporaryDirectory(dir=_IN_MEMORY if _IN_MEMORY.is_dir() else None) as folder:
        fuzzer = Fuzzer(Path(folder), finds, counted=COUNTED)
        # What is kept for good, the platforms' symbols above all, need not be looked through again and again.
        for sound, platform in zip(seeds, itertools.cycle(PLATFORMS), strict=False):
            fuzzer.attempt(sound, platform)
        gc.freeze()
        number = fuzz(fuzzer, seeds, seed=seed, most=most, seconds=seconds)
    return Outcome(number=number, endings=fuzzer.endings, found=frozenset(fuzzer.found))


def in_processes(
    number: int, seeds: tuple[Seed, ...], finds: Path, *, seed: int, most: int | None, seconds: float | None
) -> Outcome:
    """One run in several processes, each with chance of its own."""
    share = None if most is None else -(-most // number)
    with ProcessPoolExecutor(number) as pool:
        runs = [
            pool.submit(one_process, seeds, finds, seed=seed * number + at, most=share, seconds=seconds)
            for at in range(number)
        ]
        outcomes = [run.result() for run in runs]
    return Outcome(
        number=sum(outcome.number for outcome in outcomes),
        endings=sum((outcome.endings for outcome in outcomes), Counter()),
        found=frozenset().union(*(outcome.found for outcome in outcomes)),
    )


def try_again(file: Path, finds: Path) -> int:
    """One file for every platform; the exit status of the command."""
    limit_memory()
    name = file.name.partition("-")[2] if "-" in file.name else file.name
    with tempfile.TemporaryDirectory() as folder:
        fuzzer = Fuzzer(Path(folder), finds)
        for platform in PLATFORMS:
            ending = fuzzer.attempt(Seed(name=name, data=file.read_bytes()), platform)
            sys.stdout.write(f"{platform} {ending}\n")
    return bool(fuzzer.found)
