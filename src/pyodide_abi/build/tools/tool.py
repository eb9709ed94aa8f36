"""The one shape of everything that a build may call and that has to be told about the target."""

# ruff: noqa: ARG002 - the answers of a tool that has nothing to say look at nothing

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pyodide_abi.build.cross import CrossBuild

    #: Of a build backend, as PEP 517 has them.
    BackendSettings = Mapping[str, str | list[str]]


class Tool(Protocol):
    """A build tool, or a kind of project, and what it has to be told of a cross build.

    A tool that has nothing to say about a matter inherits the answer given here.

    Attributes:
        leaks: Variables of the caller's that would steer the tool for the build machine.
    """

    leaks: frozenset[str] = frozenset()

    def files(self, build: CrossBuild) -> Mapping[str, str]:
        """What the tool reads, by path below ``build.files``; what begins with ``#!`` becomes a program."""
        return {}

    def environ(self, build: CrossBuild) -> Mapping[str, str]:
        """Variables through which the tool finds its files and compilers.

        Raises:
            MissingError: the tool needs something that this machine lacks.
        """
        return {}

    def path(self, build: CrossBuild) -> Sequence[Path]:
        """Folders that have to stand first of all on the PATH."""
        return ()

    def parallel(self, jobs: int, folder: Path) -> Mapping[str, str]:
        """Variables by which the tool runs so many compilers at once; files for it go into the folder."""
        return {}

    def settings(
        self,
        backend: str,
        build: CrossBuild,
        *,
        given: BackendSettings,
        pyproject: Mapping[str, object],
        jobs: int | None,
    ) -> BackendSettings:
        """The settings for a build backend that calls the tool.

        Args:
            backend: The backend's module, such as ``mesonpy``.
            build: What is built for.
            given: The settings so far, the user's among them.
            pyproject: The project's ``pyproject.toml``.
            jobs: How many compilers may run at once; None leaves it to the backend.

        Returns:
            the settings, those that were given among them.
        """
        return given
