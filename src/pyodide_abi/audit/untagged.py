"""The platform of native files that carry no tag: the only one that their contents fit.

Apart from the pipeline, as a wheel's tag names its platform.
"""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING

from pyodide_abi.audit.inference import infer_platform, only_fit
from pyodide_abi.errors import PyodideAbiError, UnreadableInputError, UsageError
from pyodide_abi.files import read_file, read_head
from pyodide_abi.linker import read_library
from pyodide_abi.wasm.identify import ENOUGH, FileKind, identify
from pyodide_abi.wording import listed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pyodide_abi.linker.native_file import NativeFile
    from pyodide_abi.platforms.model import Platform


def fitting_platform(file: Path, files: Sequence[NativeFile], beside: Sequence[Path]) -> tuple[Platform, str]:
    """The one platform that native files can be meant for, and what tells so: ``contents`` or ``set``.

    Args:
        file: What was given, a module or a folder.
        files: Its native files.
        beside: Files that form a set with a module.

    Raises:
        UnreadableInputError: the file that was given is no WebAssembly.
        UsageError: no platform fits, or more than one.
    """
    if file.is_file():
        _check_kind(file)
    fits = infer_platform([read_library(one.path, one.read()) for one in files])
    platform = only_fit(fits)
    if platform is not None:
        return platform, "contents"
    fitting = [fit.platform for fit in fits if not fit.misfits]
    # What several platforms would take is meant for the one that the files of its set agree on.
    agreed = _platforms_of_set(tuple(beside)) if fitting and len(beside) > 1 else ()
    common = [platform for platform in fitting if platform.name in agreed]
    if len(common) == 1:
        return common[0], "set"
    names = [platform.name for platform in common or fitting]
    says = f"its contents fit {listed(names)}" if fitting else "its contents fit none wholly"
    raise UsageError(
        f"{file.name} carries no tag, so nothing says which platform it is for: {says}",
        hint="name one with --platform; 'pyodide-abi platforms' lists them",
    )


def _check_kind(file: Path) -> None:
    """Tell what a file is that no platform can be meant by.

    Raises:
        UnreadableInputError: it is such a file.
    """
    identity = identify(read_head(file, most=ENOUGH)[0])
    if identity.kind is FileKind.ZIP:
        raise UnreadableInputError(
            f"{file.name} is a zip archive whose name does not end in .whl",
            hint="installers go by a wheel's name: give the file its own name back",
        )
    if identity.kind is FileKind.TEXT:
        raise UnreadableInputError(
            f"{file.name} is no WebAssembly module (text)",
            hint="requirements are named themselves, as NAME==VERSION with --platform;\n"
            "'pyodide-abi distribute FILE' takes a list of them and audits what it makes",
        )
    if identity.kind is not FileKind.WASM:
        raise UnreadableInputError(
            f"{file.name} is no WebAssembly module ({identity})",
            hint="--platform NAME audits it for that platform all the same",
        )


@lru_cache(maxsize=1)
def _platforms_of_set(files: tuple[Path, ...]) -> tuple[str, ...]:
    """The platforms that the contents of every one of several native files fit, by their names.

    Remembered for the last set, as each of its files asks. A file that cannot be read says nothing.
    """
    with suppress(PyodideAbiError, OSError):
        libraries = [read_library(file.name, read_file(file)) for file in files]
        return tuple(fit.platform.name for fit in infer_platform(libraries) if not fit.misfits)
    return ()
