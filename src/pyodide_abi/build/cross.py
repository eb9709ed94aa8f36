"""One cross build: what is built for, on which machine, and where its files lie."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pyodide_abi.toolchain.programs import find_program
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pyodide_abi.build.model import Target
    from pyodide_abi.host import Host

#: Compilers of the build machine, for tools that a project builds and runs itself.
_HOST_COMPILERS = {"c": ("cc", "gcc", "clang"), "cpp": ("c++", "g++", "clang++")}


@value
class CrossBuild:
    """What the tools of a build (:mod:`pyodide_abi.build.tools`) have to know.

    Attributes:
        target: The platform, and what compiles for it.
        host: The machine that builds, with the caller's variables.
        folder: The build's own; everything is written below it.
        drivers: The compiler drivers by name: ``cc``, ``c++``, ``ar``, ``ranlib``, ``nm``, ``strip``.
        compiler_sysroot: The compiler's own folder with the C library's headers.
        soabi: The middle of an extension module's name, such as ``cpython-314-wasm32-emscripten``.
        libraries: Headers and archives of the runtime's own libraries; None where there are none
            (:mod:`~pyodide_abi.build.runtime_libraries`).
        source: The staged project, whose path must not reach the objects; None where commands are run one
            after another.
    """

    target: Target
    host: Host
    folder: Path
    drivers: Mapping[str, Path]
    compiler_sysroot: Path
    soabi: str
    libraries: Path | None = None
    source: Path | None = None

    @property
    def version(self) -> str:
        """The target's Python, such as ``3.14``."""
        return self.target.platform.python.version

    @property
    def environment(self) -> Path:
        """The virtual environment whose interpreter answers for the target."""
        return self.folder / "environment"

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.environment / "bin" / "python"

    @property
    def site_packages(self) -> Path:
        """Where build requirements are installed."""
        return self.environment / "lib" / f"python{self.version}" / "site-packages"

    @property
    def prefixes(self) -> tuple[Path, ...]:
        """Folders with libraries for the target, the user's first."""
        return (*self.target.prefixes, *([self.libraries] if self.libraries else []))

    @property
    def files(self) -> Path:
        """The folder of what is written for the tools."""
        return self.folder / "cross"

    @property
    def programs(self) -> Path:
        """The folder of commands that stand before all others on the PATH."""
        return self.files / "bin"

    @property
    def refusing(self) -> Path:
        """The folder of commands in the place of this machine's that would lead a build astray."""
        return self.files / "refusing"

    @property
    def emulator(self) -> Path:
        """The command that runs a program of the target."""
        return self.files / "run"

    @property
    def python_config(self) -> Path:
        """CPython's own program that tells compiler flags, for the target."""
        return self.programs / f"python{self.version}-config"

    @property
    def libpython(self) -> Path:
        """An empty archive, for projects that insist on linking Python's library."""
        return self.files / "lib" / f"libpython{self.version}.a"

    @property
    def pkgconfig(self) -> Path:
        """The folder of Python's own ``.pc`` files."""
        return self.files / "lib" / "pkgconfig"

    @property
    def bare_names(self) -> bool:
        """Bare names of compilers, ``cc`` and ``ld`` say, are the target's: commands one after another."""
        return self.source is None

    @property
    def host_compilers(self) -> Mapping[str, str]:
        """Commands that compile for the build machine, by language (``c``, ``cpp``), if there are any.

        Where bare names are the target's, they are scripts that hide those from the compiler itself, which
        looks for its assembler and linker on the PATH.
        """
        if not self.bare_names:
            return self.host_programs
        return {language: str(self.files / "host" / language) for language in self.host_programs}

    @cached_property
    def host_programs(self) -> Mapping[str, str]:
        """Compilers of the build machine, by language (``c``, ``cpp``), as far as there are any."""
        found = {}
        for language, names in _HOST_COMPILERS.items():
            program = next(filter(None, (find_program(name, self.host) for name in names)), None)
            if program:
                found[language] = str(program)
        return found
