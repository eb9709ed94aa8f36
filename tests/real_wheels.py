"""Wheels from the package index, as users get them, kept in the cache between runs.

Pinned by digest, so that a test means the same file tomorrow.
"""

from __future__ import annotations

import hashlib
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from platformdirs import user_cache_path

from pyodide_abi.process import SystemRunner
from pyodide_abi.store import Store

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class RealWheel:
    """A wheel on the index.

    Attributes:
        project: its name there.
        version: which one.
        sha256: of the file.
        python: the target's version.
        platform: the wheel's platform tag.
    """

    project: str
    version: str
    sha256: str
    python: str = "3.14"
    platform: str = "pyemscripten_2026_0_wasm32"


#: One each of C, Cython, Meson with pybind11, Rust, and CMake with a shared library of its own.
REAL_WHEELS = (
    RealWheel(
        project="simplejson",
        version="4.3.0",
        sha256="53324eda57a9de7fab4731281bc8bd3fa254d28dbc06ce2141f2bcfeefbc3e3a",
    ),
    RealWheel(
        project="msgpack",
        version="1.2.4",
        sha256="06a0657a4110d563255006b7cb7147432f67827144e429c2cdb1c967548d1817",
    ),
    RealWheel(
        project="contourpy",
        version="1.4.0",
        sha256="fa1b787362a3856e63dd2b89449f6c384d55ee1beb8f94f4bcc871b40f02462c",
    ),
    RealWheel(
        project="jiter",
        version="0.19.0",
        sha256="707b8194222a343c4a5e1574df95f5ade03e3f1cbdba77d8c89c6af0f40d92cd",
    ),
    RealWheel(
        project="awkward-cpp",
        version="57",
        sha256="e21c6f2ba1ba560a613c7acfe63e150736895fd4cf7bb48bc6dbff83a3435667",
    ),
)


def fetch(wheel: RealWheel) -> Path:
    """The file, downloaded with pip the first time."""

    def fill(folder: Path, _: Path) -> None:
        words: list[str | Path] = [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"),
            *("--platform", wheel.platform, "--python-version", wheel.python, "--implementation", "cp"),
            *("--abi", f"cp{wheel.python.replace('.', '')}", "--dest", folder),
            f"{wheel.project}=={wheel.version}",
        ]
        done = SystemRunner().run(words, environ=os.environ, timeout=300)
        assert done.returncode == 0, done.stderr

    key = f"test-wheels/{wheel.project}-{wheel.version}-{wheel.platform}"
    folder = Store(user_cache_path("pyodide-abi", appauthor=False)).obtain(key, fill)
    (path,) = folder.glob("*.whl")
    assert hashlib.sha256(path.read_bytes()).hexdigest() == wheel.sha256
    return path
