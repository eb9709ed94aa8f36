"""The programs that releases run in: command lines (Node, Deno, Bun), JavaScriptCore's shell, browsers."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from pyodide_abi.runtime.browser import Browser
from pyodide_abi.runtime.node import Node
from pyodide_abi.values import value

if TYPE_CHECKING:
    from pathlib import Path


@value
class Deno:
    """A Deno, which Pyodide takes for Node.

    Attributes:
        path: the executable.
        version: such as ``2.9.6``.
    """

    path: Path
    version: str

    engine = "deno"

    @property
    def words(self) -> tuple[str, ...]:
        """What starts it; permissions follow.

        Nothing of a project at hand is read, and releases before 314 have their JavaScript in the form of
        Node's older modules, which Deno has to be told to look for.
        """
        return (str(self.path), "run", "--quiet", "--no-config", "--no-lock", "--unstable-detect-cjs")

    @property
    def title(self) -> str:
        """Name and version."""
        return f"deno {self.version}"


@value
class Bun:
    """A Bun, which Pyodide takes for Node.

    Attributes:
        path: the executable.
        version: such as ``1.4.5``.
    """

    path: Path
    version: str

    engine = "bun"

    @property
    def words(self) -> tuple[str, ...]:
        """What starts it; it fetches no package by itself."""
        return (str(self.path), "--no-install")

    @property
    def title(self) -> str:
        """Name and version."""
        return f"bun {self.version}"


@value
class Shell:
    """JavaScriptCore's shell: WebKit's engine without a page.

    Attributes:
        path: the executable ``jsc``.
        version: The version of its library, such as ``2.50.6``.
    """

    path: Path
    version: str

    engine = "webkit"

    @property
    def words(self) -> tuple[str, ...]:
        """What starts a module of JavaScript."""
        return (str(self.path), "-m")

    @property
    def title(self) -> str:
        """Name and version."""
        return f"webkit {self.version} (jsc)"


#: What runs the driver as Node does.
CommandLine: TypeAlias = Node | Deno | Bun
EngineProgram: TypeAlias = CommandLine | Shell | Browser
