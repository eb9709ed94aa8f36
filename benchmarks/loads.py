"""How long commands take that start real runtimes, as ratios to those of another checkout.

    .check/bin/python benchmarks/loads.py --than FOLDER WHEEL...

The other side is `src` below FOLDER, such as a clone of an older commit. Both sides run in turn with a warm
cache; see commands.py.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from commands import compare


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("wheels", nargs="*", type=Path)
    parser.add_argument("--than", metavar="FOLDER", type=Path, required=True, help="the other checkout")
    parser.add_argument("--runtime", action="append", default=[], metavar="V", help="verify in this release")
    parser.add_argument("--rounds", type=int, default=5, help="pairs of runs (default: 5)")
    args = parser.parse_args()
    here = Path(__file__).parents[1]
    ours, theirs = (
        ["env", f"PYTHONPATH={folder / 'src'}", sys.executable, "-m", "pyodide_abi"]
        for folder in (here, args.than.absolute())
    )
    print(f"medians of {args.rounds} pairs, in turn{'':<28} wall    processor")
    program = ["run", "--", "-c", "pass"]
    compare("run -- -c pass", [*ours, *program], [*theirs, *program], args.rounds)
    where = [word for version in args.runtime for word in ("--runtime", version)]
    for wheel in args.wheels:
        loads = ["verify", str(wheel), *where]
        compare(f"verify {wheel.name[:40]}", [*ours, *loads], [*theirs, *loads], args.rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
