"""A locked room for code of strangers: what a process of Node may read, write, reach and use up.

Node starts under its permission model and with an empty environment; ``room.mjs`` shuts what the model leaves
open. Where the system allows it without rights, the process has a network of its own with nothing in it, and
the kernel bounds its memory and its processor time.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.errors import MissingError, UsageError
from pyodide_abi.process import find_executable
from pyodide_abi.values import value

if TYPE_CHECKING:
    from pyodide_abi.host import Host
    from pyodide_abi.runtime.node import Node

#: Nothing can be reached; everything can be.
CLOSED, OPEN = "", "*"
#: The oldest line of Node whose permission model and module hooks are what the room is made of.
_OLDEST = 24
#: Bytes of memory that a process may write to: WebAssembly's 4 GiB, and as much for the engine.
_MEMORY = 8 << 30
#: Seconds of processor time for each second that may pass: the engine compiles on several cores.
_CORES = 4
_UNSHARE = ("--user", "--map-current-user", "--net")
_SECONDS = 10.0
#: The one variable that changes what a program computes: the zone of its clock.
_KEPT = ("TZ",)


@value
class Room:
    """What code in a process may do.

    Attributes:
        reads: files and folders of this machine, beside the release and our own code.
        writes: folders of this machine.
        network: :data:`CLOSED`, :data:`OPEN`, or the origin (``http://127.0.0.1:40123``) that alone can be
            reached.
        seconds: How long code may run; processor time is bounded by a multiple. None for no bound.
    """

    reads: tuple[Path, ...] = ()
    writes: tuple[Path, ...] = ()
    network: str = CLOSED
    seconds: float | None = None


def locked(words: tuple[str, ...], room: Room, host: Host) -> tuple[str, ...]:
    """The words that start Node in a room.

    Args:
        words: that start it outside.
        room: what it may do.
        host: the machine.

    Raises:
        UsageError: the permission model cannot say the name of a folder.
    """
    reads = {Path(__file__).parent, *room.reads, *room.writes}
    flags = ["--permission", *_allowed("read", reads), *_allowed("write", set(room.writes))]
    bounds = []
    if prlimit := _found("prlimit", host):
        bounds = [prlimit, f"--data={_MEMORY}"]
        if room.seconds is not None:
            bounds.append(f"--cpu={int(room.seconds * _CORES) + 1}")
    alone = []
    if room.network == CLOSED and has_namespaces(host):
        alone = [str(_found("unshare", host)), *_UNSHARE, "--"]
    return (*alone, *bounds, *words, *flags)


def environment(host: Host) -> dict[str, str]:
    """The variables of a process in a room."""
    return {name: host.environ[name] for name in _KEPT if name in host.environ}


def check_engine(node: Node) -> None:
    """Refuse an engine in which the room has no walls.

    Raises:
        UsageError: it is too old.
    """
    if node.major < _OLDEST:
        raise UsageError(
            f"Node {node.version} cannot lock code away: its permission model is not that of {_OLDEST}",
            hint="--unlocked runs it all the same: the wheel can then read, write and start whatever you can",
        )


def has_namespaces(host: Host) -> bool:
    """Whether a process can have a network of its own here."""
    unshare = _found("unshare", host)
    if unshare is None:
        return False
    done = host.runner.run([unshare, *_UNSHARE, "--", "true"], environ=host.environ, timeout=_SECONDS)
    return done.returncode == 0


def _found(program: str, host: Host) -> str | None:
    try:
        return find_executable(program, host.environ)
    except MissingError:
        return None


def _allowed(what: str, places: set[Path]) -> list[str]:
    # As they are named and as they are: links are followed before permission is asked.
    both = sorted({str(place) for given in places for place in (given.absolute(), given.resolve())})
    for place in both:
        if "*" in place:
            raise UsageError(
                f"the folder {place} cannot be locked: in Node's permission model, '*' stands for any name",
                hint="work in another folder, or use --unlocked",
            )
    return [f"--allow-fs-{what}={place}" for place in both]
