"""Run Python in a release, as ``python`` would: its arguments, streams, working folder and exit status."""

from __future__ import annotations

import sys
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pyodide_abi.atomic import temporary
from pyodide_abi.errors import UsageError
from pyodide_abi.runtime.arguments import divide, is_interactive
from pyodide_abi.runtime.driver import drive
from pyodide_abi.runtime.node import find_node
from pyodide_abi.runtime.protocol import START, Batch, Mount, PackagesToLoad, Request
from pyodide_abi.runtime.releases import install_release, prove_release
from pyodide_abi.runtime.room import CLOSED, OPEN, Room, check_lockable
from pyodide_abi.runtime.site import unpack
from pyodide_abi.runtime.snapshot import can_start, obtain_snapshot
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pyodide_abi.host import Host
    from pyodide_abi.platforms.model import Release
    from pyodide_abi.runtime.engine_program import CommandLine
    from pyodide_abi.runtime.release_packages import ReleasePackages

#: Variables that a program gets from its caller: those that make sense in another machine. Paths
#: (``PYTHONPATH``, ``PYTHONHOME``, ``TMPDIR``…) do not.
FORWARDED = (
    "CI",
    "COLUMNS",
    "FORCE_COLOR",
    "LANG",
    "LC_ALL",
    "LINES",
    "NO_COLOR",
    "PYTHONASYNCIODEBUG",
    "PYTHONBREAKPOINT",
    "PYTHONDEVMODE",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONFAULTHANDLER",
    "PYTHONHASHSEED",
    "PYTHONIOENCODING",
    "PYTHONOPTIMIZE",
    "PYTHONTRACEMALLOC",
    "PYTHONUNBUFFERED",
    "PYTHONUTF8",
    "PYTHONVERBOSE",
    "PYTHONWARNINGS",
    "PYTHON_COLORS",
    "SOURCE_DATE_EPOCH",
    "TERM",
    "TZ",
)
#: Where the runtime keeps its own files: nothing can be mounted over them.
_RESERVED = ("/dev", "/lib", "/proc")


@value
class Program:
    """What to run.

    Attributes:
        args: as after ``python``.
        cwd: the working folder; mounted at its own path.
        environ: added to what :data:`FORWARDED` lets through.
        mounts: more folders, mounted at their own paths.
        network: the program may use the machine's network.
        unlocked: The program may do to the machine what we can.
        wheels: unpacked into ``site-packages`` as they are: :func:`choose_wheels` finds dependencies.
        packages: packages of the release that are loaded before the program begins.
    """

    args: tuple[str, ...]
    cwd: Path
    environ: Mapping[str, str] = {}
    mounts: tuple[Path, ...] = ()
    network: bool = False
    unlocked: bool = False
    wheels: tuple[Path, ...] = ()
    packages: ReleasePackages | None = None


@value
class Finished:
    """How a program ended.

    Attributes:
        status: as the shell would have it; 134 where the interpreter died, 124 where its time was up.
        stdout: What it wrote to the standard output; empty when attached.
        stderr: What it wrote to the standard error; empty when attached.
        died: why the interpreter could not go on; empty where the program ended by itself.
        timed_out: Whether it was killed because its time was up.
    """

    status: int
    stdout: str
    stderr: str
    died: str
    timed_out: bool = False


def run_python(
    program: Program,
    release: Release,
    host: Host,
    *,
    engine: CommandLine | None = None,
    attached: bool = False,
    stdin: bytes = b"",
    timeout: float | None = None,
) -> Finished:
    """Run Python in a release, which is fetched first if it is not cached.

    It starts from the release's snapshot where that makes no difference (:func:`can_start`), and ends as
    ``start.py`` says. What only CPython's own ``main`` can do (``-i``, ``-V``, a terminal) is left to it.

    Args:
        program: what to run.
        release: in which release.
        host: the machine.
        engine: Node, Deno or Bun; None for the reference one.
        attached: with our own stdin, stdout and stderr; otherwise they are captured.
        stdin: what it reads when not attached.
        timeout: seconds after which it is killed.

    Raises:
        UsageError: a folder cannot be mounted at its own path.
        MissingError: no Node, or the release cannot be had.
        WheelError: one of the wheels is not one.
    """
    engine = engine or find_node(host)
    if not program.unlocked:
        check_lockable(engine)
    folder = install_release(release, host)
    cwd = program.cwd.resolve()
    environ = forwarded(host.environ) | dict(program.environ)
    mounted = mounts((cwd, *program.mounts))
    divided = divide(program.args)
    terminal = attached and sys.stdin is not None and sys.stdin.isatty()
    if divided and is_interactive(divided[1], environ, terminal=terminal):
        divided = None
    memory = None
    if divided and can_start(divided[0], environ):
        memory = obtain_snapshot(release, folder, environ, engine, host)
    with temporary() as work:
        site = work / "site"
        site.mkdir()
        unpack(program.wheels, site)
        packages = _put_together(program.packages, work / "packages") if program.packages else None
        request = Request(
            args=(*divided[0], *START) if divided else program.args,
            program=divided[1] if divided else None,
            environ=environ,
            cwd=str(cwd),
            mounts=mounted,
            site=site,
            packages=packages,
        )
        writes = (work, *(mount.host for mount in mounted))
        room = Room(writes=writes, network=OPEN if program.network else CLOSED, seconds=timeout)
        ((heard,),) = drive(
            Batch(release=folder, requests=(request,), memory=memory),
            engine,
            host,
            room=None if program.unlocked else room,
            attached=attached,
            stdin=stdin,
            timeout=timeout,
        )
    if heard.unborn and not prove_release(release, host):
        # Nothing of the program has run. What was damaged is fetched again, so that this ends.
        return run_python(
            program, release, host, engine=engine, attached=attached, stdin=stdin, timeout=timeout
        )
    return Finished(
        status=heard.completed.returncode if heard.status is None else heard.status,
        stdout=heard.completed.stdout,
        stderr=heard.completed.stderr,
        died=heard.died,
        timed_out=heard.completed.timed_out,
    )


def _put_together(packages: ReleasePackages, folder: Path) -> PackagesToLoad:
    folder.mkdir()
    for name, file in packages.files.items():
        (folder / name).symlink_to(file)
    return PackagesToLoad(names=packages.names, folder=folder, own_lock=packages.own_lock)


def forwarded(environ: Mapping[str, str]) -> dict[str, str]:
    """The caller's variables that the program gets."""
    return {name: environ[name] for name in FORWARDED if name in environ}


def mounts(folders: Sequence[Path]) -> tuple[Mount, ...]:
    """Each folder at its own path, outer ones first, one inside another only once.

    Raises:
        UsageError: the runtime's own files lie there, or it is no folder.
    """
    chosen: list[Mount] = []
    for folder in sorted({folder.resolve() for folder in folders}, key=lambda path: len(path.parts)):
        if not folder.is_dir():
            raise UsageError(f"{folder} is no folder and cannot be mounted")
        guest = PurePosixPath(folder)
        if guest == PurePosixPath("/") or any(guest.is_relative_to(path) for path in _RESERVED):
            raise UsageError(
                f"{folder} cannot be mounted: the runtime keeps its own files there",
                hint="work in another folder, such as one below your home",
            )
        if not any(folder.is_relative_to(mount.host) for mount in chosen):
            chosen.append(Mount(host=folder, guest=str(guest)))
    return tuple(chosen)
