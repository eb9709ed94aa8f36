"""Feed the audit with damaged and hostile modules and wheels.

    python tests/fuzz/run.py --inputs 2000               two thousand, the same ones every time
    python tests/fuzz/run.py --seconds 3600 --seed 7     an hour of others
    python tests/fuzz/run.py --seconds 600 --atheris     led by coverage (needs `pip install atheris`)
    python tests/fuzz/run.py --input FILE                one file, such as one that was found

A find is written below ``--finds`` with how it ended; made small and with a note it belongs into ``found/``.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":
    # The modules beside this file are one package for pytest and for this command.
    sys.path[0] = str(Path(__file__).parents[1])

from fuzz.attempting import Fuzzer, change
from fuzz.seeds import Seed, fetched_seeds, made_seeds
from fuzz.target import PLATFORMS

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Address space of the process, in bytes: the interpreter, the symbols of all platforms, and one input.
MEMORY = 2 << 30
_INTERESTING = 400


def inputs(seeds: tuple[Seed, ...], source: random.Random) -> Iterator[Seed]:
    """Changed seeds without end; what was changed may be changed again."""
    pool = list(seeds)
    modules = [seed.data for seed in seeds if seed.data.startswith(b"\0asm")]
    while True:
        # Small modules are quick to read, so they get half of the time, however many wheels there are.
        modular = source.random() < 0.5
        seed = source.choice([seed for seed in pool if seed.name.endswith(".whl") is not modular])
        changed = Seed(name=seed.name, data=change(seed, source, modules))
        yield changed
        if source.random() < 0.05 and len(changed.data) < 4 * len(seeds[-1].data) + 100_000:
            pool.append(changed)
            if len(pool) > len(seeds) + _INTERESTING:
                del pool[source.randrange(len(seeds), len(pool))]


def limit_memory() -> None:
    """From here on an allocation beyond the bound is a MemoryError, which is a find."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def fuzz(
    fuzzer: Fuzzer, seeds: tuple[Seed, ...], *, seed: int, most: int | None, seconds: float | None
) -> int:
    """Try inputs until a number or a time is reached; how many there were."""
    source = random.Random(seed)  # noqa: S311 - inputs, not secrets
    end = time.monotonic() + seconds if seconds is not None else None
    number = 0
    for candidate in inputs(seeds, source):
        if (most is not None and number >= most) or (end is not None and time.monotonic() > end):
            break
        fuzzer.attempt(candidate, source.choice(PLATFORMS))
        number += 1
        if number % 5000 == 0:
            sys.stderr.write(f"{number:,} inputs, {len(fuzzer.found)} finds\n")
    return number


def main() -> int:
    """Parse, fuzz, and say what came of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--inputs", type=int, help="stop after so many")
    parser.add_argument("--seconds", type=float, help="stop after so long")
    parser.add_argument("--seed", type=int, default=0, help="of the chance (default: 0)")
    parser.add_argument("--input", type=Path, help="only this file")
    parser.add_argument("--finds", type=Path, default=Path("fuzz-finds"), help="where finds go")
    parser.add_argument("--made-only", action="store_true", help="no seeds but those of this repository")
    parser.add_argument("--atheris", action="store_true", help="let atheris choose the inputs by coverage")
    args = parser.parse_args()
    seeds = made_seeds() + (() if args.made_only else fetched_seeds())
    limit_memory()
    if args.atheris:
        if importlib.util.find_spec("atheris") is None:
            sys.stderr.write("atheris is not installed: pip install atheris, or leave --atheris out\n")
            return 2
        from fuzz.coverage_led import run_atheris

        run_atheris(seeds, finds=args.finds, most=args.inputs, seconds=args.seconds, seed=args.seed)
    with tempfile.TemporaryDirectory() as folder:
        fuzzer = Fuzzer(Path(folder), args.finds)
        if args.input:
            name = args.input.name.partition("-")[2] if "-" in args.input.name else args.input.name
            for platform in PLATFORMS:
                ending = fuzzer.attempt(Seed(name=name, data=args.input.read_bytes()), platform)
                sys.stdout.write(f"{platform} {ending}\n")
            return bool(fuzzer.found)
        most = 1000 if args.inputs is None and args.seconds is None else args.inputs
        number = fuzz(fuzzer, seeds, seed=args.seed, most=most, seconds=args.seconds)
    for ending, times in fuzzer.endings.most_common():
        sys.stdout.write(f"{times:>9,}  {ending}\n")
    sys.stdout.write(f"{number:,} inputs from {len(seeds)} seeds, {len(fuzzer.found)} finds\n")
    return bool(fuzzer.found)


if __name__ == "__main__":
    sys.exit(main())
