r"""Whole builds for the target against the same project's build for this machine.

    .check/bin/python benchmarks/native_builds.py --platform 2025_0 \
        pillow==13.0.0:freetype,lcms2,libtiff,libwebp,openjpeg lxml==6.1.3

A project is named with the recipes of the libraries that it is given. The other side is ``uv build`` with
this machine's compiler, its libraries, whose headers have to be installed, and the same CPython that stands
beside our build. The sides run in turn, ours first, so that a busy machine slows both. A pair that does not
count comes first: it fetches what is missing, and makes the libraries.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from drivers import seconds

from pyodide_abi.build.index import fetch_sdist
from pyodide_abi.host import this_machine
from pyodide_abi.platforms import load_platform
from pyodide_abi.toolchain import find_python

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyodide_abi.toolchain import HostPython

US = [sys.executable, "-m", "pyodide_abi"]


def pair(sdist: Path, libraries: Sequence[str], platform: str, python: HostPython) -> tuple[float, float]:
    """Ratios of wall and processor time of one build for the target to one for this machine."""
    with tempfile.TemporaryDirectory(prefix="native-builds-") as name:
        folder = Path(name)
        ours: list[str | Path] = [*US, "build", sdist, f"--platform={platform}", "--quiet"]
        ours += ["--toolchain-mismatch=allow", "--outdir", folder / "ours"]
        ours += [f"--library={library}" for library in libraries]
        theirs: list[str | Path] = ["uv", "build", "--wheel", "--python", python.executable, sdist]
        theirs += ["--out-dir", folder / "theirs"]
        environ = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        # A build whose wheel has an error in the audit ends with 1.
        our_wall, our_processor = seconds(ours, environ, folder, good=(0, 1))
        if not list((folder / "ours").glob("*.whl")):
            raise SystemExit(f"{sdist.name} was not built")
        wall, processor = seconds(theirs, environ, folder)
    print(f"  {our_wall:.0f} s / {wall:.0f} s, {our_processor:.0f} s / {processor:.0f} s", flush=True)
    return our_wall / wall, our_processor / processor


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("projects", nargs="+", metavar="NAME==VERSION[:LIBRARY,...]")
    parser.add_argument("--platform", default="2025_0")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--warm", action="store_true", help="all is fetched and made: no pair before")
    args = parser.parse_args()
    host = this_machine()
    python = find_python(load_platform(args.platform).python.version, host)
    for project in args.projects:
        name, _, libraries = project.partition(":")
        print(name, flush=True)
        sdist = fetch_sdist(name, python, host)
        given = libraries.split(",") if libraries else []
        if not args.warm:
            pair(sdist, given, args.platform, python)
        taken = [pair(sdist, given, args.platform, python) for _ in range(args.rounds)]
        wall, processor = (statistics.median(one[kind] for one in taken) for kind in (0, 1))
        print(f"  medians of {args.rounds}: wall {wall:.2f}, processor {processor:.2f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
