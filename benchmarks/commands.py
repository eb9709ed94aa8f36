"""How long whole commands take, as ratios to something everybody knows.

    .check/bin/python benchmarks/commands.py WHEEL...       each wheel: audit against reading the archive
    .check/bin/python benchmarks/commands.py --peer COMMAND WHEEL...
                                                            …and against another tool's command, in which
                                                            {} stands for the wheel

The two sides of a ratio run in turn, in one call, so that a busy machine slows both; the median of the pairs'
ratios is printed. Seconds are not: they say more about the machine than about us.
"""

from __future__ import annotations

import argparse
import os
import shlex
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 5
US = [sys.executable, "-m", "pyodide_abi"]


def seconds(argv: list[str]) -> float:
    """Wall time of one run; the exit status does not matter, findings are no failure here."""
    begin = time.perf_counter()
    subprocess.run(argv, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begin


def peak(argv: list[str]) -> int:
    """Peak memory of one run, in bytes (``ru_maxrss`` counts kibibytes on Linux)."""
    child = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(child.pid, 0)
    child.returncode = 0
    return usage.ru_maxrss * 1024


def ratio(ours: list[str], theirs: list[str]) -> float:
    """The median of wall times ours / theirs, pair by pair, after one pair that warms the caches."""
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(ROUNDS + 1)][1:]
    return statistics.median(a / b for a, b in pairs)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("wheels", nargs="*", type=Path)
    parser.add_argument("--peer", metavar="COMMAND", help="another tool's command; {} is the wheel")
    args = parser.parse_args()
    nothing = [sys.executable, "-c", "pass"]
    print(f"medians of {ROUNDS} pairs of wall times, in turn")
    print(f"  pyodide-abi --version / python -c pass       {ratio([*US, '--version'], nothing):6.2f}")
    print(f"  pyodide-abi platforms / python -c pass       {ratio([*US, 'platforms'], nothing):6.2f}")
    for wheel in args.wheels:
        audit = [*US, "audit", str(wheel)]
        print(f"{wheel.name}, {wheel.stat().st_size:,} bytes")
        print(
            f"  audit / unzip -t                             {ratio(audit, ['unzip', '-t', str(wheel)]):6.2f}"
        )
        if args.peer:
            words = [word.replace("{}", str(wheel)) for word in shlex.split(args.peer)]
            print(f"  audit / {words[0]:<36} {ratio(audit, words):6.2f}")
        print(f"  audit's peak memory / wheel's size           {peak(audit) / wheel.stat().st_size:6.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
