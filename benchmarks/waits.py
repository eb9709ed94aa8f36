"""What people wait for, as one table of ratios.

    .check/bin/python benchmarks/waits.py                        audits, against what everybody knows
    .check/bin/python benchmarks/waits.py --than FOLDER          …and all work against another checkout
    .check/bin/python benchmarks/waits.py --only 'audit*'        the rows whose names fit
    .check/bin/python benchmarks/waits.py --than FOLDER --runtime 0.29.5 WHEEL...
                                                                 …and loads of wheels of your own

The other checkout is a clone of an older commit. The wheels are those that the tests pin, fetched once;
runtimes and compilers come from the product's cache, which a first pair of runs, that does not count, fills.
Sides run in turn, as commands.py does it. The output is Markdown, with which docs/explanation/speed.md is
kept up to date.
"""

from __future__ import annotations

import argparse
import fnmatch
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":
    # The wheels that the tests pin.
    sys.path.append(str(Path(__file__).parents[1] / "tests"))

from commands import US, ratio, run
from real_wheels import real_wheel

from pyodide_abi.host import this_machine
from pyodide_abi.platforms import load_platform
from pyodide_abi.runtime.node import find_node
from pyodide_abi.runtime.releases import install_release, newest
from pyodide_abi.runtime.snapshot import obtain_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parents[1]
MANY = 1000
_314, _313 = ("pyemscripten_2026_0_wasm32", "3.14"), ("pyemscripten_2025_0_wasm32", "3.13")
_BUILD = ["build", "--toolchain-mismatch=allow"]
_START = "`run -- -c pass`"
NOTHING = [sys.executable, "-c", "pass"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A line of the table.

    Attributes:
        work: What is done.
        to: What it is held against.
        ours: Our command.
        theirs: The other side's.
    """

    work: str
    to: str
    ours: list[str]
    theirs: list[str]


def audits(wheels: Path) -> Iterator[Row]:
    """Audits, against tools that everybody has.

    Args:
        wheels: A folder of many wheels.
    """
    yield Row(work="`--version`", to="`python -c pass`", ours=[*US, "--version"], theirs=NOTHING)
    small = str(real_wheel("simplejson", *_314))
    yield Row(work="audit of simplejson", to="`python -c pass`", ours=[*US, "audit", small], theirs=NOTHING)
    for name, place in (
        ("grill-usd-core", _314),
        ("cadquery-ocp-novtk-ocp-wasm", _313),
        ("cadquery-ocp-novtk-ocp-wasm", _314),
    ):
        wheel = real_wheel(name, *place)
        words = [*US, "audit", str(wheel)]
        label = " ".join(wheel.name.split("-")[:2])
        yield Row(work=f"audit of {label}", to="`unzip -t`", ours=words, theirs=["unzip", "-t", str(wheel)])
    many = [*US, "audit", str(wheels)]
    ours, theirs = [*many, "--jobs=2"], [*many, "--jobs=1"]
    yield Row(work=f"audit of {MANY} wheels, two jobs", to="one job", ours=ours, theirs=theirs)


def starts() -> Iterator[Row]:
    """A start of the newest release, against the least that it can cost."""
    host = this_machine()
    release, program = newest(load_platform("314_0").runtimes).release, find_node(host)
    folder = install_release(release, host)
    memory = obtain_snapshot(release, folder, host.environ, program, host)
    if memory is not None:
        bare = [*program.words, str(HERE / "benchmarks" / "bare_start.mjs"), str(folder), str(memory)]
        ours = [*US, "run", f"--runtime={release.version}", "--", "-c", "pass"]
        yield Row(work=_START, to="the same start, bare", ours=ours, theirs=bare)


def all_work(checkout: Path, folder: Path, loads: dict[str, list[str]]) -> Iterator[Row]:
    """Each kind of work, against another checkout.

    Args:
        checkout: It.
        folder: For what is made.
        loads: Loads to be measured besides: words of commands, by names.
    """
    example = folder / "example"
    run([*US, *_BUILD, str(HERE / "examples" / "gridcalc"), f"--outdir={example}"])
    built = sorted(map(str, example.glob("*.whl")))
    if not built:
        raise SystemExit("the example cannot be built here: 'pyodide-abi doctor' says what is lacking")
    native = folder / "native"
    shutil.copytree(HERE / "examples" / "gridcalc", native, ignore=shutil.ignore_patterns("dist", "build"))
    wheels = [real_wheel("simplejson", *_314), real_wheel("grill-usd-core", *_314)]
    wheels.append(real_wheel("cadquery-ocp-novtk-ocp-wasm", *_313))
    works = {
        "`--help`": ["--help"],
        **{f"audit of {wheel.name.partition('-')[0]}": ["audit", str(wheel)] for wheel in wheels},
        "verify of the example in all releases": ["verify", *built],
        _START: ["run", "--", "-c", "pass"],
        **loads,
        "second build of the example": [*_BUILD, str(native), f"--outdir={folder / 'again'}"],
    }
    other = ["env", f"PYTHONPATH={checkout.absolute() / 'src'}", *US]
    for work, words in works.items():
        yield Row(work=work, to="the other checkout", ours=[*US, *words], theirs=[*other, *words])
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    pip += [f"--wheel-dir={folder / 'pip'}", str(native)]
    words = works["second build of the example"]
    yield Row(work="second build of the example", to="`pip wheel`, native", ours=[*US, *words], theirs=pip)


def many_wheels(folder: Path) -> Path:
    """A folder of many small wheels: copies of one under other versions."""
    wheel = real_wheel("simplejson", *_314)
    name, _, rest = wheel.name.split("-", 2)
    folder.mkdir()
    for number in range(MANY):
        shutil.copyfile(wheel, folder / f"{name}-{number}-{rest}")
    return folder


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("wheels", nargs="*", type=Path, help="with --than: wheels to be verified, too")
    parser.add_argument("--runtime", action="append", default=[], metavar="V", help="in this release alone")
    parser.add_argument("--than", metavar="FOLDER", type=Path, help="another checkout, such as an older one")
    parser.add_argument("--only", metavar="PATTERN", default="*", help="rows, such as 'audit*'")
    parser.add_argument("--rounds", type=int, default=5, help="pairs of runs (default: 5)")
    args = parser.parse_args()
    where = [f"--runtime={version}" for version in args.runtime]
    loads = {f"verify of {wheel.name[:40]}": ["verify", str(wheel), *where] for wheel in args.wheels}
    print(f"Medians of {args.rounds} pairs.\n")
    print("| work | to | wall | processor |\n| --- | --- | --- | --- |", flush=True)
    failed = False
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        rows = [*audits(many_wheels(folder / "many")), *starts()]
        rows += all_work(args.than, folder, loads) if args.than else ()
        for row in (row for row in rows if fnmatch.fnmatch(row.work, args.only)):
            # An audit ends with 1 where it found something.
            found = ratio(row.ours, row.theirs, args.rounds, fine=frozenset({0, 1}))
            failed |= bool(found.failed)
            numbers = found.failed or f"{found.wall:.2f} | {found.processor:.2f}"
            print(f"| {row.work} | {row.to} | {numbers} |", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
