"""A lock file as the subject of an audit: its platform, and no modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit.lock_file import read_lock_file
from pyodide_abi.audit.subject import Subject
from pyodide_abi.errors import UsageError
from pyodide_abi.platforms import load_platforms

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.audit.lock_file import LockFile
    from pyodide_abi.platforms.model import Platform


def lock_subject(file: Path, asked: Platform | None, usual: Platform | None, engine: str) -> Subject:
    """Read a lock file.

    Args:
        file: the lock file.
        asked: the platform to hold it against, whatever it says; None for the one that it says.
        usual: the platform of one that says none that is known.
        engine: the JavaScript engine that predictions are for.

    Raises:
        UnreadableInputError: it is no lock file.
        UsageError: it says a platform that is not known.
    """
    lock = read_lock_file(file)
    said = _platform_of(lock)
    platform = asked or said or usual
    if platform is None:
        raise UsageError(
            f"{file.name} is for platform '{lock.abi_version or lock.compiler}', which is not known",
            hint="--platform NAME names the one to hold it against; 'pyodide-abi platforms' lists them",
        )
    return Subject(
        file=file,
        wheel=None,
        platform=platform,
        engine=engine,
        platform_from="asked" if asked else "tag" if said else "usual",
        binaries=(),
        offers={},
        lock=lock,
    )


def _platform_of(lock: LockFile) -> Platform | None:
    """The platform that a lock file says, by the version of the ABI or else by compiler and CPython."""
    for platform in load_platforms():
        compiler = f"emscripten_{platform.emscripten.replace('.', '_')}"
        if lock.abi_version:
            if lock.abi_version in (platform.name, *platform.names):
                return platform
        elif lock.compiler == compiler and lock.python.startswith(f"{platform.python.version}."):
            return platform
    return None
