"""What a build is asked for and what it gives, as frozen values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.build.driver.objects.exports import ExportMode
from pyodide_abi.errors import UsageError
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.toolchain.model import HostPython, Sysroot, Toolchain
    from pyodide_abi.toolchain.rust import TargetRust


@value
class Exports:
    """An answer to ``--exports``.

    Attributes:
        mode: how the list is made.
        names: the list itself, for :attr:`ExportMode.NAMES`; C symbol names.
    """

    mode: ExportMode = ExportMode.PYINIT
    names: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Exports:
        """Read a mode's name, or a comma-separated list of symbols.

        Raises:
            UsageError: nothing is named, or a name is no C identifier.
        """
        if text in set(ExportMode) - {ExportMode.NAMES}:
            return cls(mode=ExportMode(text))
        names = tuple(name.strip() for name in text.split(",") if name.strip())
        wrong = [name for name in names if not name.isidentifier()]
        if wrong or not names:
            raise UsageError(
                f"exports cannot be {text!r}",
                hint="pyinit, requested, whole-archive, or symbols with commas between them",
            )
        return cls(mode=ExportMode.NAMES, names=names)


@value
class Target:
    """What is built for, and with what.

    Attributes:
        platform: whom the modules are for.
        toolchain: compiles.
        python: runs the build backend; of the platform's minor version.
        sysroot: the target's Python headers and configuration.
        tag: the spelling of the platform tag; empty for the platform's own choice.
        exports: what linked modules export.
        prefixes: folders with further libraries for the target, as ``make install`` leaves them.
        needs: For a prefix that a recipe made, the prefixes of the libraries that it is linked with.
        rust: compiles Rust; None while nobody needs it.
        rust_library: a sysroot of the user's own with Rust's standard library for the target.
    """

    platform: Platform
    toolchain: Toolchain
    python: HostPython
    sysroot: Sysroot
    tag: str = ""
    exports: Exports = Exports()
    prefixes: tuple[Path, ...] = ()
    needs: Mapping[Path, tuple[Path, ...]] = {}
    rust: TargetRust | None = None
    rust_library: Path | None = None


@value
class BuildRequest:
    """One wheel of one platform.

    Attributes:
        source: a project's folder, or an sdist.
        target: what it is built for, and with what.
        outdir: The folder that the wheel goes to.
        config_settings: for the backend, as PEP 517 has them.
        jobs: how many compilers may run at once; None leaves it to the project's own tools.
        report: a folder for the build's report; None for one in the cache.
        verbose: pass the backend's and compilers' output on as it comes.
    """

    source: Path
    target: Target
    outdir: Path
    config_settings: Mapping[str, str | list[str]] = {}
    jobs: int | None = None
    report: Path | None = None
    verbose: bool = False


@value
class BuildResult:
    """A wheel that was built.

    Attributes:
        wheel: the file.
        log: everything that the backend and the compilers wrote.
        remarks: what was changed of the project's compiler commands that its author may want to know, each
            once.
        report: the file that says how it was built (:mod:`~pyodide_abi.build.record`).
    """

    wheel: Path
    log: str
    remarks: tuple[str, ...]
    report: Path
