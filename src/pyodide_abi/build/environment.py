"""The isolated environment of a build: a host interpreter that answers for the target, made with uv."""

from __future__ import annotations

import json
import shlex
from importlib.resources import files
from typing import TYPE_CHECKING

from pyodide_abi.build import cargo, cross_site, cxx_library, meson, numpy_headers
from pyodide_abi.build.arguments import CXX
from pyodide_abi.build.crossing import Crossing, write_crossing
from pyodide_abi.build.drivers import LEAKS, find_launcher, rules_of, write_drivers
from pyodide_abi.build.recipes import recipes_of, with_folders_shown
from pyodide_abi.build.runtime_libraries import find_prefix
from pyodide_abi.build.target import answers, read_variables, target_variables
from pyodide_abi.errors import BuildFailedError, MissingError, OfflineError
from pyodide_abi.toolchain.interpreters import find_uv
from pyodide_abi.toolchain.programs import find_program
from pyodide_abi.values import value
from pyodide_abi.wheel.write import EPOCH

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from pyodide_abi.build.model import Target
    from pyodide_abi.host import Host
    from pyodide_abi.toolchain.model import Toolchain

_SITE_MODULE = "_pyodide_abi_cross"

#: What steers CMake, Meson and Autoconf, beside what steers compilers.
_TOOL_LEAKS = (
    "CMAKE_INCLUDE_PATH CMAKE_LIBRARY_PATH CMAKE_PROGRAM_PATH CMAKE_APPBUNDLE_PATH CMAKE_FRAMEWORK_PATH"
    " CMAKE_SYSROOT CMAKE_GENERATOR CMAKE_GENERATOR_PLATFORM CMAKE_GENERATOR_TOOLSET CMAKE_BUILD_TYPE"
    " CMAKE_ARGS SKBUILD_CMAKE_ARGS SKBUILD_CONFIGURE_OPTIONS MESON MESON_ARGS CONFIG_SITE"
    " ACLOCAL_PATH LD_LIBRARY_PATH_FOR_TARGET DIST_EXTRA_CONFIG"
)
#: Variables of the caller's that would lead a build astray.
ASTRAY = LEAKS | frozenset(_TOOL_LEAKS.split())

#: Compilers of the build machine, for tools that a project builds and runs itself.
_HOST_COMPILERS = {"c": ("cc", "gcc", "clang"), "cpp": ("c++", "g++", "clang++")}


@value
class CrossEnvironment:
    """A virtual environment whose interpreter answers for the target.

    Attributes:
        folder: it and all that belongs to it.
        python: its interpreter.
        environ: for processes that ask about the target: build backends, and what they start.
        host_environ: for processes that ask about the host: installers of build requirements.
        remarks: a file with what the compiler drivers dropped and why.
        site_packages: where build requirements are installed.
        variables: the target's configuration, as :func:`sysconfig.get_config_vars` gives it.
        meson_arguments: what ``meson setup`` has to be told.
    """

    folder: Path
    python: Path
    environ: Mapping[str, str]
    host_environ: Mapping[str, str]
    remarks: Path
    site_packages: Path
    variables: Mapping[str, object]
    meson_arguments: tuple[str, ...] = ()


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
    environment = _make_venv(target, folder / "environment", host, host_environ, on_line)
    site_packages = environment / "lib" / f"python{target.platform.python.version}" / "site-packages"
    remarks = folder / "remarks"
    remarks.touch()
    libraries = find_prefix(target.platform, target.toolchain, host)
    tools = _write_compilers(target, folder, source, remarks, host, libraries)
    data = read_variables(target.sysroot)
    crossing = Crossing(
        folder=folder / "cross",
        tools=tools,
        python=environment / "bin" / "python",
        version=target.platform.python.version,
        site_packages=site_packages,
        include=target.sysroot.include,
        soabi=str(data["SOABI"]),
        sysroot=_compiler_sysroot(target.toolchain, host),
        emscripten=target.toolchain.emscripten,
        emscripten_root=target.toolchain.emscripten_root,
        llvm=target.toolchain.llvm,
        node=target.toolchain.node,
        host_cc=_host_compilers(host),
        prefixes=(*target.prefixes, *([libraries] if libraries else [])),
        rustc=cargo.rustc_command(target.platform, target.rust) if target.rust else (),
        hidden=() if target.rust else tuple(name for name in cargo.COMPILERS if find_program(name, host)),
    )
    variables = target_variables(
        data,
        include=target.sysroot.include,
        root=target.sysroot.root,
        tools=tools,
        libraries=crossing.libpython.parent,
    )
    place = folder / "answers.json"
    wheel_platform = target.tag or target.platform.tag
    place.write_text(
        json.dumps(
            answers(target.platform, target.sysroot, variables=variables, wheel_platform=wheel_platform)
        )
    )
    _install_cross_site(site_packages)
    own = _own_variables(target, crossing, host) | {
        cross_site.VARIABLE: str(place),
        "VIRTUAL_ENV": str(environment),
        "PATH": f"{crossing.programs}:{environment / 'bin'}:{host_environ.get('PATH', '/usr/bin:/bin')}",
        "PYODIDE_ABI_VERSION": str(variables.get("PYODIDE_ABI_VERSION", "")),
    }
    if source is not None:
        # What backends leave behind when they are interrupted goes with the build's own folder.
        (folder / "tmp").mkdir()
        own["TMPDIR"] = str(folder / "tmp")
    environ = {**host_environ, **own, **parallel(jobs, folder)}
    if target.rust is not None:
        environ = cargo.with_rust(
            environ,
            target.platform,
            target.rust,
            tools=tools,
            host_cc=crossing.host_cc,
            headers=crossing.sysroot,
            sysroot=target.sysroot,
            prefix_maps=[(folder, "/build"), *([(source, ".")] if source else [])],
            offline=host.offline,
        )
    return CrossEnvironment(
        folder=folder,
        python=crossing.python,
        environ=environ,
        host_environ=host_environ,
        remarks=remarks,
        site_packages=site_packages,
        variables=variables,
        meson_arguments=tuple(meson.setup_arguments(crossing)),
    )


def _own_variables(target: Target, crossing: Crossing, host: Host) -> dict[str, str]:
    """What tells compilers, tools and projects about the target."""
    own = write_crossing(crossing) | {
        "PYTHONNOUSERSITE": "1",
        "PYTHONHASHSEED": "0",
        # The same source twice gives the same bytes (reproducible-builds.org, SOURCE_DATE_EPOCH).
        "SOURCE_DATE_EPOCH": host.environ.get("SOURCE_DATE_EPOCH", str(EPOCH)),
        # What projects ask to learn that they are built for this platform.
        "PYODIDE": "1",
        "CXX": str(crossing.tools["c++"]),
    }
    own |= {name.upper(): str(crossing.tools[name]) for name in ("cc", "ar", "ranlib", "nm", "strip")}
    if target.prefixes:
        # For setuptools, make and configure scripts; CMake, Meson and pkg-config have files of their own.
        own["CPPFLAGS"] = " ".join(f"-I{shlex.quote(str(prefix / 'include'))}" for prefix in target.prefixes)
        own["LDFLAGS"] = " ".join(f"-L{shlex.quote(str(prefix / 'lib'))}" for prefix in target.prefixes)
    return own


def without_leaks(environ: Mapping[str, str]) -> dict[str, str]:
    """The caller's variables less those that would lead a build astray."""
    return {name: value for name, value in environ.items() if name not in ASTRAY}


def _make_venv(
    target: Target,
    environment: Path,
    host: Host,
    host_environ: Mapping[str, str],
    on_line: Callable[[str], None],
) -> Path:
    argv: list[str | Path] = [
        find_installer(host),
        "venv",
        "--quiet",
        "--no-project",
        "--python",
        str(target.python.executable),
        str(environment),
        *_offline(host),
    ]
    made = host.runner.run(argv, environ=host_environ, on_line=on_line)
    if made.returncode:
        raise BuildFailedError(
            f"uv could not make an environment with {target.python.executable}: {made.stdout}"
        )
    return environment


def _write_compilers(  # noqa: PLR0917 - one caller
    target: Target,
    folder: Path,
    source: Path | None,
    remarks: Path,
    host: Host,
    libraries: Path | None,
) -> dict[str, Path]:
    # Neither the project's nor the environment's place may reach the objects.
    places = [(source, "."), (folder, "/build")]
    rules = rules_of(
        target.platform,
        target.python,
        prefix_maps=[f"-ffile-prefix-map={place}={name}" for place, name in places if place],
        libraries=libraries,
    )
    rules["after"][CXX] += cxx_library.write_headers(target.platform, folder / "c++")
    recipes = recipes_of(target.toolchain, rules, host)
    if launcher := find_launcher(host):
        recipes, folders = with_folders_shown(recipes)
        rules["after"] = {language: [*words, *folders] for language, words in rules["after"].items()}
    return write_drivers(
        folder / "drivers",
        toolchain=target.toolchain,
        rules=rules,
        exports=target.exports,
        remarks=remarks,
        recipes=recipes,
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
    asked = host.runner.run([program, "CACHE"], environ=environ)
    place = asked.stdout.strip()
    if asked.returncode or not place:
        raise MissingError(f"{program} does not say where its cache is: {asked.stderr.strip()}")
    return type(program)(place) / "sysroot"


def _host_compilers(host: Host) -> dict[str, str]:
    found = {}
    for language, names in _HOST_COMPILERS.items():
        program = next(filter(None, (find_program(name, host) for name in names)), None)
        if program:
            found[language] = str(program)
    return found


def parallel(jobs: int | None, folder: Path) -> dict[str, str]:
    """What makes each kind of tool run so many compilers at once."""
    if jobs is None:
        return {}
    settings = folder / "setuptools.cfg"
    settings.write_text(f"[build_ext]\nparallel = {jobs}\n", "utf-8")
    return {
        "MAKEFLAGS": f"-j{jobs}",
        "CMAKE_BUILD_PARALLEL_LEVEL": str(jobs),
        "DIST_EXTRA_CONFIG": str(settings),
        "CARGO_BUILD_JOBS": str(jobs),
    }


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
        find_installer(host),
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
        numpy_headers.retarget(environment.site_packages, environment.variables)
        return
    wanted = ", ".join(requirements)
    said = done.stdout[max(done.stdout.find("error:"), 0) :].strip()
    if host.offline:
        raise OfflineError(
            f"the build requirements ({wanted}) are not in uv's cache, and --offline forbids fetching them",
            hint=f"build once without --offline; uv said:\n{said}",
        )
    raise BuildFailedError(f"the build requirements ({wanted}) cannot be installed", hint=said)


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
