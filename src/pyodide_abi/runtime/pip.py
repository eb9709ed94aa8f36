"""Install a wheel as pip does in a Pyodide virtual environment (``pyodide venv`` of pyodide-build).

There, pip runs in a CPython of the target's version, with the target's tags and markers; takes wheels only;
and asks, besides the index, one of the packages of the release's lockfile. It backtracks, unpacks ``.data``
folders into their places and loads nothing ahead.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.errors import MissingError
from pyodide_abi.runtime.replies import Installed
from pyodide_abi.runtime.requirements import markers_of

if TYPE_CHECKING:
    from pyodide_abi.host import Host
    from pyodide_abi.platforms import Runtime

_SHIM = Path(__file__).with_name("pip_for_target.py")
_SECONDS = 600.0
#: What pyodide-build's own pip makes of PYODIDE_ABI_VERSION, and packaging of sysconfig.get_platform().
_TAG = re.compile(r"(pyodide|pyemscripten)_20\d\d_\d+_wasm32|emscripten_\w+")
_PREFIX = re.compile(r"(?:ERROR|error): ")


def check_pip() -> None:
    """Raise if there is no pip to install with.

    Raises:
        MissingError: our own environment has none.
    """
    if importlib.util.find_spec("pip") is None:
        raise MissingError(
            f"there is no pip in {sys.executable}",
            hint="'python -m ensurepip' or 'uv pip install pip' brings it into that environment",
        )


def pip_install(requirement: str, folder: Path, *, runtime: Runtime, server: str, host: Host) -> Installed:
    """Install a requirement into a folder.

    Args:
        requirement: as for pip.
        folder: becomes ``site-packages``.
        runtime: The runtime that the wheels have to be fit for.
        server: the address of a :class:`Mirror`.
        host: starts pip, in our own interpreter.

    Raises:
        MissingError: our own environment has no pip.
    """
    check_pip()
    version = re.match(r"\d+(\.\d+)*", runtime.release.python)
    assert version is not None
    words: list[str | Path] = [sys.executable, "-I", _SHIM, json.dumps(markers_of(runtime))]
    words += ["install", "--isolated", "--disable-pip-version-check", "--no-input", "--quiet", "--no-compile"]
    words += ["--no-cache-dir", "--only-binary=:all:", "--target", folder, "--python-version", version[0]]
    words += ["--implementation=cp", f"--abi={runtime.platform.python.tag}", "--abi=abi3", "--abi=none"]
    words += [f"--platform={tag.tag}" for tag in runtime.platform.tags if _TAG.fullmatch(tag.tag)]
    words += [
        "--index-url",
        f"{server}/simple/",
        "--extra-index-url",
        f"{server}/locked/{runtime.version}/simple/",
    ]
    done = host.runner.run(
        [*words, requirement], environ={**host.environ, "NO_PROXY": "127.0.0.1"}, timeout=_SECONDS
    )
    error = ""
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if _PREFIX.match(line)]
        error = "\n".join(_PREFIX.sub("", line) for line in lines) or done.stderr.strip()[-500:]
    found = importlib.metadata.distributions(path=[str(folder)])
    return Installed(
        error=error,
        distributions={item.metadata["Name"]: item.version for item in found},
        files=frozenset(_files(folder)),
    )


def _files(root: Path) -> set[str]:
    """Every file but scripts and what only says what is installed."""
    found = set()
    for folder, folders, names in os.walk(root):
        here = Path(folder).relative_to(root)
        folders[:] = [
            name for name in folders if not name.endswith(".dist-info") and here / name != Path("bin")
        ]
        found |= {str(here / name) for name in names}
    return found
