"""The isolated environment of a build: a host interpreter that answers for the target, made with uv."""

from __future__ import annotations

import importlib.util
import json
from importlib.resources import files
from typing import TYPE_CHECKING

from pyodide_abi.build import cross_site, cxx_library, numpy_headers
from pyodide_abi.build.answers import answers, read_variables, target_variables
from pyodide_abi.build.cross import CrossBuild
from pyodide_abi.build.driver.arguments import CXX
from pyodide_abi.build.drivers import find_launcher, rules_of, write_drivers
from pyodide_abi.build.emcc_cache import expansions_of, with_folders_shown
from pyodide_abi.build.runtime_libraries import find_prefix
from pyodide_abi.build.tools import parallel, tool_variables, without_leaks, write_files
from pyodide_abi.errors import BuildFailedError, MissingError, OfflineError
from pyodide_abi.toolchain.emscripten import cache_in
from pyodide_abi.toolchain.interpreters import find_uv
from pyodide_abi.values import value
from pyodide_abi.wheel.write import EPOCH

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from pyodide_abi.build.model import Target
    from pyodide_abi.host import Host
    from pyodide_abi.toolchain.model import Toolchain

_SITE_MODULE = "_pyodide_abi_cross"


@value
class CrossEnvironment:
    """A virtual environment whose interpreter answers for the target.

    Attributes:
        build: What it is for, and where its files lie.
        environ: The variables of processes that ask about the target: backends, and what they start.
        host_environ: The variables of processes that ask about the host: installers of build requirements.
        variables: The target's configuration, as :func:`sysconfig.get_config_vars` gives it.
    """

    build: CrossBuild
    environ: Mapping[str, str]
    host_environ: Mapping[str, str]
    variables: Mapping[str, object]

    @property
    def remarks(self) -> Path:
        """The file with what the compiler drivers dropped and why."""
        return self.build.folder / "remarks"


def make_environment(
    target: Target,
    folder: Path,
    host: Host,
    *,
    on_line: Callable[[str], None],
    source: Path | None = None,
    jobs: int | None = None,
) -> CrossEnvironment:
    """Make the environment, without any build requirement yet.

    Args:
        target: what is built for, and with what.
        folder: for the environment, the compiler drivers and the answers.
        host: the machine.
        on_line: gets what uv says.
        source: the staged project, whose path must not reach the objects.
        jobs: how many compilers may run at once; None leaves it to each tool.

    Raises:
        MissingError: uv, or the target's configuration, is not there.
        BuildFailedError: uv refused.
    """
    host_environ = without_leaks(host.environ)
    libraries = find_prefix(target.platform, target.toolchain, host)
    (folder / "remarks").touch()
    data = read_variables(target.sysroot)
    build = CrossBuild(
        target=target,
        host=host,
        folder=folder,
        drivers=_write_compilers(target, folder, source, host, libraries),
        compiler_sysroot=_compiler_sysroot(target.toolchain, host),
        soabi=str(data["SOABI"]),
        libraries=libraries,
        source=source,
    )
    _make_venv(build, host_environ, on_line)
    write_files(build)
    variables = target_variables(
        data,
        include=target.sysroot.include,
        root=target.sysroot.root,
        tools=build.drivers,
        libraries=build.libpython.parent,
    )
    place = folder / "answers.json"
    wheel_platform = target.tag or target.platform.tag
    place.write_text(
        json.dumps(
            answers(target.platform, target.sysroot, variables=variables, wheel_platform=wheel_platform)
        )
    )
    _install_cross_site(build.site_packages)
    own = tool_variables(build) | {
        cross_site.VARIABLE: str(place),
        # The same source twice gives the same bytes (reproducible-builds.org, SOURCE_DATE_EPOCH).
        "SOURCE_DATE_EPOCH": host.environ.get("SOURCE_DATE_EPOCH", str(EPOCH)),
        # What projects ask to learn that they are built for this platform.
        "PYODIDE": "1",
        "PYODIDE_ABI_VERSION": str(variables.get("PYODIDE_ABI_VERSION", "")),
    }
    if source is not None:
        # What backends leave behind when they are interrupted goes with the build's own folder.
        (folder / "tmp").mkdir()
        own["TMPDIR"] = str(folder / "tmp")
    return CrossEnvironment(
        build=build,
        environ={**host_environ, **own, **parallel(jobs, folder)},
        host_environ=host_environ,
        variables=variables,
    )


def _make_venv(build: CrossBuild, environ: Mapping[str, str], on_line: Callable[[str], None]) -> None:
    python = build.target.python.executable
    argv: list[str | Path] = [
        find_installer(build.host),
        *("venv", "--quiet", "--no-project", "--python", str(python), str(build.environment)),
        *_offline(build.host),
    ]
    made = build.host.runner.run(argv, environ=environ, on_line=on_line)
    if made.returncode:
        raise BuildFailedError(f"uv could not make an environment with {python}: {made.stdout}")


def _write_compilers(
    target: Target, folder: Path, source: Path | None, host: Host, libraries: Path | None
) -> dict[str, Path]:
    # Neither the project's nor the environment's place may reach the objects.
    places = [(source, "."), (folder, "/build")]
    rules = rules_of(
        target.platform,
        target.python,
        prefix_maps=[f"-ffile-prefix-map={place}={name}" for place, name in places if place],
        libraries=libraries,
        prefixes=target.prefixes,
        needs=target.needs,
    )
    rules["after"][CXX] += cxx_library.write_headers(target.platform, folder / "c++")
    expansions = expansions_of(target.toolchain, rules, host)
    if launcher := find_launcher(host):
        expansions, folders = with_folders_shown(expansions)
        rules["after"] = {language: [*words, *folders] for language, words in rules["after"].items()}
    return write_drivers(
        folder / "drivers",
        toolchain=target.toolchain,
        rules=rules,
        exports=target.exports,
        remarks=folder / "remarks",
        expansions=expansions,
        libraries=libraries,
        launcher=launcher,
    )


def _compiler_sysroot(toolchain: Toolchain, host: Host) -> Path:
    """The folder with the C library's headers.

    Raises:
        MissingError: the compiler does not say.
    """
    program = toolchain.emscripten_root / "em-config"
    environ = {**host.environ, **toolchain.environ}
    # Emscripten itself takes a tenth of a second to say so.
    known = cache_in(type(program)(environ.get("EM_CONFIG", ""))) if "EM_CACHE" not in environ else None
    if known is not None:
        return known / "sysroot"
    asked = host.runner.run([program, "CACHE"], environ=environ)
    place = asked.stdout.strip()
    if asked.returncode or not place:
        raise MissingError(
            f"{program} does not say where its cache is", details=asked.stderr.strip().splitlines()
        )
    return type(program)(place) / "sysroot"


def install_requirements(
    environment: CrossEnvironment,
    requirements: Sequence[str],
    host: Host,
    *,
    cwd: Path,
    on_line: Callable[[str], None],
) -> None:
    """Install build requirements for the host, as tools of the build; numpy's headers are the target's.

    Args:
        environment: The environment that they are installed into.
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
        find_installer(host),
        "pip",
        "install",
        "--no-progress",
        "--python",
        environment.build.python,
        *_offline(host),
    ]
    done = host.runner.run(
        [*argv, "--", *requirements], environ=environment.host_environ, cwd=cwd, on_line=on_line
    )
    if done.returncode == 0:
        numpy_headers.retarget(environment.build.site_packages, environment.variables)
        return
    wanted = ", ".join(requirements)
    said = done.stdout[max(done.stdout.find("error:"), 0) :].strip()
    if host.offline:
        raise OfflineError(
            f"the build requirements ({wanted}) are not in uv's cache, and --offline forbids fetching them",
            hint=f"build once without --offline; uv said:\n{said}",
        )
    raise BuildFailedError(f"the build requirements ({wanted}) cannot be installed", hint=said)


def require_tools(host: Host) -> None:
    """See that what builds is installed, before anything large is fetched for it.

    Raises:
        MissingError: something of the extra ``build`` is not.
    """
    there = {"uv": find_uv(host), "pyproject-hooks": importlib.util.find_spec("pyproject_hooks")}
    missing = [name for name, found in there.items() if found is None]
    if missing:
        raise MissingError(f"building needs {' and '.join(missing)}", hint="pip install 'pyodide-abi[build]'")


def find_installer(host: Host) -> Path:
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


def _install_cross_site(site_packages: Path) -> None:
    module = files("pyodide_abi.build").joinpath("cross_site.py").read_text("utf-8")
    (site_packages / f"{_SITE_MODULE}.py").write_text(module, "utf-8")
    # Only the line of a .pth file that begins with "import" is run (site, "path configuration files").
    (site_packages / f"{_SITE_MODULE}.pth").write_text(
        f"import {_SITE_MODULE}; {_SITE_MODULE}.main()\n", "utf-8"
    )
