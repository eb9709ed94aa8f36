"""Kill commands at random moments, many times, and see that nothing half-written stays.

    python tests/integration/kill_rounds.py WHEEL --rounds 100 --seed 7

Each round starts `repair`, `run`, `verify` and `build` at once on one cache and kills each (`kill -9`) at a
moment of its own. Then all four run to their end: each has to succeed and to give the result that it gives
undisturbed, and no folder of unfinished work may be left where results go. The cache is one of its own, so
that what is fetched or made there is disturbed too. The first, undisturbed run fills it, with a network.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import NamedTuple

SUFFIX = ".cpython-314-wasm32-emscripten.so"
PROJECT = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "killed"
version = "1"
[tool.setuptools]
ext-modules = [{ name = "killed", sources = ["killed.c"] }]
"""
SOURCE = """\
#include <Python.h>
static struct PyModuleDef definition = { PyModuleDef_HEAD_INIT, .m_name = "killed", .m_size = -1 };
PyMODINIT_FUNC PyInit_killed(void) { return PyModule_Create(&definition); }
"""
LEFTOVERS = ("**/.pyodide-abi-*.partial", "**/.repair-*")


class Command(NamedTuple):
    """A command, and where its wheels go; None for one that makes none."""

    words: list[str]
    folder: Path | None


def commands(folder: Path, wheel: Path) -> list[Command]:
    """The four, with folders of their own."""
    project = folder / "project"
    project.mkdir(exist_ok=True)
    (project / "pyproject.toml").write_text(PROJECT)
    (project / "killed.c").write_text(SOURCE)
    platform = ["--platform", "314_0"]
    repaired, built = folder / "repaired", folder / "built"
    mismatch = ["--toolchain-mismatch", "allow"]
    return [
        Command(["repair", "--wheel-dir", str(repaired), str(wheel)], repaired),
        Command(["run", *platform, "--", "-c", "print(6 * 7)"], None),
        Command(["verify", str(wheel)], None),
        Command(["build", *platform, *mismatch, "--outdir", str(built), str(project)], built),
    ]


def start(command: Command, cache: Path) -> subprocess.Popen[bytes]:
    """Start a command in a session of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "pyodide_abi", *command.words],
        env={**os.environ, "XDG_CACHE_HOME": str(cache)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def undisturbed(wanted: list[Command], cache: Path) -> dict[str, str]:
    """Run all at once to their ends; the digest of what each wheel holds."""
    running = [(command, start(command, cache)) for command in wanted]
    for command, process in running:
        output, _ = process.communicate()
        if process.returncode:
            raise SystemExit(f"{command.words[0]} ended with {process.returncode}:\n{output.decode()}")
    return {
        f"{command.words[0]} {wheel.name}": digest(wheel)
        for command in wanted
        if command.folder is not None
        for wheel in command.folder.glob("*.whl")
    }


def digest(wheel: Path) -> str:
    """The digest of all members, which also proves their checksums; dates are left out."""
    found = hashlib.sha256()
    with zipfile.ZipFile(wheel) as archive:
        for name in sorted(archive.namelist()):
            found.update(name.encode() + b"\0" + archive.read(name))
    return found.hexdigest()


def disturbed(wanted: list[Command], cache: Path, chance: random.Random, longest: float) -> int:
    """Start all at once and kill each at its moment; how many were killed before their ends."""
    began = time.monotonic()
    running = [(chance.uniform(0, longest), start(command, cache)) for command in wanted]
    killed = 0
    for moment, process in sorted(running, key=lambda entry: entry[0]):
        time.sleep(max(began + moment - time.monotonic(), 0))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            killed += 1
        process.communicate()
    return killed


def leftovers(*places: Path) -> list[Path]:
    """Folders of unfinished work."""
    return [path for place in places for pattern in LEFTOVERS for path in place.glob(pattern)]


def main() -> int:
    """Rounds until the number is reached or one goes wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheel", type=Path, help="a wheel for 314_0 that verifies")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0, help="of the moments (default: 0)")
    parser.add_argument(
        "--cache", type=Path, help="a cache to copy first, by hard links; default: an empty one"
    )
    args = parser.parse_args()
    chance = random.Random(args.seed)  # noqa: S311 - moments, not secrets
    with tempfile.TemporaryDirectory() as place:
        folder, cache = Path(place) / "work", args.cache or Path(place) / "cache"
        folder.mkdir()
        wanted = commands(folder, args.wheel.resolve())
        undisturbed(wanted, cache)
        began = time.monotonic()
        right = undisturbed(wanted, cache)
        longest = time.monotonic() - began
        killed = 0
        for number in range(1, args.rounds + 1):
            killed += disturbed(wanted, cache, chance, longest)
            for command in wanted:
                for wheel in command.folder.glob("*.whl") if command.folder else ():
                    digest(wheel)  # Whole, or not there.
            found = undisturbed(wanted, cache)
            left = leftovers(folder, args.wheel.parent)
            if found != right or left:
                sys.stdout.write(f"round {number}: {found} where {right} was right, left: {left}\n")
                return 1
            sys.stdout.write(f"round {number}: right, {killed} killed so far\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
