"""The folder of commands that a build calls as compiler, archiver and so on."""

from __future__ import annotations

import marshal
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pyodide_abi
from pyodide_abi.build.arguments import CXX, C
from pyodide_abi.platforms.model import Language, Need

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyodide_abi.build.compiler import Settings
    from pyodide_abi.build.flags import Rules
    from pyodide_abi.build.model import Exports
    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.toolchain.model import HostPython, Toolchain

#: Folders of the build machine: nothing in them fits the target.
_SYSTEM_FOLDERS = tuple(
    prefix + kind
    for prefix in ("", "/usr", "/usr/local", "/opt/homebrew", "/opt/local")
    for kind in ("/include", "/lib", "/lib64", "/lib32")
)

#: What steers compilers, linkers and interpreters of the build machine: it must not reach the target's.
_LEAKS = (
    "CPATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH OBJC_INCLUDE_PATH LIBRARY_PATH COMPILER_PATH LD_RUN_PATH"
    " CC CXX CPP LD AR NM RANLIB STRIP LDSHARED LDCXXSHARED"
    " CFLAGS CXXFLAGS CPPFLAGS LDFLAGS ARFLAGS OPT EXTRA_CFLAGS"
    " EMCC_CFLAGS EMCC_FORCE_STDLIBS EMCC_SKIP_SANITY_CHECK EMMAKEN_CFLAGS"
    " PKG_CONFIG_PATH PKG_CONFIG_LIBDIR PKG_CONFIG_SYSROOT_DIR CMAKE_PREFIX_PATH CMAKE_TOOLCHAIN_FILE"
    " PYTHONPATH PYTHONHOME PYTHONSTARTUP PYTHONPLATLIBDIR PYTHONNOUSERSITE VIRTUAL_ENV CONDA_PREFIX"
    " MACOSX_DEPLOYMENT_TARGET ARCHFLAGS _PYTHON_HOST_PLATFORM _PYTHON_SYSCONFIGDATA_NAME"
    " _PYTHON_SYSCONFIGDATA_PATH _PYTHON_PROJECT_BASE"
)
LEAKS = frozenset(_LEAKS.split())


def rules_of(platform: Platform, python: HostPython, *, prefix_maps: Sequence[str] = ()) -> Rules:
    """The platform's flags as plain values for :func:`~pyodide_abi.build.flags.rewrite`."""
    required: dict[str, dict[str, list[str]]] = {C: {}, CXX: {}}
    for flag in platform.flags:
        for language in flag.languages:
            if flag.need is Need.REQUIRED and language is not Language.RUST:
                for stage in flag.stages:
                    required[language.value].setdefault(stage.value, []).append(flag.flag)
    host_folders = {*_SYSTEM_FOLDERS, str(python.include), str(python.include.parent)}
    return {
        "platform": platform.name,
        "required": required,
        "forbidden": [
            {
                "flag": flag.flag,
                "languages": [language.value for language in flag.languages],
                "stages": [stage.value for stage in flag.stages],
                "reason": flag.reason,
            }
            for flag in platform.flags
            if flag.need is Need.FORBIDDEN and set(flag.languages) - {Language.RUST}
        ],
        "host_folders": sorted(host_folders),
        "prefix_maps": list(prefix_maps),
        "run_path": platform.search.run_path,
    }


def write_drivers(
    folder: Path, *, toolchain: Toolchain, rules: Rules, exports: Exports, remarks: Path
) -> dict[str, Path]:
    """Write the commands.

    Args:
        folder: made, and filled with one script per command.
        toolchain: what the scripts run.
        rules: see :func:`rules_of`.
        exports: what linked modules export.
        remarks: a file to which the commands append what they dropped and why.

    Returns:
        the scripts, by name.
    """
    folder.mkdir(parents=True)
    settings: Settings = {
        "rules": rules,
        "programs": {"cc": str(toolchain.emcc), "c++": str(toolchain.emxx)},
        "environ": dict(toolchain.environ),
        "unset": sorted(LEAKS),
        "export_mode": exports.mode.value,
        "export_names": list(exports.names),
        "remarks": str(remarks),
        "folder": str(folder),
    }
    place = folder / "settings"
    place.write_bytes(marshal.dumps(dict(settings)))
    code = (
        f"import sys; sys.path.insert(0, {str(Path(pyodide_abi.__file__).parents[1])!r});"
        " from pyodide_abi.build.compiler import main; main(sys.argv[1:])"
    )
    # -I -S: nothing of the user's, no site-packages; a driver starts in the interpreter's bare time.
    start = [sys.executable, "-I", "-S", "-c", code, str(place)]
    variables = [f"{name}={value}" for name, value in toolchain.environ.items()]
    commands: dict[str, Sequence[str]] = {
        "cc": [*start, "cc"],
        "c++": [*start, "c++"],
        "ar": ["env", *variables, str(toolchain.llvm_ar)],
        "ranlib": ["env", *variables, str(toolchain.emranlib)],
        "nm": ["env", *variables, str(toolchain.llvm_nm)],
        # Links leave debug information out already, and LLVM's strip would take dylink.0 along.
        "strip": ["true"],
    }
    return _write_scripts(folder, commands)


def _write_scripts(folder: Path, commands: Mapping[str, Sequence[str]]) -> dict[str, Path]:
    scripts = {}
    for name, command in commands.items():
        script = scripts[name] = folder / name
        arguments = "" if command[0] == "true" else ' "$@"'
        script.write_text(f"#!/bin/sh\nexec {shlex.join(command)}{arguments}\n", "utf-8")
        script.chmod(0o755)
    return scripts
