"""Build tools and backends, one file each, and what they are told together.

Another one is a class in a file here (:class:`~pyodide_abi.build.tools.tool.Tool`) and an entry in
:data:`TOOLS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.build.tools.autoconf import Autoconf
from pyodide_abi.build.tools.cargo import Cargo
from pyodide_abi.build.tools.cmake import CMake
from pyodide_abi.build.tools.compilers import Compilers
from pyodide_abi.build.tools.library_scripts import LibraryScripts
from pyodide_abi.build.tools.meson import Meson
from pyodide_abi.build.tools.node import Node
from pyodide_abi.build.tools.pkgconfig import PkgConfig
from pyodide_abi.build.tools.python import Python
from pyodide_abi.build.tools.setuptools import Setuptools

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pyodide_abi.build.cross import CrossBuild
    from pyodide_abi.build.tools.tool import BackendSettings, Tool

TOOLS: tuple[Tool, ...] = (
    Compilers(),
    Python(),
    Node(),
    Setuptools(),
    Autoconf(),
    PkgConfig(),
    LibraryScripts(),
    CMake(),
    Meson(),
    Cargo(),
)

#: Variables of the caller's that would lead a build astray.
LEAKS = frozenset().union(*(tool.leaks for tool in TOOLS))


def without_leaks(environ: Mapping[str, str]) -> dict[str, str]:
    """The caller's variables less those that would lead a build astray."""
    return {name: value for name, value in environ.items() if name not in LEAKS}


def write_files(build: CrossBuild) -> None:
    """Write what all tools read."""
    build.programs.mkdir(parents=True)
    for tool in TOOLS:
        for name, text in tool.files(build).items():
            place = build.files / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, "utf-8")
            if text.startswith("#!"):
                place.chmod(0o755)


def tool_variables(build: CrossBuild) -> dict[str, str]:
    """The variables of all tools, PATH among them: what tools ask for, the build's, the user's, the caller's.

    Raises:
        MissingError: a tool needs something that this machine lacks.
    """
    variables: dict[str, str] = {}
    for tool in TOOLS:
        variables |= tool.environ(build)
    first = [folder for tool in TOOLS for folder in tool.path(build)]
    users = [prefix / "bin" for prefix in build.target.prefixes]
    folders = [*first, build.programs, build.python.parent, *users, build.refusing]
    caller = build.host.environ.get("PATH", "/usr/bin:/bin")
    return variables | {"PATH": ":".join([*map(str, folders), caller])}


def parallel(jobs: int | None, folder: Path) -> dict[str, str]:
    """What makes each tool run so many compilers at once; nothing for None."""
    variables: dict[str, str] = {}
    if jobs is not None:
        for tool in TOOLS:
            variables |= tool.parallel(jobs, folder)
    return variables


def backend_settings(
    backend: str,
    build: CrossBuild,
    *,
    given: BackendSettings,
    pyproject: Mapping[str, object],
    jobs: int | None,
) -> BackendSettings:
    """The settings for a build backend; see :meth:`~pyodide_abi.build.tools.tool.Tool.settings`."""
    for tool in TOOLS:
        given = tool.settings(backend, build, given=given, pyproject=pyproject, jobs=jobs)
    return given
