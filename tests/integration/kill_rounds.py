"""Kill commands at random moments, many times, and see that nothing half-written stays.

    python tests/integration/kill_rounds.py WHEEL --rounds 100 --seed 7

Each round takes some entries out of the cache, starts `repair`, `run`, `verify` and `build` at once, and
kills each (`kill -9`) at a moment of its own. Then all four run to their end: each has to succeed and to give
the result that it gives undisturbed. After that no unfinished work may be left where results go, in the cache
or in the folder for temporary files; every entry of the cache has to be there and to hold what it held
undisturbed, as far as its files' names and sizes say, and those that are sealed to the byte. The first,
undisturbed run fills the cache, with a network.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import NamedTuple

from pyodide_abi.store import Store

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
#: Where the cache keeps what is being made, and how files are called that are not yet in their place.
UNFINISHED = (".partial/*", "**/.pyodide-abi-*", "**/*.partial")
#: Kinds of entries that are taken out, and made or fetched again within seconds.
REMADE = (
    "environments",
    "expansions",
    "headers",
    "hollow",
    "libraries",
    "runtimes",
    "snapshots",
    "sysroots",
    "wheels",
)
#: What grows with each command, or is a compiler's own cache.
CHANGING = {".locks", ".partial", ".seals", "apt", "builds", "downloads", "logs", "pythons", "toolchains"}


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
    temporary = cache.with_name("temporary")
    temporary.mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-m", "pyodide_abi", *command.words],
        env={**os.environ, "PYODIDE_ABI_CACHE_DIR": str(cache), "TMPDIR": str(temporary)},
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


def take_out(cache: Path, chance: random.Random, number: int) -> list[str]:
    """Remove some entries, as one who needs room does; their keys."""
    store = Store(cache)
    keys = [key for kind in REMADE for key in store.keys(kind)]
    taken = chance.sample(keys, min(number, len(keys)))
    for key in taken:
        shutil.rmtree(cache / key)
    return taken


def contents(cache: Path) -> dict[str, int]:
    """The sizes of all files of the cache's entries that stay as they are, by their paths."""
    found: dict[str, int] = {}
    for kind in sorted(cache.iterdir()):
        if kind.name not in CHANGING:
            files = (path for path in kind.rglob("*") if path.is_file() and not path.is_symlink())
            found |= {path.relative_to(cache).as_posix(): path.stat().st_size for path in files}
    return found


def entry_of(path: str) -> str:
    """The entry of the cache that a file belongs to."""
    return "/".join(path.split("/")[:2])


def faults(cache: Path, before: dict[str, int], *places: Path) -> list[str]:
    """What is left of unfinished work, and what the cache has in another way than before."""
    found = [str(path) for place in places for pattern in LEFTOVERS for path in place.glob(pattern)]
    found += [str(path) for pattern in UNFINISHED for path in cache.glob(pattern) if path.name != ".partial"]
    # Node keeps a cache of its own there.
    temporary = cache.with_name("temporary").iterdir()
    found += [str(path) for path in temporary if path.name != "node-compile-cache"]
    store, now = Store(cache), contents(cache)
    found += [f"{key}: not what was sealed" for key in store.sealed_keys() if not store.prove(key)]
    found += [
        f"{path}: {before.get(path)} -> {now.get(path)} bytes"
        for path in sorted(before.keys() | now)
        if before.get(path) != now.get(path)
    ]
    return found


def main() -> int:
    """Rounds until the number is reached; 1 if something went wrong in any."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheel", type=Path, help="a wheel for 314_0 that verifies")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0, help="of the moments (default: 0)")
    parser.add_argument("--taken", type=int, default=2, help="entries that each round takes out (default: 2)")
    parser.add_argument("--folder", type=Path, help="where to work, with the cache of an earlier run, if any")
    args = parser.parse_args()
    chance = random.Random(args.seed)  # noqa: S311 - moments, not secrets
    with tempfile.TemporaryDirectory() as place:
        folder, cache = Path(place) / "work", (args.folder or Path(place)) / "cache"
        folder.mkdir()
        cache.mkdir(parents=True, exist_ok=True)
        wanted = commands(folder, args.wheel.resolve())
        undisturbed(wanted, cache)
        began = time.monotonic()
        right = undisturbed(wanted, cache)
        longest = time.monotonic() - began
        before, killed, wrong = contents(cache), 0, 0
        taken: set[str] = set()
        for number in range(1, args.rounds + 1):
            gone = take_out(cache, chance, args.taken)
            taken.update(gone)
            killed += disturbed(wanted, cache, chance, longest)
            for command in wanted:
                for wheel in command.folder.glob("*.whl") if command.folder else ():
                    digest(wheel)  # Whole, or not there.
            found = undisturbed(wanted, cache)
            # Not all is asked for again by these commands at once; what is, has to be as it was.
            absent = tuple(f"{key}/" for key in taken if not (cache / key).is_dir())
            here = {path: size for path, size in before.items() if not path.startswith(absent)}
            # What an earlier run had taken out may be asked for now: from here on it is to stay as it is.
            known = {entry_of(path) for path in before}
            new = {path: size for path, size in contents(cache).items() if entry_of(path) not in known}
            before |= new
            here |= new
            left = faults(cache, here, folder, args.wheel.parent)
            if found != right:
                left.append(f"{found} where {right} was right")
            wrong += bool(left)
            sys.stdout.write(f"round {number}, without {', '.join(gone)}: {killed} killed so far\n")
            sys.stdout.writelines(f"  {line}\n" for line in left)
            sys.stdout.flush()
    sys.stdout.write(f"{args.rounds} rounds, {killed} commands killed, {wrong} rounds with faults\n")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
