"""The folder of commands that a build calls as compiler, archiver and so on."""

from __future__ import annotations

import marshal
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pyodide_abi
from pyodide_abi.build import fast_path, tools
from pyodide_abi.build.driver.arguments import CXX, C
from pyodide_abi.build.runtime_libraries import ports, provided
from pyodide_abi.platforms.model import Language, Need
from pyodide_abi.process import find_executable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyodide_abi.build.driver.settings import Rules, Settings
    from pyodide_abi.build.emcc_cache import Expansions
    from pyodide_abi.build.model import Exports
    from pyodide_abi.host import Host
    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.toolchain.model import HostPython, Toolchain

#: Folders of the build machine: nothing in them fits the target.
_SYSTEM_FOLDERS = tuple(
    prefix + kind
    for prefix in ("", "/usr", "/usr/local", "/opt/homebrew", "/opt/local")
    for kind in ("/include", "/lib", "/lib64", "/lib32")
)

#: Emscripten's own variable for a program in front of its compiler (``tools/config.py``).
LAUNCHER = "EM_COMPILER_WRAPPER"

#: What a native machine lets pass and WebAssembly, which checks a function's type, does not: a function that
#: is called undeclared, defined with other types than declared, or left without the result that it promises.
#: pyodide-build makes the same three errors. They stand behind the project's words: no opt-out.
_STRICT = {
    C: (
        "-Werror=implicit-function-declaration",
        "-Werror=mismatched-parameter-types",
        "-Werror=return-type",
    ),
    CXX: ("-Werror=return-type",),
}


def rules_of(
    platform: Platform,
    python: HostPython,
    *,
    prefix_maps: Sequence[str] = (),
    libraries: Path | None = None,
    prefixes: Sequence[Path] = (),
    needs: Mapping[Path, Sequence[Path]] = {},
) -> Rules:
    """The platform's flags as plain values for :func:`~pyodide_abi.build.driver.flags.rewrite`.

    Args:
        platform: The platform whose rules they are.
        python: The Python of the build machine; its headers are not the target's.
        prefix_maps: options that keep places of this machine out of objects.
        libraries: headers and more of the runtime's libraries; see
            :func:`~pyodide_abi.build.runtime_libraries.find_prefix`.
        prefixes: The folders that libraries for the target were installed in.
        needs: as :attr:`~pyodide_abi.build.model.Target.needs`.
    """
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
        "prefixes": [str(prefix) for prefix in prefixes],
        "needs": {
            str((prefix / "lib").resolve()): [
                archive for folder in (prefix, *needed) for archive in _archives(folder)
            ]
            for prefix, needed in needs.items()
        },
        # Last of all folders: what a project brings itself comes first.
        "after": {
            language: [*words, *prefix_maps, *(["-idirafter", f"{libraries}/include"] if libraries else [])]
            for language, words in _STRICT.items()
        },
        "run_path": platform.search.run_path,
        "libraries": provided(platform),
        "ports": ports(platform),
        "port_headers": libraries is not None,
    }


def _archives(prefix: Path) -> list[str]:
    return [str(archive.resolve()) for archive in sorted(prefix.glob("lib/lib*.a"))]


def write_drivers(
    folder: Path,
    *,
    toolchain: Toolchain,
    rules: Rules,
    exports: Exports,
    remarks: Path,
    expansions: Expansions | None = None,
    libraries: Path | None = None,
    launcher: Sequence[str] = (),
) -> dict[str, Path]:
    """Write the commands.

    Args:
        folder: made, and filled with one script per command, for the PATH.
        toolchain: what the scripts run.
        rules: see :func:`rules_of`.
        exports: what linked modules export.
        remarks: a file to which the commands append what they dropped and why.
        expansions: see :func:`~pyodide_abi.build.emcc_cache.expansions_of`; without any, emcc compiles all.
        libraries: as :func:`rules_of` got it.
        launcher: a compiler cache (``ccache``) and its options, to stand before clang.

    Returns:
        the scripts, by name: ``cc``, ``c++``, ``ld``, ``ar``, ``ranlib``, ``nm``, ``strip``.
    """
    commands = folder / ".data" / "commands"
    commands.mkdir(parents=True)
    settings: Settings = {
        "rules": rules,
        "programs": {
            "cc": str(toolchain.emcc),
            "c++": str(toolchain.emxx),
            "nm": str(toolchain.llvm_nm),
            "ar": str(toolchain.llvm_ar),
        },
        "expansions": expansions or {},
        "launcher": list(launcher),
        "environ": {**toolchain.environ, **_launched(launcher)},
        "unset": sorted(tools.LEAKS),
        "export_mode": exports.mode.value,
        "export_names": list(exports.names),
        "remarks": str(remarks),
        "commands": str(commands),
        "folder": str(folder / ".data"),
        "library_folder": str(libraries / "lib") if libraries else "",
    }
    place = folder / ".data" / "settings"
    place.write_bytes(marshal.dumps(dict(settings)))
    # -I -S: nothing of the user's, no site-packages; a driver starts in the interpreter's bare time.
    python = [sys.executable, "-I", "-S", "-c"]
    path = f"import sys; sys.path.insert(0, {str(Path(pyodide_abi.__file__).parents[1])!r})"
    compile_ = [
        *python,
        f"{path}; from pyodide_abi.build.driver.compiler import main; main(sys.argv[1:])",
        str(place),
    ]
    strip = [
        *python,
        f"{path}; from pyodide_abi.build.driver.objects.strip import main; sys.exit(main(sys.argv[1:]))",
    ]
    variables = ["env", *(f"{name}={value}" for name, value in toolchain.environ.items())]
    for name in ("cc", "c++"):
        _write(folder / name, fast_path.script(name, settings, [*compile_, name], launcher=launcher))
    simple: dict[str, Sequence[str | Path]] = {
        "ld": [*compile_, "ld"],
        "ar": [*variables, toolchain.llvm_ar],
        "ranlib": [*variables, toolchain.emranlib],
        "nm": [*variables, toolchain.llvm_nm],
        "strip": strip,
    }
    for name, command in simple.items():
        _write(folder / name, f'#!/bin/sh\nexec {shlex.join(map(str, command))} "$@"\n')
    return {name: folder / name for name in ("cc", "c++", *simple)}


def find_launcher(host: Host) -> tuple[str, ...]:
    """The compiler cache that the user asks for with :data:`LAUNCHER`.

    Raises:
        MissingError: it is not there.
    """
    words = shlex.split(host.environ.get(LAUNCHER, ""))
    return (find_executable(words[0], host.environ), *words[1:]) if words else ()


def _launched(launcher: Sequence[str]) -> dict[str, str]:
    """Emscripten's own variable for the same, for what goes through emcc; it takes one word."""
    return {LAUNCHER: launcher[0]} if launcher else {}


def _write(script: Path, text: str) -> None:
    script.write_text(text, "utf-8")
    script.chmod(0o755)
