"""What the compiler drivers cost: per file against clang itself and emcc, and in whole builds against emcc.

    .check/bin/python benchmarks/drivers.py                     a small file, and one that includes Python.h
    .check/bin/python benchmarks/drivers.py SDIST...            …and the build of each project

The sides of a ratio run in turn, in one call, so that a busy machine slows all; medians of wall time and of
processor time are printed. For whole builds the other side is the same command with scripts in the drivers'
place that add the platform's flags and become emcc: the compiler is all that differs.
"""

from __future__ import annotations

import argparse
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyodide_abi.build import environment
from pyodide_abi.build.compile_commands import read_commands
from pyodide_abi.build.drivers import rules_of, write_drivers
from pyodide_abi.build.emcc_cache import expansions_of
from pyodide_abi.build.model import Exports
from pyodide_abi.cli.main import entry_point
from pyodide_abi.host import this_machine
from pyodide_abi.platforms import load_platform
from pyodide_abi.runtime.releases import install_release
from pyodide_abi.toolchain import find_python, find_toolchain, make_sysroot

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from pyodide_abi.toolchain import Toolchain

SMALL = "int add(int a, int b) { return a + b; }\n"
PYTHON = "#include <Python.h>\nPyObject *same(PyObject *it) { return Py_NewRef(it); }\n"


def seconds(
    argv: Sequence[str | Path], environ: Mapping[str, str], cwd: Path, *, good: Container[int] = (0,)
) -> tuple[float, float]:
    """Wall and processor time of a command, its children's included.

    Args:
        argv: The command.
        environ: Its environment.
        cwd: Where it runs.
        good: the exit statuses of which one has to come.
    """
    begin = time.perf_counter()
    child = subprocess.Popen(argv, env=environ, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - begin
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in good:
        raise SystemExit(f"{shlex.join(map(str, argv))} ended with {child.returncode}")
    return wall, usage.ru_utime + usage.ru_stime


def compare(label: str, sides: Mapping[str, Sequence[str | Path]], *, rounds: int, cwd: Path) -> None:
    """Print the medians of each side to the first, after one round that warms the caches."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    taken = [{name: seconds(argv, environ, cwd) for name, argv in sides.items()} for _ in range(rounds + 1)][
        1:
    ]
    base, *others = sides
    for name in others:
        wall, processor = (
            statistics.median(one[name][kind] / one[base][kind] for one in taken) for kind in (0, 1)
        )
        print(f"  {label:<26} {name + ' / ' + base:<28} {wall:6.2f} {processor:6.2f}", flush=True)


def per_file(platform_name: str, rounds: int, folder: Path) -> None:
    """Compile steps of a small file and of one with Python's headers."""
    host = this_machine()
    platform = load_platform(platform_name)
    toolchain = find_toolchain(platform, host, mismatch_allowed=True)
    python = find_python(platform.python.version, host)
    sysroot = make_sysroot(platform, install_release(platform.releases[-1], host), python, host)
    rules = rules_of(platform, python)
    write_drivers(
        folder / "drivers",
        toolchain=toolchain,
        rules=rules,
        exports=Exports(),
        remarks=folder / "remarks",
        expansions=expansions_of(toolchain, rules, host),
    )
    for name, text in (("small.c", SMALL), ("python.c", PYTHON)):
        (folder / name).write_text(text)
        own = ["-O2", f"-I{sysroot.include}", "-c", name, "-o", "out.o"]
        for words in (own, ["-march=native", *own]):
            subprocess.run([folder / "drivers" / "cc", *words], cwd=folder, check=True)
        clang = next(list(done.words) for done in read_commands(folder / "drivers") if name in done.words)
        sides: dict[str, Sequence[str | Path]] = {
            "clang": clang,
            "cc": [folder / "drivers" / "cc", *own],
            "cc, a word dropped": [folder / "drivers" / "cc", "-march=native", *own],
            "emcc": [*plain("cc", toolchain, rules["required"]["c"]["compile"]), *own],
        }
        compare(name, sides, rounds=rounds, cwd=folder)


def plain(driver: str, toolchain: Toolchain, flags: Sequence[str]) -> list[str]:
    """Emcc with a platform's flags."""
    variables = [f"{name}={value}" for name, value in toolchain.environ.items()]
    emcc = toolchain.emxx if driver == "c++" else toolchain.emcc
    return ["env", *variables, str(emcc), *flags]


def build_as_emcc(argv: list[str]) -> None:
    """``pyodide-abi`` with emcc itself in the drivers' place."""
    replaced = "write_drivers"
    original = getattr(environment, replaced)

    def write(folder: Path, **keywords: Any) -> dict[str, Path]:  # noqa: ANN401 - the original has the types
        scripts = original(folder, **keywords)
        for name in ("cc", "c++"):
            language = keywords["rules"]["required"]["c++" if name == "c++" else "c"]
            # First of all, so that the project's own level counts: ours is the default of links too.
            flags = dict.fromkeys(["-Oz", *language["compile"], *language["link"]])
            compiler = plain(
                name, keywords["toolchain"], [flag for flag in flags if "SIDE_MODULE" not in flag]
            )
            text = f'#!/bin/sh\nexec {shlex.join(compiler)} "$@"\n'
            (folder / name).write_text(text)
        return dict(scripts)

    setattr(environment, replaced, write)
    sys.argv[1:] = argv
    entry_point()


def main() -> int:
    """Print the table."""
    if sys.argv[1:2] == ["--as-emcc"]:
        build_as_emcc(sys.argv[2:])
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sdists", nargs="*", type=Path)
    parser.add_argument("--platform", default="314_0")
    parser.add_argument(
        "--rounds", type=int, default=15, help="of each file; whole builds run a fifth as often"
    )
    args = parser.parse_args()
    print(f"medians of {args.rounds} rounds, in turn{'':<25} wall  processor")
    with tempfile.TemporaryDirectory(prefix="drivers-") as name:
        folder = Path(name)
        per_file(args.platform, args.rounds, folder)
        for sdist in args.sdists:
            words = ["build", sdist.resolve(), "--platform", args.platform, "--toolchain-mismatch", "allow"]
            words += ["--outdir", folder / "dist", "--quiet"]
            sides: dict[str, Sequence[str | Path]] = {
                "plain emcc": [sys.executable, __file__, "--as-emcc", *words],
                "pyodide-abi": [sys.executable, "-m", "pyodide_abi", *words],
            }
            compare(sdist.name, sides, rounds=max(args.rounds // 5, 1), cwd=folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
