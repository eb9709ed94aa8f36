"""A locked room for code of strangers: what a process of Node or Deno may read, write, reach and use up.

Both start under their permission models and with an empty environment; ``room.mjs`` shuts what Node's leaves
open. Where the system allows it without rights, the process has a network of its own with nothing in it, and
the kernel bounds its memory and its processor time. A browser shuts its pages away by itself. Bun and the
shell of JavaScriptCore have no model: in them there is no room, and WebKit's other program is a browser.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pyodide_abi.errors import MissingError, UsageError
from pyodide_abi.process import find_executable
from pyodide_abi.runtime.browser import GET_MINIBROWSER, Browser
from pyodide_abi.runtime.engine_program import Bun, Deno, Shell
from pyodide_abi.runtime.node import GET_NODE, Node
from pyodide_abi.values import value

if TYPE_CHECKING:
    from pyodide_abi.host import Host
    from pyodide_abi.runtime.engine_program import CommandLine, EngineProgram

#: Nothing can be reached; everything can be.
CLOSED, OPEN = "", "*"
#: The oldest line of Node whose permission model and module hooks are what the room is made of.
_OLDEST = 24
#: Bytes of memory that a process may write to: WebAssembly's 4 GiB, and as much for the engine.
_MEMORY = 8 << 30
#: Seconds of processor time for each second that may pass: the engine compiles on several cores.
_CORES = 4
#: Why a browser of an engine has no sandbox here.
_NO_SANDBOX = {
    "chromium": "no sandbox: Chromium has none for root",
    "webkit": "no sandbox: bubblewrap, of which WebKitGTK makes it, does not work here",
}
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


def locked(program: CommandLine, room: Room, host: Host) -> tuple[str, ...]:
    """The words that start a program in a room.

    Args:
        program: Node or Deno.
        room: what it may do.
        host: the machine.

    Raises:
        UsageError: the permission model cannot say the name of a folder.
    """
    reads = {Path(__file__).parent, *room.reads, *room.writes}
    bounds = []
    if prlimit := _found("prlimit", host):
        bounds = [prlimit, f"--data={_MEMORY}"]
        if room.seconds is not None:
            bounds.append(f"--cpu={int(room.seconds * _CORES) + 1}")
    alone = []
    if room.network == CLOSED and has_namespaces(host):
        alone = [str(_found("unshare", host)), *_UNSHARE, "--"]
    flags = _of_deno if isinstance(program, Deno) else _of_node
    return (*alone, *bounds, *program.words, *flags(reads, set(room.writes), room.network))


def environment(program: CommandLine, host: Host, folder: Path) -> dict[str, str]:
    """The variables of a process in a room.

    Args:
        program: what runs in it.
        host: the machine.
        folder: A folder for files that the program itself keeps.
    """
    kept = {name: host.environ[name] for name in _KEPT if name in host.environ}
    if isinstance(program, Deno):
        return {**kept, "DENO_DIR": str(folder / "deno"), "DENO_NO_UPDATE_CHECK": "1", "NO_COLOR": "1"}
    return kept


def is_lockable(program: EngineProgram) -> bool:
    """Whether code can be locked away in an engine."""
    try:
        check_lockable(program)
    except UsageError:
        return False
    return True


def check_lockable(program: EngineProgram) -> None:
    """Refuse an engine in which the room has no walls.

    Raises:
        UsageError: it has no permission model, or one that is too old.
    """
    hint = "--unlocked runs it all the same: the wheel can then read, write and start whatever you can"
    if isinstance(program, Node) and program.major < _OLDEST:
        raise UsageError(
            f"Node {program.version} cannot lock code away: its permission model is not that of {_OLDEST}",
            hint=f"{GET_NODE};\n{hint}",
        )
    if isinstance(program, Bun):
        raise UsageError(f"Bun {program.version} cannot lock code away: it has no permissions", hint=hint)
    if isinstance(program, Shell):
        raise UsageError(
            "the shell of JavaScriptCore cannot lock code away: it reads and writes files for whoever asks",
            hint=f"{GET_MINIBROWSER};\n{hint}",
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


def _of_node(reads: set[Path], writes: set[Path], _network: str) -> list[str]:
    flags = ["--permission"]
    for what, places in (("read", reads), ("write", writes)):
        flags += [f"--allow-fs-{what}={place}" for place in _spelled(places, "*", "stands for any name")]
    return flags


def _of_deno(reads: set[Path], writes: set[Path], network: str) -> list[str]:
    flags = ["--no-prompt", "--no-npm", "--no-remote"]
    for what, places in (("read", reads), ("write", writes)):
        flags.append(f"--allow-{what}={','.join(_spelled(places, ',', 'divides names'))}")
    if network == OPEN:
        return [*flags, "--allow-net"]
    return [*flags, f"--allow-net={urlsplit(network).netloc}"] if network else flags


def _spelled(places: set[Path], mark: str, meaning: str) -> list[str]:
    # As they are named and as they are: links are followed before permission is asked.
    both = sorted({str(place) for given in places for place in (given.absolute(), given.resolve())})
    for place in both:
        if mark in place:
            raise UsageError(
                f"the folder {place} cannot be locked: in the engine's permission model, '{mark}' {meaning}",
                hint="work in another folder, or use --unlocked",
            )
    return both


def walls(program: EngineProgram, host: Host, *, unlocked: bool) -> tuple[str, ...]:
    """What keeps code that is loaded from the machine, in sentences, as it holds here and now.

    Args:
        program: The engine that loads it.
        host: the machine.
        unlocked: nothing was to be locked.
    """
    if isinstance(program, Browser):
        sandbox = "the browser's sandbox" if program.has_sandbox else _NO_SANDBOX[program.engine]
        return (sandbox, "a profile that is thrown away", "of the network, a server of ours alone")
    if unlocked:
        return ()
    name = "Deno's permissions" if isinstance(program, Deno) else "Node's permission model"
    network = (
        "a network of its own with nothing in it"
        if has_namespaces(host)
        else f"no network by {name} and ours alone: a process cannot have its own here"
    )
    bounds = (
        "bounds of memory and processor time"
        if _found("prlimit", host)
        else "no bound of memory: there is no prlimit"
    )
    return (f"{name}, and no variables", network, bounds)
