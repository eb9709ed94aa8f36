"""How long whole commands take, as ratios to something everybody knows.

    .check/bin/python benchmarks/commands.py WHEEL...       each wheel: audit against testing the archive
    .check/bin/python benchmarks/commands.py --peer COMMAND WHEEL...
                                                            …and against another tool's command, in which
                                                            {} stands for the wheel
    .check/bin/python benchmarks/commands.py --before CHECKOUT WHEEL...
                                                            `--help` and each audit against another checkout
                                                            of this project, and nothing else

The peer of docs/explanation/speed.md, in an environment of its own, whose `wheel` it wants on the PATH:

    python3.13 -m venv peer && peer/bin/pip install pyodide-build auditwheel-emscripten
    --peer 'env PATH=peer/bin:/usr/bin:/bin peer/bin/pyodide auditwheel imports {}'

The two sides of a ratio run in turn, in one call, so that a busy machine slows both; the median of the pairs
is printed. Processor time is more steady than wall time where others work too. Seconds are not printed: they
say more about the machine than about us.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import statistics
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

US = [sys.executable, "-m", "pyodide_abi"]
_NATIVE = re.compile(r"\.(so(\.\d+)*|wasm)$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """What one run of a command took.

    Attributes:
        wall: seconds from start to end.
        processor: seconds of it and of the processes it started.
        peak: of its memory, in bytes.
        status: how it ended.
    """

    wall: float
    processor: float
    peak: int
    status: int


def run(argv: list[str]) -> Cost:
    """Run a command once."""
    # Installed packages are compiled; without this, a checkout would be compiled anew in every run.
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    begin = time.perf_counter()
    child = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environ)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - begin
    child.returncode = os.waitstatus_to_exitcode(status)
    # ru_maxrss counts kibibytes on Linux.
    processor = usage.ru_utime + usage.ru_stime
    return Cost(wall=wall, processor=processor, peak=usage.ru_maxrss * 1024, status=child.returncode)


def bare_peak() -> int:
    """The peak of Python's memory when it does nothing, in bytes.

    From its own mouth: a process that was just started is charged with what we had when we started it.
    """
    text = "print(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1])"
    return int(subprocess.check_output([sys.executable, "-c", text])) * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Ratio:
    """What one command takes, as parts of what another takes.

    Attributes:
        wall: from start to end.
        processor: of it and of the processes it started.
        peak: of its memory.
        failed: Who failed, as what a command that cannot even start is quick at is worth no ratio.
    """

    wall: float
    processor: float
    peak: float
    failed: str


def ratio(ours: list[str], theirs: list[str], rounds: int, *, fine: frozenset[int] = frozenset({0})) -> Ratio:
    """The medians of ours / theirs, pair by pair, after one pair that warms the caches.

    Args:
        ours: Our command.
        theirs: The other side's.
        rounds: How many pairs are run.
        fine: The exit statuses with which the other side has done its work.
    """
    pairs = [(run(ours), run(theirs)) for _ in range(rounds + 1)][1:]
    # Findings end with 1.
    sides = {
        "the other side FAILED": all(their.status in fine for _, their in pairs),
        "our side FAILED": all(our.status in {0, 1} for our, _ in pairs),
    }
    return Ratio(
        wall=statistics.median(our.wall / their.wall for our, their in pairs),
        processor=statistics.median(our.processor / their.processor for our, their in pairs),
        peak=statistics.median(our.peak / their.peak for our, their in pairs),
        failed=", ".join(side for side, done in sides.items() if not done),
    )


def compare(
    label: str, ours: list[str], theirs: list[str], rounds: int, *, fine: frozenset[int] = frozenset({0})
) -> None:
    """Print what :func:`ratio` finds.

    Args:
        label: What is compared.
        ours: Our command.
        theirs: The other side's.
        rounds: How many pairs are run.
        fine: The exit statuses with which the other side has done its work.
    """
    found = ratio(ours, theirs, rounds, fine=fine)
    failed = f"  ({found.failed})" if found.failed else ""
    print(f"  {label:<48} {found.wall:6.2f} {found.processor:6.2f} {found.peak:6.2f}{failed}", flush=True)


def largest_module(wheel: Path) -> int:
    """Bytes of the largest native file, unpacked; 1 where there is none."""
    with zipfile.ZipFile(wheel) as archive:
        return max(
            (info.file_size for info in archive.infolist() if _NATIVE.search(info.filename)), default=1
        )


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("wheels", nargs="*", type=Path)
    parser.add_argument("--peer", metavar="COMMAND", help="another tool's command; {} is the wheel")
    parser.add_argument(
        "--before", metavar="CHECKOUT", type=Path, help="another checkout, such as an older one"
    )
    parser.add_argument("--rounds", type=int, default=5, help="pairs of runs (default: 5)")
    args = parser.parse_args()
    nothing = [sys.executable, "-c", "pass"]
    print(f"medians of {args.rounds} pairs, in turn{'':<26} wall  processor  peak memory")
    if args.before:
        before = ["env", f"PYTHONPATH={args.before.resolve() / 'src'}", *US]
        for words in (["--help"], *(["audit", str(wheel)] for wheel in args.wheels)):
            label = " ".join((words[0], *(Path(word).name[:40] for word in words[1:])))
            compare(label, [*US, *words], [*before, *words], args.rounds, fine=frozenset({0, 1}))
        return 0
    compare("pyodide-abi --version / python -c pass", [*US, "--version"], nothing, args.rounds)
    compare("pyodide-abi platforms / python -c pass", [*US, "platforms"], nothing, args.rounds)
    for wheel in args.wheels:
        audit = [*US, "audit", str(wheel)]
        largest = largest_module(wheel)
        print(f"{wheel.name}: {wheel.stat().st_size:,} bytes, largest module {largest:,}")
        compare("audit / unzip -t", audit, ["unzip", "-t", str(wheel)], args.rounds)
        if args.peer:
            words = [word.replace("{}", str(wheel)) for word in shlex.split(args.peer)]
            compare("audit / peer", audit, words, args.rounds)
        peak, base = run(audit).peak, bare_peak()
        print(f"  {'audit, peak memory / largest module':<48} {peak / largest:6.2f}")
        print(f"  {'audit, peak memory above bare Python / largest':<48} {(peak - base) / largest:6.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
