"""PEP 517: read the build system's table, and call the backend's hooks."""

from __future__ import annotations

import tempfile
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pyodide_abi.build.environment import install_requirements
from pyodide_abi.build.tools import backend_settings
from pyodide_abi.errors import BuildFailedError, MissingError, UnreadableInputError
from pyodide_abi.toml import read_toml
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pyproject_hooks import BuildBackendHookCaller

    from pyodide_abi.build.environment import CrossEnvironment
    from pyodide_abi.host import Host

#: What PEP 517 asks of front ends for projects that name no backend.
_LEGACY_BACKEND = "setuptools.build_meta:__legacy__"
_LEGACY_REQUIRES = ("setuptools>=40.8.0",)


@value
class BuildSystem:
    """The table ``[build-system]`` (PEP 518, PEP 517).

    Attributes:
        requires: what has to be installed before the backend can be asked anything.
        backend: the object with the hooks, ``module:object``.
        backend_path: folders of the project in which it is found.
    """

    requires: tuple[str, ...] = _LEGACY_REQUIRES
    backend: str = _LEGACY_BACKEND
    backend_path: tuple[str, ...] | None = None


class HookFailedError(Exception):
    """A hook's process ended with an error; the log has it."""


def read_build_system(project: Path) -> BuildSystem:
    """The project's build system; setuptools where it names none.

    Raises:
        UnreadableInputError: ``pyproject.toml`` is not valid, or the table lacks ``requires``.
    """
    table = _read_pyproject(project).get("build-system")
    if table is None:
        return BuildSystem()
    if not isinstance(table, dict):
        raise UnreadableInputError("pyproject.toml: build-system has to be a table")
    requires = _strings(table, "requires")
    if requires is None:
        raise UnreadableInputError(
            "pyproject.toml: build-system.requires is missing", hint="PEP 518 asks for it"
        )
    backend = table.get("build-backend", _LEGACY_BACKEND)
    if not isinstance(backend, str):
        raise UnreadableInputError("pyproject.toml: build-system.build-backend has to be text")
    return BuildSystem(requires=requires, backend=backend, backend_path=_strings(table, "backend-path"))


def _read_pyproject(project: Path) -> dict[str, object]:
    file = project / "pyproject.toml"
    if not file.is_file():
        return {}
    try:
        return read_toml(file)
    except ValueError as error:
        raise UnreadableInputError(f"pyproject.toml is not valid TOML: {error}") from error


def _strings(table: Mapping[str, object], key: str) -> tuple[str, ...] | None:
    value = table.get(key)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise UnreadableInputError(f"pyproject.toml: build-system.{key} has to be a list of texts")
    return tuple(value)


def run_backend(
    project: Path,
    environment: CrossEnvironment,
    host: Host,
    *,
    outdir: Path,
    config_settings: Mapping[str, str | list[str]],
    on_line: Callable[[str], None],
    jobs: int | None = None,
) -> Path:
    """Build the project's wheel with its own backend.

    Args:
        project: the staged sources.
        environment: The environment where the backend and its requirements are installed, and run.
        host: the machine.
        outdir: an empty folder for the wheel.
        config_settings: for the backend.
        on_line: gets every line that is written.
        jobs: how many compilers may run at once; None leaves it to the backend.

    Returns:
        the wheel in ``outdir``.

    Raises:
        UnreadableInputError: see :func:`read_build_system`.
        OfflineError: see :func:`~pyodide_abi.build.environment.install_requirements`.
        BuildFailedError: requirements cannot be installed, or there is no such backend.
        HookFailedError: the backend ended with an error.
    """
    system = read_build_system(project)
    settings = backend_settings(
        system.backend.partition(":")[0],
        environment.build,
        given=config_settings,
        pyproject=_read_pyproject(project),
        jobs=jobs,
    )

    def install(requirements: Sequence[str]) -> None:
        install_requirements(environment, requirements, host, cwd=outdir, on_line=on_line)

    install(system.requires)
    caller = _caller(project, system, environment, host, on_line)
    import pyproject_hooks  # noqa: PLC0415 - _caller has said what to do if it is missing

    try:
        with (
            host.progress.task("asking for build requirements"),
            _hooks_at_work(on_line, outdir.parent),
        ):
            more = caller.get_requires_for_build_wheel(settings)
        install([requirement for requirement in more if requirement not in system.requires])
        with host.progress.task("compiling"), _hooks_at_work(on_line, outdir.parent):
            return outdir / caller.build_wheel(str(outdir), settings)
    except pyproject_hooks.BackendUnavailable as error:
        raise BuildFailedError(
            f"the build backend {system.backend} cannot be imported",
            hint=f"is it in build-system.requires? {(error.traceback or '').strip().splitlines()[-1:]}",
        ) from error
    except pyproject_hooks.HookMissing as error:
        raise BuildFailedError(f"the build backend {system.backend} has no hook {error.hook_name}") from error


@contextmanager
def _hooks_at_work(on_line: Callable[[str], None], work: Path) -> Iterator[None]:
    """What pyproject_hooks does in our process belongs to the build.

    It repeats the backend's warnings, which go into the log; and its temporary files lie in the build's
    folder, which the next build removes if this process is killed.
    """
    before, tempfile.tempdir = tempfile.tempdir, str(work)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield
        finally:
            tempfile.tempdir = before
            for warning in caught:
                for line in f"warning: {warning.message}".splitlines():
                    on_line(line)


def _caller(
    project: Path,
    system: BuildSystem,
    environment: CrossEnvironment,
    host: Host,
    on_line: Callable[[str], None],
) -> BuildBackendHookCaller:
    try:
        from pyproject_hooks import BuildBackendHookCaller  # noqa: PLC0415 - an optional dependency
    except ImportError as error:
        raise MissingError(
            "building needs pyproject-hooks", hint="pip install 'pyodide-abi[build]'"
        ) from error

    def run(
        cmd: Sequence[str], cwd: str | None = None, extra_environ: Mapping[str, str] | None = None
    ) -> None:
        done = host.runner.run(
            cmd,
            environ={**environment.environ, **(extra_environ or {})},
            cwd=project if cwd is None else type(project)(cwd),
            on_line=on_line,
        )
        if done.returncode:
            raise HookFailedError(f"{system.backend} ended with {done.returncode}")

    return BuildBackendHookCaller(
        str(project),
        system.backend,
        backend_path=system.backend_path,
        runner=run,
        python_executable=str(environment.build.python),
    )
