"""What the commands know about the machine and the user's wishes, as one value.

Nothing outside ``cli`` and this module's maker reads ``os.environ``; the library's functions take a
:class:`Host`.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

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


@dataclass(frozen=True, kw_only=True, slots=True)
class Host:
    """The machine and the user's wishes.

    Attributes:
        environ: the environment that child processes inherit.
        runner: starts processes.
        store: the cache on disk.
        progress: where long work is shown.
        offline: True forbids every use of the network.
    """

    environ: Mapping[str, str]
    runner: Runner
    store: Store
    progress: Progress
    offline: bool = False
