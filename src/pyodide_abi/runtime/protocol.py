"""What we ask of the driver (``driver.mjs``) and what it answers, typed.

The request is one JSON file; the answers are JSON lines in another file, never on the program's stdout.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Mapping

#: What begins a program, and ends it.
_START = Path(__file__).with_name("start.py")
#: What an interpreter is started with to do anything of ours: its ``main`` then calls ``start.py``.
START = ("-m", "_pyodide_abi")
_INSTALLING = Path(__file__).with_name("installing.py")
#: What imports a module and tells about it.
PROBE = Path(__file__).with_name("probe.py")
_CALLING = Path(__file__).with_name("calling.py")


@value
class Mount:
    """A folder of this machine, seen in the runtime."""

    host: Path
    guest: str


@value
class Call:
    """A function to be called once the module is imported.

    Attributes:
        entry: how Python's users know it: ``mod.function``, ``mod.Type.method``, ``mod.Type tp_init``.
        flags: how C writes the flags of a method; empty for others.
        within: Whether it is called back by what ``entry`` names.
    """

    entry: str
    flags: str
    within: bool

    def to_data(self) -> dict[str, object]:
        """As ``calling.py`` reads it, with its source."""
        return {
            "entry": self.entry,
            "flags": self.flags,
            "within": self.within,
            "source": _CALLING.read_text("utf-8"),
        }


@value
class Probe:
    """Import one extension module, or open one library, instead of running a program.

    Attributes:
        module: The module's dotted name; empty for a library.
        path: The file's place below ``site-packages``.
        direct: load it by its path, below empty parents, instead of by a plain import.
        source: the Python code that does it (``probe.py``).
        packages: What is imported before a library is opened.
        call: what is called after the import.
    """

    module: str
    path: str
    direct: bool
    source: str
    packages: tuple[str, ...] = ()
    call: Call | None = None


@value
class Install:
    """Install with micropip and import modules one after another, up to the first that fails.

    Attributes:
        requirement: as for ``micropip.install``.
        modules: pairs of a dotted name and the file's place below ``site-packages``.
        server: the address of a :class:`Mirror`.
        cache: an empty folder for what the release downloads.
    """

    requirement: str
    modules: tuple[tuple[str, str], ...]
    server: str
    cache: Path

    def to_data(self) -> dict[str, object]:
        """As ``installing.mjs`` reads it."""
        return {
            "requirement": self.requirement,
            "modules": [{"module": module, "path": path} for module, path in self.modules],
            "server": self.server,
            "cache": str(self.cache),
            "source": _INSTALLING.read_text("utf-8"),
            "probe": PROBE.read_text("utf-8"),
        }


@value
class PackagesToLoad:
    """Packages of the release that are loaded before a program begins.

    Attributes:
        names: as for ``loadPackage``.
        folder: has their files, under their names in the lock file.
    """

    names: tuple[str, ...]
    folder: Path


@value
class Request:
    """One interpreter's life.

    Attributes:
        release: the folder of the runtime release.
        args: as after ``python``: options and :data:`START`; without it, the runtime's own ``main`` does
            what they say.
        program: what is to be run: ``-c CODE``, ``-m MODULE``, ``-`` or a script, and its arguments.
        environ: the environment of the program.
        cwd: the working folder as the program sees it; None for its home.
        mounts: folders of this machine, outer ones first.
        site: a folder of this machine that becomes ``site-packages``; None for the release's own empty one.
        probe: import this module instead.
        memory: the release's snapshot to start from; None to start from nothing.
        save: make a snapshot there, and nothing else.
        install: do this instead of running a program.
        packages: load these first.
    """

    release: Path
    args: tuple[str, ...] = START
    program: tuple[str, ...] | None = None
    environ: Mapping[str, str]
    cwd: str | None = None
    mounts: tuple[Mount, ...] = ()
    site: Path | None = None
    probe: Probe | None = None
    memory: Path | None = None
    save: Path | None = None
    install: Install | None = None
    packages: PackagesToLoad | None = None

    def to_json(self, channel: Path) -> str:
        """The request as the driver reads it; answers go to the file ``channel``."""
        probe = self.probe
        return json.dumps(
            {
                "channel": str(channel),
                "release": str(self.release),
                "args": list(self.args),
                "program": None if self.program is None else list(self.program),
                "environ": dict(self.environ),
                "cwd": self.cwd,
                "mounts": [{"host": str(mount.host), "guest": mount.guest} for mount in self.mounts],
                "site": str(self.site) if self.site else None,
                "memory": str(self.memory) if self.memory else None,
                "start": _START.read_text("utf-8"),
                "save": str(self.save) if self.save else None,
                "install": self.install.to_data() if self.install else None,
                "packages": {"names": list(self.packages.names), "folder": str(self.packages.folder)}
                if self.packages
                else None,
                "probe": {
                    "module": probe.module,
                    "path": probe.path,
                    "direct": probe.direct,
                    "source": probe.source,
                    "packages": list(probe.packages),
                    "call": probe.call.to_data() if probe.call else None,
                }
                if probe
                else None,
            }
        )


@value
class Booted:
    """The interpreter is up and its file system prepared."""


@value
class Exited:
    """The program ended by itself."""

    status: int


@value
class Died:
    """The interpreter cannot go on: a trap, an uncaught C++ exception, an exit from within C."""

    text: str


@value
class Entered:
    """An extension module is being loaded or initialised; ``path`` as in the runtime."""

    path: str


@value
class Left:
    """…and that ended.

    Attributes:
        path: as in the runtime.
        error: the exception's class, empty where there was none.
        text: The message of the exception.
        own: the import system names this very file as the one that failed.
    """

    path: str
    error: str
    text: str
    own: bool


@value
class Imported:
    """The import as a whole came to its end.

    Attributes:
        path: The path of the module that was asked for, as in the runtime.
        error: what it raised, as a traceback's last line has it; empty where it succeeded.
        missing: the module that was not found, if that is what it raised.
    """

    path: str
    error: str
    missing: str


@value
class Calling:
    """A function is about to be called."""

    entry: str


@value
class Called:
    """…and that ended.

    Attributes:
        entry: as in :class:`Calling`.
        error: the exception, as a traceback's last line has it; empty where there was none.
    """

    entry: str
    error: str


@value
class Untried:
    """It cannot be called harmlessly."""

    reason: str


@value
class Installed:
    """micropip has done what it could.

    Attributes:
        error: what it raised; empty where it succeeded.
        distributions: what it brought, with versions.
        files: The files of each, below ``site-packages``.
    """

    error: str
    distributions: Mapping[str, str]
    files: frozenset[str]


Message = Booted | Exited | Died | Entered | Left | Imported | Calling | Called | Untried | Installed


def parse_messages(text: str) -> tuple[Message, ...]:
    """The driver's answers.

    A last line without its end is what a killed process left behind; it is dropped.
    """
    lines = text.split("\n")[:-1]
    return tuple(_parse(json.loads(line)) for line in lines)


def _parse(fields: dict[str, Any]) -> Message:  # noqa: PLR0911 - one for each kind
    match fields:
        case {"kind": "booted"}:
            return Booted()
        case {"kind": "exited", "status": int(status)}:
            return Exited(status=status)
        case {"kind": "died", "text": str(words)}:
            return Died(text=words)
        case {"kind": "probe", "entered": str(path)}:
            return Entered(path=path)
        case {"kind": "probe", "left": str(path), "error": str(error), "text": str(words), "own": bool(own)}:
            return Left(path=path, error=error, text=words, own=own)
        case {"kind": "probe", "imported": str(path), "error": str(error), "missing": str(missing)}:
            return Imported(path=path, error=error, missing=missing)
        case {"kind": "probe", "calling": str(entry)}:
            return Calling(entry=entry)
        case {"kind": "probe", "called": str(entry), "error": str(error)}:
            return Called(entry=entry, error=error)
        case {"kind": "probe", "untried": str(reason)}:
            return Untried(reason=reason)
        case {"kind": "installed", "error": str(error), "distributions": dict(found), "files": list(files)}:
            return Installed(error=error, distributions=found, files=frozenset(files))
        case _:
            raise ValueError(f"driver.mjs and protocol.py disagree: {fields}")
