"""Feed the audit with damaged and hostile modules and wheels.

    python tests/fuzz/run.py --inputs 2000               two thousand, the same ones every time
    python tests/fuzz/run.py --seconds 3600 --seed 7     an hour of others
    python tests/fuzz/run.py --inputs 1000000 --jobs 2   a million, in two processes
    python tests/fuzz/run.py --seconds 1200 --atheris    led by coverage (`pip install atheris`, CPython 3.11)
    python tests/fuzz/run.py --input FILE                one file, such as one that was found

A find is written below ``--finds`` with how it ended; made small and with a note it belongs into ``found/``.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
from pathlib import Path
from typing import NoReturn

if __name__ == "__main__":
    # The modules beside this file are one package for pytest and for this command.
    sys.path[0] = str(Path(__file__).parents[1])


def main() -> int:
    """Parse, fuzz, and say what came of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--inputs", type=int, help="stop after so many")
    parser.add_argument("--seconds", type=float, help="stop after so long")
    parser.add_argument("--seed", type=int, default=0, help="of the chance (default: 0)")
    parser.add_argument("--jobs", type=int, default=1, help="processes (default: 1)")
    parser.add_argument("--input", type=Path, help="only this file")
    parser.add_argument("--finds", type=Path, default=Path("fuzz-finds"), help="where finds go")
    parser.add_argument("--made-only", action="store_true", help="no seeds but those of this repository")
    parser.add_argument("--atheris", action="store_true", help="let atheris choose the inputs by coverage")
    args = parser.parse_args()
    if args.atheris:
        if importlib.util.find_spec("atheris") is None:
            sys.stderr.write("atheris is not installed: pip install atheris, or leave --atheris out\n")
            return 2
        led_by_coverage(args)
    from fuzz.by_chance import in_processes, one_process, try_again
    from fuzz.seeds import fetched_seeds, made_seeds

    if args.input:
        return try_again(args.input, args.finds)
    seeds = made_seeds() + (() if args.made_only else fetched_seeds())
    most = 1000 if args.inputs is None and args.seconds is None else args.inputs
    bounds = {"seed": args.seed, "most": most, "seconds": args.seconds}
    began = time.monotonic()
    if args.jobs > 1:
        outcome = in_processes(args.jobs, seeds, args.finds, **bounds)
    else:
        outcome = one_process(seeds, args.finds, **bounds)
    for ending, times in outcome.endings.most_common():
        sys.stdout.write(f"{times:>9,}  {ending}\n")
    rate = outcome.number / (time.monotonic() - began)
    sys.stdout.write(
        f"{outcome.number:,} inputs from {len(seeds)} seeds, {rate:.0f}/s, {len(outcome.found)} finds\n"
    )
    return bool(outcome.found)


def led_by_coverage(args: argparse.Namespace) -> NoReturn:
    """A run with atheris, which instruments modules as they are imported: so none is imported before."""
    import atheris

    with atheris.instrument_imports(include=["pyodide_abi"]):
        from fuzz.by_chance import limit_memory
        from fuzz.coverage_led import run_atheris
        from fuzz.seeds import fetched_seeds, made_seeds

        seeds = made_seeds() + (() if args.made_only else fetched_seeds())
        limit_memory()
        run_atheris(seeds, finds=args.finds, most=args.inputs, seconds=args.seconds, seed=args.seed)


if __name__ == "__main__":
    sys.exit(main())
