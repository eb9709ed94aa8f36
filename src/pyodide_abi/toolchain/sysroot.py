"""The target's Python headers and configuration: a host CPython's headers, the runtime's own values."""

from __future__ import annotations

import json
import shutil
import zipfile
from typing import TYPE_CHECKING

from pyodide_abi.errors import MissingError, UnreadableInputError, UsageError
from pyodide_abi.toolchain import configuration
from pyodide_abi.toolchain.model import Sysroot

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.host import Host
    from pyodide_abi.platforms.model import Platform, Release
    from pyodide_abi.toolchain.model import HostPython

#: Raised when what is made from the same input changes: older entries are then left alone.
_FORMAT = 3


def make_sysroot(platform: Platform, runtime_folder: Path, python: HostPython, host: Host) -> Sysroot:
    """Headers and configuration to compile extension modules for a platform with; cached.

    Args:
        platform: the target.
        runtime_folder: an installed release of it, with ``package.json`` and ``python_stdlib.zip``.
        python: a CPython of the platform's minor version, whose headers are taken.
        host: the machine.

    Raises:
        MissingError: the interpreter is of another minor version.
        UsageError: the release is of another platform.
        UnreadableInputError: the release is not what a release is.
    """
    minor = platform.python.version
    if not python.version.startswith(f"{minor}."):
        raise MissingError(
            f"platform {platform.name} has CPython {minor}, the headers at hand are of {python.version}",
            hint=f"uv python install {minor}",
        )
    version = _version(runtime_folder)
    release = next((one for one in platform.releases if one.version == version), None)
    if release is None:
        raise UsageError(
            f"{runtime_folder} holds release {version}, which is none of platform {platform.name}"
        )
    key = f"sysroots/{version}-cpython{python.version}-{_FORMAT}"

    def fill(folder: Path, _place: Path) -> None:
        with host.progress.task(f"making the target's headers for {version}"):
            _fill(folder, minor, runtime_folder, release, python)

    root = host.store.obtain(key, fill)
    return Sysroot(
        platform=platform.name,
        release=version,
        root=root,
        include=_include(root, minor),
        sysconfigdata=_library(root, minor),
    )


def _include(root: Path, minor: str) -> Path:
    return root / "include" / f"python{minor}"


def _library(root: Path, minor: str) -> Path:
    """Where an installed CPython has its own: who is told one folder finds the other (cryptography 50)."""
    return root / "lib" / f"python{minor}"


def _fill(folder: Path, minor: str, runtime: Path, release: Release, python: HostPython) -> None:
    source = _sysconfigdata(runtime)
    name = configuration.MODULE
    origin = f"{name} of release {release.version}"
    variables = configuration.read_variables(source, origin)
    include = _include(folder, minor)
    shutil.copytree(python.include, include, copy_function=shutil.copyfile)
    host_names = _host_names(python, minor)
    pyconfig = configuration.write_pyconfig(variables, host_names, origin)
    (include / "pyconfig.h").write_text(pyconfig, "utf-8")
    patchlevel = include / "patchlevel.h"
    # Not as `pyodide-lock.json` says: that of 314.0.0 has 3.14.0, the runtime itself is 3.14.2.
    text = configuration.write_patchlevel(patchlevel.read_text("utf-8"), release.python, str(patchlevel))
    patchlevel.write_text(text, "utf-8")
    library = _library(folder, minor)
    library.mkdir(parents=True)
    (library / name).write_text(source, "utf-8")


def _host_names(python: HostPython, minor: str) -> frozenset[str]:
    """The names in the host's ``pyconfig.h``; Debian's is one that includes another, per architecture."""
    files = [python.include / "pyconfig.h", *python.include.parent.glob(f"*/python{minor}/pyconfig.h")]
    names: frozenset[str] = frozenset()
    for file in files:
        if file.is_file():
            names |= configuration.names_in(file.read_text("utf-8"))
    if "SIZEOF_LONG" not in names:
        raise MissingError(
            f"{python.executable} has no complete pyconfig.h in {python.include}",
            hint="install the headers of this interpreter, or take another one",
        )
    return names


def _sysconfigdata(runtime: Path) -> str:
    archive = runtime / "python_stdlib.zip"
    try:
        with zipfile.ZipFile(archive) as members:
            return members.read(configuration.MODULE).decode("utf-8")
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise UnreadableInputError(f"{archive} holds no {configuration.MODULE}: {error}") from error


def _version(runtime: Path) -> str:
    file = runtime / "package.json"
    try:
        return str(json.loads(file.read_text("utf-8"))["version"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnreadableInputError(f"{file} does not say its version: {error}") from error
