"""What everybody asks who calls a compiler by the usual variables: setuptools, make, configure scripts."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from pyodide_abi.build.tools.tool import Tool

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyodide_abi.build.cross import CrossBuild

_LEAKS = (
    "CPATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH OBJC_INCLUDE_PATH LIBRARY_PATH COMPILER_PATH LD_RUN_PATH"
    " CC CXX CPP LD AR NM RANLIB STRIP LDSHARED LDCXXSHARED"
    " CFLAGS CXXFLAGS CPPFLAGS LDFLAGS ARFLAGS OPT EXTRA_CFLAGS"
    " EMCC_CFLAGS EMCC_FORCE_STDLIBS EMCC_SKIP_SANITY_CHECK EMMAKEN_CFLAGS"
    " LD_LIBRARY_PATH_FOR_TARGET MACOSX_DEPLOYMENT_TARGET ARCHFLAGS"
)


#: What compilers and their kin are called by those who do not ask for the variables.
_BARE = {
    "cc": ("cc", "gcc", "clang"),
    "c++": ("c++", "g++", "clang++"),
    **{name: (name,) for name in ("ld", "ar", "ranlib", "nm", "strip")},
}
_DRIVER = """\
#!/bin/sh
exec {driver} "$@"
"""
#: A compiler of this machine finds its assembler and linker on the PATH.
_HOST = """\
#!/bin/sh
PATH=$(printf '%s' "$PATH" | tr ':' '\\n' | grep -vxF {own} | tr '\\n' ':')
PATH=${{PATH%:}}
export PATH
exec {program} "$@"
"""


class Compilers(Tool):
    """The drivers by their variables, or by bare names, and the folders of the user's libraries."""

    leaks = frozenset(_LEAKS.split())

    def files(self, build: CrossBuild) -> Mapping[str, str]:
        """See :meth:`Tool.files`."""
        if not build.bare_names:
            return {}
        scripts = {
            f"bin/{name}": _DRIVER.format(driver=shlex.quote(str(build.drivers[driver])))
            for driver, names in _BARE.items()
            for name in names
        }
        own = shlex.quote(str(build.programs))
        for language, program in build.host_programs.items():
            scripts[f"host/{language}"] = _HOST.format(own=own, program=shlex.quote(program))
        return scripts

    def environ(self, build: CrossBuild) -> Mapping[str, str]:
        """See :meth:`Tool.environ`."""
        own = {name.upper(): str(build.drivers[name]) for name in ("cc", "ar", "ranlib", "nm", "strip")}
        own["CXX"] = str(build.drivers["c++"])
        # GNU's names for the compilers of generators that a build runs itself.
        names = {"c": "CC_FOR_BUILD", "cpp": "CXX_FOR_BUILD"}
        own |= {names[language]: program for language, program in build.host_compilers.items()}
        if prefixes := build.target.prefixes:
            # CMake, Meson and pkg-config have files of their own.
            own["CPPFLAGS"] = " ".join(f"-I{shlex.quote(str(prefix / 'include'))}" for prefix in prefixes)
            libraries = [prefix / "lib" for prefix in prefixes]
            libraries += [wide for prefix in prefixes if (wide := prefix / "lib64").is_dir()]
            own["LDFLAGS"] = " ".join(f"-L{shlex.quote(str(folder))}" for folder in libraries)
        return own
