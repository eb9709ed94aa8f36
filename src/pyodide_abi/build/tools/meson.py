"""What Meson has to know about the target (its manual, "Machine files")."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from pyodide_abi.build.driver.flags import UNASKED_LEVEL
from pyodide_abi.build.tools import cargo, pkgconfig
from pyodide_abi.build.tools.tool import Tool

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyodide_abi.build.cross import CrossBuild
    from pyodide_abi.build.tools.tool import BackendSettings

#: Programs of build requirements which tell where their headers are. Meson asks for leave in a cross build.
_CONFIG_PROGRAMS = ("numpy-config", "pybind11-config")


class Meson(Tool):
    """Meson: two machine files, and a ``meson`` that knows them; meson-python has no variable for them."""

    leaks = frozenset({"MESON", "MESON_ARGS"})

    def files(self, build: CrossBuild) -> Mapping[str, str]:
        """See :meth:`Tool.files`."""
        return {
            "meson.cross": cross_file(build),
            "meson.native": native_file(build),
            "bin/meson": _command(build),
        }

    def settings(
        self,
        backend: str,
        build: CrossBuild,
        *,
        given: BackendSettings,
        pyproject: Mapping[str, object],
        jobs: int | None,
    ) -> BackendSettings:
        """See :meth:`Tool.settings`."""
        if backend != "mesonpy":
            return given
        setup, compiling = (_listed(given.get(key, [])) for key in ("setup-args", "compile-args"))
        # Nothing is said here of a wrong table: meson-python says it better.
        table: object = pyproject
        for key in ("tool", "meson-python", "args", "setup"):
            table = table.get(key) if isinstance(table, dict) else None
        asked = [word for word in table if isinstance(word, str)] if isinstance(table, list) else []
        return {
            **given,
            "setup-args": [*_setup_arguments(build), *_level_arguments([*asked, *setup]), *setup],
            "compile-args": [*([f"-j{jobs}"] if jobs is not None else []), *compiling],
        }


def _listed(setting: str | list[str]) -> list[str]:
    return [setting] if isinstance(setting, str) else setting


def cross_file(build: CrossBuild) -> str:
    """The machine file of the target."""
    tools = build.drivers
    binaries: dict[str, str | Sequence[str]] = {
        # Words beside a compiler's name come before all that Meson and the project add.
        "c": [str(tools["cc"]), UNASKED_LEVEL],
        "cpp": [str(tools["c++"]), UNASKED_LEVEL],
        "ar": str(tools["ar"]),
        "ranlib": str(tools["ranlib"]),
        "nm": str(tools["nm"]),
        "strip": str(tools["strip"]),
        "exe_wrapper": str(build.emulator),
        "python": str(build.python),
        "python3": str(build.python),
        "cython": "cython",
        "pkg-config": "pkg-config",
        "cmake": "cmake",
    }
    if build.target.rust:
        binaries["rust"] = cargo.rustc_command(build.target.platform, build.target.rust)
    environment = build.python.parent
    binaries |= {name: str(environment / name) for name in _CONFIG_PROGRAMS}
    return _file(
        {
            "binaries": binaries,
            "host_machine": {
                "system": "emscripten",
                "cpu_family": "wasm32",
                "cpu": "wasm32",
                "endian": "little",
            },
            # Libraries for the target are archives: what they need stands in a .pc file's Libs.private.
            "built-in options": {"prefer_static": True},
            "properties": {
                "needs_exe_wrapper": True,
                "pkg_config_libdir": [str(place) for place in pkgconfig.search_path(build)],
                # Emscripten's long double: 16 bytes, IEEE 754 binary128. numpy asks for it by this name.
                "longdouble_format": "IEEE_QUAD_LE",
            },
        }
    )


def native_file(build: CrossBuild) -> str:
    """The machine file of the build machine: CC and its kin in the environment are the target's."""
    return _file({"binaries": dict(build.host_compilers)})


def _setup_arguments(build: CrossBuild) -> list[str]:
    """For ``meson setup``."""
    return [f"--cross-file={build.files}/meson.cross", f"--native-file={build.files}/meson.native"]


def _level_arguments(asked: Sequence[str]) -> list[str]:
    """For ``meson setup`` by a backend that sets a build type for every project, as meson-python does.

    ``release`` is ``-O3``. ``plain`` is Meson's word for no level of its own, so that the one beside the
    compiler's name counts.

    Args:
        asked: what the project and its user want ``meson setup`` to be told; what they say counts.
    """
    own = ("buildtype=", "optimization=", "--buildtype", "--optimization")
    return [] if any(word.removeprefix("-D").startswith(own) for word in asked) else ["-Doptimization=plain"]


def _command(build: CrossBuild) -> str:
    """A script in front of ``meson`` for those who call it themselves."""
    own = shlex.quote(str(build.programs))
    files = shlex.join(_setup_arguments(build))
    return f"""\
#!/bin/sh
# The meson that comes next on the PATH; it is told about the target when it sets a build up.
PATH=$(printf '%s' "$PATH" | tr ':' '\\n' | grep -vxF {own} | tr '\\n' ':')
PATH=${{PATH%:}}
export PATH
if [ "$1" = setup ]; then
  case "$*" in
    *--cross-file*|*--reconfigure*|*--wipe*) ;;
    *) shift; set -- setup {files} "$@" ;;
  esac
fi
exec meson "$@"
"""


def _file(sections: Mapping[str, Mapping[str, object]]) -> str:
    lines = []
    for name, entries in sections.items():
        lines.append(f"[{name}]")
        lines += [f"{key} = {_literal(value)}" for key, value in entries.items()]
        lines.append("")
    return "\n".join(lines)


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    if isinstance(value, list):
        return "[" + ", ".join(_literal(item) for item in value) + "]"
    raise TypeError(value)
