"""Build the modules of this folder again: ``python build.py [PLATFORM…]``; needs compilers, see ``doctor``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
PLATFORMS = ("2024_0", "2025_0", "314_0")
NAMED = "--profiling-funcs"
#: Optimisation and further options of each module.
OPTIONS = {
    "abi3_slots": "-O2",
    "capsule_two": f"-O0 {NAMED}",
    "cpp_slots_o0": "-O0",
    "decoy_table": "-O2",
    "fold": f"-O2 {NAMED}",
    "getset": "-O2",
    "libsigs_one": "-O2",
    "got_lib": "-O2 -L. -lsigs_one",
    "libc_qsort_one": f"-O2 {NAMED}",
    "meth_fast": "-O2",
    "meth_noargs": "-O2",
    "nb_add_one": f"-O2 {NAMED}",
    "rt_number": "-Oz",
    "rt_slots": "-O0",
    "s_clear_void": "-Oz",
    "s_init_two": "-O2",
    "vis_default": "-O2",
}
INCLUDE = "-I$(python -c \"import sysconfig; print(sysconfig.get_path('include'))\")"


def build(platform: str) -> None:
    """All modules for one platform."""
    with tempfile.TemporaryDirectory() as folder:
        for source in HERE.glob("*.c*"):
            shutil.copy(source, folder)
        lines = ["set -e"]
        for name, options in OPTIONS.items():
            source = next(HERE.glob(f"{name}.c*")).name
            compiler = "$CXX" if source.endswith(".cpp") else "$CC"
            optimisation, *others = options.split()
            lines.append(
                f"{compiler} {optimisation} {INCLUDE} -shared {source} {' '.join(others)} -o {name}.so"
            )
        subprocess.run(
            [sys.executable, "-m", "pyodide_abi", "exec", "--platform", platform, "--", "sh", "-c", "\n".join(lines)],
            cwd=folder,
            env=os.environ | {"PYODIDE_ABI_TOOLCHAIN_MISMATCH": "allow"},
            check=True,
        )
        for name in OPTIONS:
            shutil.copy(Path(folder) / f"{name}.so", HERE / f"{name}@{platform}.so")


if __name__ == "__main__":
    for chosen in sys.argv[1:] or PLATFORMS:
        build(chosen)
