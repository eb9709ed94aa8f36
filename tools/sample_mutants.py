"""Change the code in random places, run the tests that reach each, and print the changes that none notices.

``python tools/sample_mutants.py linker wheel --each 40``. It needs mutmut, whose settings are in
``pyproject.toml``, and works in the folder ``mutants``.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).parents[1]
MUTANTS = ROOT / "mutants"
PACKAGE = Path("src", "pyodide_abi")
#: How a run ended that noticed its mutant, by the exit status that mutmut records.
NOTICED = {
    1: "killed",
    3: "killed",
    24: "timeout",
    36: "timeout",
    152: "timeout",
    255: "timeout",
    -24: "timeout",
}
SURVIVED, UNREACHED = 0, 33


def mutmut(*words: str) -> subprocess.CompletedProcess[str]:
    """Run mutmut with this interpreter."""
    return subprocess.run(
        [sys.executable, "-m", "mutmut", *words], cwd=ROOT, text=True, capture_output=True, check=False
    )


def statuses(folder: str) -> Iterator[tuple[str, int | None]]:
    """The mutants of a folder of the package, each with the status of its run; None before that."""
    for file in sorted((MUTANTS / PACKAGE / folder).rglob("*.meta")):
        yield from json.loads(file.read_text("utf-8"))["exit_code_by_key"].items()


def main(words: Sequence[str]) -> int:
    """The command; 0 where every mutant of the sample is noticed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "folders", nargs="+", metavar="FOLDER", help="below src/pyodide_abi: linker, audit/rules"
    )
    parser.add_argument("--each", type=int, default=40, help="mutants of each folder (default: %(default)s)")
    parser.add_argument("--seed", type=int, help="of the sample")
    parser.add_argument("--jobs", type=int, default=1, help="processes at a time (default: %(default)s)")
    options = parser.parse_args(words)
    # mutmut makes its mutants before it sees that none has this name.
    first = mutmut("run", "none")
    if not MUTANTS.is_dir():
        sys.stderr.write(first.stdout[-2000:] + first.stderr[-2000:])
        return 3
    seed = options.seed if options.seed is not None else random.randrange(10**6)  # noqa: S311 - no secret
    chooser = random.Random(seed)  # noqa: S311 - no secret
    lost = False
    for folder in options.folders:
        names = sorted(name for name, _ in statuses(folder))
        chosen = set(chooser.sample(names, min(options.each, len(names))))
        mutmut("run", "--max-children", str(options.jobs), *sorted(chosen))
        ended = {name: status for name, status in statuses(folder) if name in chosen}
        kinds = Counter(
            {SURVIVED: "survived", UNREACHED: "reached by no test"}.get(
                status, NOTICED.get(status, "not run")
            )
            for status in ended.values()
            if status is not None
        )
        noticed = kinds["killed"] + kinds["timeout"]
        print(f"{folder}: {noticed} of {len(chosen)} noticed (seed {seed}, of {len(names)}): {dict(kinds)}")
        for name, status in sorted(ended.items()):
            if status in {SURVIVED, UNREACHED}:
                lost = True
                print(f"\n# {name}\n{mutmut('show', name).stdout}")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
