"""What the commands know about the machine and the user's wishes, as one value.

Nothing but :func:`this_machine` and ``cli`` reads ``os.environ``; the library's functions take a
:class:`Host`.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from pyodide_abi.process import Runner
    from pyodide_abi.store import Store


class Task(Protocol):
    """One piece of work whose progress is shown."""

    def advance(self, amount: float = 1) -> None:
        """So much more of the total is done."""
        ...

    def describe(self, text: str) -> None:
        """Say what is being done now."""
        ...


class Progress(Protocol):
    """Where long work says what it is doing. Never carries results."""

    def say(self, text: str) -> None:
        """One line that stays."""
        ...

    def task(self, text: str, total: float | None = None) -> AbstractContextManager[Task]:
        """Work that may take over a second; ``total`` in whatever unit is advanced, None if unknown."""
        ...


class Silence:
    """Progress that nobody watches: the library's default, and the tests'."""

    def say(self, text: str) -> None:
        """Drop it."""

    @contextmanager
    def task(self, text: str, total: float | None = None) -> Iterator[Task]:  # noqa: ARG002 - a protocol's names
        """Drop it."""
        yield self

    def advance(self, amount: float = 1) -> None:
        """Drop it."""

    def describe(self, text: str) -> None:
        """Drop it."""


@value
class Host:
    """The machine and the user's wishes.

    Attributes:
        environ: the environment that child processes inherit.
        runner: starts processes.
        store: the cache on disk.
        progress: The display of long work.
        offline: True forbids every use of the network.
        data: the folder of the user's data, where learned releases are; None for none. It need not be there.
    """

    environ: Mapping[str, str]
    runner: Runner
    store: Store
    progress: Progress
    offline: bool = False
    data: Path | None = None


@value
class HostWishes:
    """What of a host goes to another process, which makes its own of it (:meth:`host`).

    Attributes:
        environ: the environment that child processes inherit.
        cache: The folder of the cache.
        offline: True forbids every use of the network.
        data: the folder of the user's data.
    """

    environ: Mapping[str, str]
    cache: Path
    offline: bool
    data: Path | None

    @classmethod
    def of(cls, host: Host) -> HostWishes:
        """Those of a host."""
        return cls(environ=dict(host.environ), cache=host.store.root, offline=host.offline, data=host.data)

    def host(self, progress: Progress | None = None) -> Host:
        """The machine that asks, with these wishes."""
        return this_machine(
            environ=self.environ,
            cache=self.cache,
            progress=progress,
            offline=self.offline,
            data=self.data,
        )


def this_machine(
    *,
    environ: Mapping[str, str] | None = None,
    cache: Path | None = None,
    progress: Progress | None = None,
    offline: bool = False,
    data: Path | None = None,
) -> Host:
    """The real machine, for the functions that act on it.

    Args:
        environ: what child processes inherit; our own environment by default.
        cache: the folder for runtimes, toolchains and interpreters; the user's cache folder by default.
        progress: The display of long work; none by default.
        offline: forbid every use of the network.
        data: the folder of the user's data.
    """
    from platformdirs import user_cache_path  # noqa: PLC0415 - a fake host needs neither this nor processes

    from pyodide_abi.process import SystemRunner  # noqa: PLC0415 - as above
    from pyodide_abi.store import Store  # noqa: PLC0415 - as above

    progress = progress or Silence()
    return Host(
        environ=dict(os.environ) if environ is None else environ,
        runner=SystemRunner(),
        store=Store(cache or user_cache_path("pyodide-abi", appauthor=False), progress.say),
        progress=progress,
        offline=offline,
        data=data,
    )


def data_folder(environ: Mapping[str, str]) -> Path | None:
    """The folder of the user's data; None where the environment does not tell where that is.

    It is the one that ``platformdirs`` names, whose import takes a sixth of a small wheel's audit.
    """
    from pathlib import Path  # noqa: PLC0415 - a fake host needs none

    home = environ.get("HOME") or environ.get("USERPROFILE")
    match sys.platform:
        case "win32":
            base = environ.get("LOCALAPPDATA")
        case "darwin":
            base = f"{home}/Library/Application Support" if home else None
        case _:
            named = environ.get("XDG_DATA_HOME", "").strip()
            base = named or (f"{home}/.local/share" if home else None)
    return Path(base) / "pyodide-abi" if base else None


def on_path(name: str, environ: Mapping[str, str]) -> Iterator[Path]:
    """Files of a name in the folders of the PATH, in their order.

    A folder that this user may not look into has none, as for a shell.
    """
    from pathlib import Path  # noqa: PLC0415 - an audit looks for no program

    for folder in environ.get("PATH", os.defpath).split(os.pathsep):
        place = Path(folder) / name
        try:
            there = bool(folder) and place.is_file()
        except PermissionError:
            there = False
        if there:
            yield place


def matching(folder: str | Path, pattern: str) -> list[Path]:
    """Paths below a folder that a pattern matches; none where this user may not look into the folder."""
    from pathlib import Path  # noqa: PLC0415 - as above

    try:
        return list(Path(folder).glob(pattern))
    except PermissionError:
        return []
