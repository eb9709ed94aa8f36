"""How long the page takes to the verdict on a small wheel, as a ratio to what nobody could leave out.

    .check/bin/python benchmarks/page.py                        in Chromium
    .check/bin/python benchmarks/page.py --browser firefox

From the visit of the page, on which a wheel is dropped at once, to its verdict; held against a visit of
something that only loads Pyodide, from the same server, and imports the same packages. Both sides in turn,
each in a browser of its own, whose start does not count; the median of the pairs.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __name__ == "__main__":
    # What drives browsers is the tests'.
    sys.path.append(str(Path(__file__).parents[1] / "tests"))

from page_visits import served, visit
from real_wheels import real_wheel

if TYPE_CHECKING:
    from collections.abc import Sequence

#: What the page's worker does before it is asked for anything (page/static/worker.js).
BARE = """(async () => {
  const { main, releases } = await (await fetch("/page.json")).json();
  const home = new URL(releases.find((release) => release.version === main).at, location.origin + "/").href;
  const core = fetch("/core.zip").then((answer) => answer.arrayBuffer());
  const { loadPyodide } = await import(`${home}pyodide.mjs`);
  const pyodide = await loadPyodide({ indexURL: home });
  pyodide.unpackArchive(await core, "zip", { extractDir: "/core" });
  pyodide.runPython("import sys; sys.path.insert(0, '/core')");
  pyodide.pyimport("pyodide_abi.page.inside");
})()"""
TIME = {"step": "time"}


def seconds(browser: str, address: str, steps: Sequence[dict[str, Any]], folder: Path) -> float:
    """How long some steps take, behind the start of the browser."""
    # What the bare side imports has no icon and no policy, which browsers complain of.
    found = visit(browser, address, [TIME, *steps, TIME], folder, sound=False)
    if found.fault:
        raise SystemExit(found.fault)
    return float(found.seen[-1] - found.seen[0]) / 1000


def main() -> int:
    """Print the ratio."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--browser", choices=["chromium", "firefox"], default="chromium")
    parser.add_argument("--rounds", type=int, default=5, help="pairs of visits (default: 5)")
    args = parser.parse_args()
    wheel = real_wheel("simplejson", "pyemscripten_2026_0_wasm32", "3.14")
    dropped = {"step": "drop", "files": [{"name": wheel.name, "path": str(wheel)}]}
    audit: list[dict[str, Any]] = [{"step": "open"}, dropped, {"step": "wait", "selector": ".verdict"}]
    bare: list[dict[str, Any]] = [{"step": "open", "path": "/page.json"}, {"step": "look", "code": BARE}]
    ratios = []
    with tempfile.TemporaryDirectory() as scratch, served() as server:
        for _ in range(args.rounds + 1):
            ours, theirs = (
                seconds(args.browser, server.address, steps, Path(scratch)) for steps in (audit, bare)
            )
            ratios.append(ours / theirs)
    print(json.dumps({"browser": args.browser, "verdict / bare": round(statistics.median(ratios[1:]), 2)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
