"""What we ask of the driver (``driver.mjs``), typed; :mod:`~pyodide_abi.runtime.replies` has what it answers.

A batch is one JSON file; the answers are JSON lines in another file, never on the program's stdout.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Code of ours that each interpreter has, in a snapshot or from the start: what begins and ends a program,
#: and what imports a module and tells about it.
SOURCES = tuple(Path(__file__).with_name(f"{name}.py") for name in ("start", "probe"))
#: What an interpreter is started with to do anything of ours: its ``main`` then calls ``start.py``.
START = ("-m", "_pyodide_abi")
_INSTALLING = Path(__file__).with_name("installing.py")
#: What imports a module and tells about it.
PROBE = Path(__file__).with_name("probe.py")
_CALLING = Path(__file__).with_name("calling.py")
_DEEPENING = Path(__file__).with_name("deepening.py")


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
class Depth:
    """A function to be called below ever more nested calls, once the module is imported.

    Attributes:
        entry: the function's name in the module; empty for one of ours that does nothing.
    """

    entry: str

    def to_data(self) -> dict[str, object]:
        """As ``deepening.py`` reads it, with its source."""
        return {"entry": self.entry, "source": _DEEPENING.read_text("utf-8")}


@value
class Probe:
    """Import one extension module, or open one library, instead of running a program.

    Attributes:
        module: The module's dotted name; empty for a library.
        path: The file's place below ``site-packages``.
        direct: load it by its path, below empty parents, instead of by a plain import.
        packages: What is imported before a library is opened.
        call: what is called after the import.
    """

    module: str
    path: str
    direct: bool = False
    packages: tuple[str, ...] = ()
    call: Call | Depth | None = None

    def to_data(self) -> dict[str, object]:
        """As ``interpreter.mjs`` reads it."""
        return {
            "module": self.module,
            "path": self.path,
            "direct": self.direct,
            "packages": list(self.packages),
            "call": self.call.to_data() if self.call else None,
        }


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
        own_lock: Whether the folder has a lock file, too, which counts instead of the release's.
    """

    names: tuple[str, ...]
    folder: Path
    own_lock: bool = False

    def to_data(self) -> dict[str, object]:
        """As the driver reads it."""
        return {"names": list(self.names), "folder": str(self.folder), "ownLock": self.own_lock}


@value
class Request:
    """One interpreter's life.

    Attributes:
        args: as after ``python``: options and :data:`START`; without it, the runtime's own ``main`` does
            what they say.
        program: what is to be run: ``-c CODE``, ``-m MODULE``, ``-`` or a script, and its arguments.
        environ: the environment of the program.
        cwd: the working folder as the program sees it; None for its home.
        mounts: folders of this machine, outer ones first.
        site: a folder of this machine that becomes ``site-packages``; None for the release's own empty one.
        probes: import these modules instead, one after another, up to the first that would not find the
            interpreter as if it were the first itself.
        install: do this instead of running a program.
        packages: load these first.
    """

    args: tuple[str, ...] = START
    program: tuple[str, ...] | None = None
    environ: Mapping[str, str] = {}
    cwd: str | None = None
    mounts: tuple[Mount, ...] = ()
    site: Path | None = None
    probes: tuple[Probe, ...] = ()
    install: Install | None = None
    packages: PackagesToLoad | None = None

    def to_data(self) -> dict[str, object]:
        """As the driver reads it."""
        return {
            "args": list(self.args),
            "program": None if self.program is None else list(self.program),
            "environ": dict(self.environ),
            "cwd": self.cwd,
            "mounts": [{"host": str(mount.host), "guest": mount.guest} for mount in self.mounts],
            "site": str(self.site) if self.site else None,
            "install": self.install.to_data() if self.install else None,
            "packages": self.packages.to_data() if self.packages else None,
            "probes": [probe.to_data() for probe in self.probes],
        }


@value
class Batch:
    """What one process does: interpreters of one release, one after another, each a fresh one.

    Attributes:
        release: the folder of the runtime release.
        requests: for each interpreter. The process ends with one that dies, or that runs a program.
        memory: the release's snapshot to start from; None to start from nothing.
        save: make a snapshot of the first interpreter there, and nothing else.
    """

    release: Path
    requests: tuple[Request, ...]
    memory: Path | None = None
    save: Path | None = None

    def to_json(self, channel: Path, clock: Path, *, network: str | None = None) -> str:
        """The batch as the driver reads it.

        Args:
            channel: the file that answers go to.
            clock: the file that is touched when something begins.
            network: what can be reached from the room that the process is in; None for no room.
        """
        return json.dumps(
            {
                "channel": str(channel),
                "clock": str(clock),
                "release": str(self.release),
                "memory": str(self.memory) if self.memory else None,
                "sources": {file.stem: file.read_text("utf-8") for file in SOURCES},
                "room": network,
                "requests": [request.to_data() for request in self.requests],
                "save": str(self.save) if self.save else None,
            }
        )
