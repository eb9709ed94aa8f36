"""The isolated environment of a build: a host interpreter that answers for the target, made with uv."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from pyodide_abi.build import cross_site
from pyodide_abi.build.drivers import LEAKS, rules_of, write_drivers
from pyodide_abi.build.target import answers, read_variables, target_variables
from pyodide_abi.errors import BuildFailedError, MissingError, OfflineError
from pyodide_abi.toolchain.interpreters import find_uv
from pyodide_abi.wheel.write import EPOCH

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from pyodide_abi.build.model import BuildRequest
    from pyodide_abi.host import Host

_SITE_MODULE = "_pyodide_abi_cross"


@dataclass(frozen=True, kw_only=True, slots=True)
class CrossEnvironment:
    """A virtual environment whose interpreter answers for the target.

    Attributes:
        python: its interpreter.
        environ: for processes that ask about the target: build backends, and what they start.
        host_environ: for processes that ask about the host: installers of build requirements.
        remarks: a file with what the compiler drivers dropped and why.
    """

    python: Path
    environ: Mapping[str, str]
    host_environ: Mapping[str, str]
    remarks: Path


def make_environment(
    request: BuildRequest, folder: Path, host: Host, *, source: Path, on_line: Callable[[str], None]
) -> CrossEnvironment:
    """Make the environment, without any build requirement yet.

    Args:
        request: what is built.
        folder: for the environment, the compiler drivers and the answers.
        host: the machine.
        source: the staged project, whose path must not reach the objects.
        on_line: gets what uv says.

    Raises:
        MissingError: uv, or the target's configuration, is not there.
        BuildFailedError: uv refused.
    """
    environment = folder / "environment"
    host_environ = {name: value for name, value in host.environ.items() if name not in LEAKS}
    argv: list[str | Path] = [
        _uv(host),
        "venv",
        "--quiet",
        "--no-project",
        "--python",
        str(request.python.executable),
        str(environment),
    ]
    made = host.runner.run([*argv, *_offline(host)], environ=host_environ, on_line=on_line)
    if made.returncode:
        raise BuildFailedError(
            f"uv could not make an environment with {request.python.executable}: {made.stdout}"
        )
    remarks = folder / "remarks"
    remarks.touch()
    tools = write_drivers(
        folder / "drivers",
        toolchain=request.toolchain,
        # Neither the project's nor the environment's place may reach the objects.
        rules=rules_of(
            request.platform,
            request.python,
            prefix_maps=[f"-ffile-prefix-map={source}=.", f"-ffile-prefix-map={folder}=/build"],
        ),
        exports=request.exports,
        remarks=remarks,
    )
    place = folder / "answers.json"
    variables = target_variables(
        read_variables(request.sysroot),
        include=request.sysroot.include,
        root=request.sysroot.root,
        tools=tools,
    )
    wheel_platform = request.tag or request.platform.tag
    place.write_text(
        json.dumps(
            answers(request.platform, request.sysroot, variables=variables, wheel_platform=wheel_platform)
        )
    )
    _install_cross_site(environment, request.platform.python.version)
    environ = host_environ | {
        cross_site.VARIABLE: str(place),
        "VIRTUAL_ENV": str(environment),
        "PATH": f"{environment / 'bin'}:{host_environ.get('PATH', '/usr/bin:/bin')}",
        "PYTHONNOUSERSITE": "1",
        "PYTHONHASHSEED": "0",
        # The same source twice gives the same bytes (reproducible-builds.org, SOURCE_DATE_EPOCH).
        "SOURCE_DATE_EPOCH": host.environ.get("SOURCE_DATE_EPOCH", str(EPOCH)),
        # What projects ask to learn that they are built for this platform.
        "PYODIDE": "1",
        "PYODIDE_ABI_VERSION": str(variables.get("PYODIDE_ABI_VERSION", "")),
    }
    environ |= {name.upper(): str(tools[name]) for name in ("cc", "ar", "ranlib", "nm", "strip")}
    environ |= {"CXX": str(tools["c++"])}
    return CrossEnvironment(
        python=environment / "bin" / "python", environ=environ, host_environ=host_environ, remarks=remarks
    )


def install_requirements(
    environment: CrossEnvironment,
    requirements: Sequence[str],
    host: Host,
    *,
    cwd: Path,
    on_line: Callable[[str], None],
) -> None:
    """Install build requirements for the host: they are tools of the build.

    Args:
        environment: where.
        requirements: as in PEP 508.
        host: the machine.
        cwd: a folder without a project, whose settings would be obeyed.
        on_line: gets what uv says.

    Raises:
        OfflineError: something is not in uv's cache and the network is off limits.
        BuildFailedError: uv refused.
    """
    if not requirements:
        return
    argv: list[str | Path] = [
        _uv(host),
        "pip",
        "install",
        "--no-progress",
        "--python",
        environment.python,
        *_offline(host),
    ]
    done = host.runner.run(
        [*argv, "--", *requirements], environ=environment.host_environ, cwd=cwd, on_line=on_line
    )
    if done.returncode == 0:
        return
    wanted = ", ".join(requirements)
    said = done.stdout[max(done.stdout.find("error:"), 0) :].strip()
    if host.offline:
        raise OfflineError(
            f"the build requirements ({wanted}) are not in uv's cache, and --offline forbids fetching them",
            hint=f"build once without --offline; uv said:\n{said}",
        )
    raise BuildFailedError(f"the build requirements ({wanted}) cannot be installed", hint=said)


def _uv(host: Host) -> Path:
    """The program uv.

    Raises:
        MissingError: there is none.
    """
    uv = find_uv(host)
    if uv is None:
        raise MissingError("building needs uv", hint="pip install 'pyodide-abi[build]'")
    return uv


def _offline(host: Host) -> list[str]:
    return ["--offline"] if host.offline else []


def _install_cross_site(environment: Path, python: str) -> None:
    site = environment / "lib" / f"python{python}" / "site-packages"
    module = files("pyodide_abi.build").joinpath("cross_site.py").read_text("utf-8")
    (site / f"{_SITE_MODULE}.py").write_text(module, "utf-8")
    # Only the line of a .pth file that begins with "import" is run (site, "path configuration files").
    (site / f"{_SITE_MODULE}.pth").write_text(f"import {_SITE_MODULE}; {_SITE_MODULE}.main()\n", "utf-8")
