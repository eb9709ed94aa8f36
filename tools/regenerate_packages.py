"""Rebuild the list of compiled packages that the runtime releases bring, or check that it still agrees.

    python tools/regenerate_packages.py            all releases, from npm (a few minutes the first time)
    python tools/regenerate_packages.py --check

Only facts are taken: the name and the version of each package of ``pyodide-lock.json`` whose file has a
platform tag. Run it after ``regenerate_platforms.py --add``.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pyodide_abi.host import this_machine
from pyodide_abi.platforms import load_platforms
from pyodide_abi.platforms.packages import FILE, encode_packages
from pyodide_abi.runtime.learning.describing import compiled_packages
from pyodide_abi.runtime.learning.learn import locked_packages
from pyodide_abi.runtime.releases import install_release

DATA = Path(__file__).parents[1] / "src" / "pyodide_abi" / "platforms" / "data" / FILE


def main() -> int:
    """Write the file, or compare it with what it would be."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if the file has to change")
    args = parser.parse_args()
    host = this_machine()
    packages = {}
    for release in (release for platform in load_platforms() for release in platform.releases):
        lock = install_release(release, host) / "pyodide-lock.json"
        packages[release.version] = compiled_packages(locked_packages(lock.parent))
    text = encode_packages(packages)
    if args.check:
        same = text == DATA.read_text("utf-8")
        print(f"{DATA}: {'in step' if same else 'has to be written anew'}")
        return 0 if same else 1
    DATA.write_text(text, "utf-8")
    print(f"{DATA}: {len(packages)} releases, {len(text):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
