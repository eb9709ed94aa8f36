"""A project's sources in a folder of the build's own, so that nothing of a build stays in the project's."""

from __future__ import annotations

import os
import posixpath
import shutil
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.errors import UnreadableInputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Folders that tools make and no build reads.
_JUNK = frozenset(
    {
        "__pycache__",
        ".tox",
        ".nox",
        "node_modules",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".hypothesis",
    }
)
_SDIST = (".tar.gz", ".tgz", ".zip")


def stage(source: Path, folder: Path, *, leave_out: Iterable[Path] = ()) -> Path:
    """Copy a project's folder, or unpack an sdist.

    Args:
        source: either of them.
        folder: an existing folder to put it in.
        leave_out: folders inside the project that are not its sources, such as the one for results.

    Returns:
        the project's root in ``folder``.

    Raises:
        UsageError: it is neither.
        UnreadableInputError: the archive is damaged, unsafe, or has not one top folder.
    """
    check_source(source)
    if source.is_dir():
        return _copy(source.resolve(), folder / "source", {path.resolve() for path in leave_out})
    return _unpack(source, folder)


def check_source(source: Path) -> None:
    """See by its looks that something can be built, before anything is fetched for it.

    Raises:
        UsageError: it is neither a project's folder nor an sdist.
    """
    if source.is_dir():
        if (source / "pyproject.toml").is_file() or (source / "setup.py").is_file():
            return
        what = "has neither a pyproject.toml nor a setup.py"
    elif not source.exists():
        what = "does not exist"
    elif source.is_file() and source.name.endswith(_SDIST):
        _check_archive(source)
        return
    else:
        what = "is not an sdist (.tar.gz or .zip)"
    raise UsageError(f"{source} {what}", hint="name the folder of a Python project, or an sdist")


def _check_archive(archive: Path) -> None:
    """See that an archive has a project in its one top folder.

    Raises:
        UnreadableInputError: it cannot be read, or has no such folder.
    """
    try:
        if archive.name.endswith(".zip"):
            with zipfile.ZipFile(archive) as pack:
                names = pack.namelist()
        else:
            with tarfile.open(archive, "r:gz") as tar:
                names = tar.getnames()
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        raise UnreadableInputError(f"{archive.name} cannot be unpacked: {error}") from error
    paths = {posixpath.normpath(name) for name in names}
    tops = {path.partition("/")[0] for path in paths if "/" in path}
    if len(tops) != 1:
        raise UnreadableInputError(
            f"{archive.name} is no sdist: it holds {len(tops) or 'no'} folders at its top, not one",
            hint="an sdist has everything in one folder, NAME-VERSION ('python -m build --sdist' makes one)",
        )
    top = tops.pop()
    if not paths & {f"{top}/pyproject.toml", f"{top}/setup.py"}:
        raise UnreadableInputError(
            f"{archive.name} is no sdist: {top} in it has neither a pyproject.toml nor a setup.py",
            hint="name the folder of a Python project, or an sdist",
        )


def _copy(source: Path, target: Path, leave_out: set[Path]) -> Path:
    def ignored(folder: str, names: list[str]) -> set[str]:
        here = Path(folder)
        return {
            name
            for name in names
            if name in _JUNK or name == ".git" or here / name in leave_out or _made_by_tools(here / name)
        }

    shutil.copytree(source, target, symlinks=True, ignore=ignored)
    _keep_outside_links(source, target)
    _link_repository(source, target)
    return target


def _made_by_tools(path: Path) -> bool:
    """A virtual environment, or setuptools' build folder of another machine."""
    if (path / "pyvenv.cfg").is_file():
        return True
    return path.name == "build" and any(path.glob("temp.*")) and not (path / "__init__.py").exists()


def _keep_outside_links(source: Path, target: Path) -> None:
    """A relative link to a place outside the project would point elsewhere from the copy."""
    for folder, folders, files in os.walk(target):
        for name in (*folders, *files):
            path = Path(folder, name)
            if path.is_symlink() and not path.readlink().is_absolute():
                original = source / path.relative_to(target)
                meant = Path(os.path.normpath(original.parent / path.readlink()))
                if not meant.is_relative_to(source):
                    path.unlink()
                    path.symlink_to(meant)


def _link_repository(source: Path, target: Path) -> None:
    """Let tools that take the version from git find it: a ``.git`` file (gitrepository-layout(5))."""
    git = source / ".git"
    if git.is_dir():
        (target / ".git").write_text(f"gitdir: {git}\n", "utf-8")
    elif git.is_file():
        _, _, place = git.read_text("utf-8").partition("gitdir:")
        (target / ".git").write_text(f"gitdir: {source / place.strip()}\n", "utf-8")


def _unpack(archive: Path, folder: Path) -> Path:
    try:
        if archive.name.endswith(".zip"):
            _unpack_zip(archive, folder)
        else:
            with tarfile.open(archive, "r:gz") as tar:
                # PEP 721's filter, which PEP 625 wants for sdists: nothing outside, no devices.
                tar.extractall(folder, filter="data")
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError) as error:
        raise UnreadableInputError(f"{archive.name} cannot be unpacked: {error}") from error
    # There is one, as has been seen before.
    return next(path for path in folder.iterdir() if path.is_dir())


def _unpack_zip(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive) as pack:
        for info in pack.infolist():
            place = Path(os.path.normpath(folder / info.filename))
            if not place.is_relative_to(folder):
                raise UnreadableInputError(
                    f"{archive.name}: member {info.filename!r} lies outside the archive"
                )
        pack.extractall(folder)  # noqa: S202 - every member has been checked
