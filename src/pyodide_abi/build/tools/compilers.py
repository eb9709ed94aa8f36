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


class Compilers(Tool):
    """The drivers by their variables, and the folders of the user's libraries."""

    leaks = frozenset(_LEAKS.split())

    def environ(self, build: CrossBuild) -> Mapping[str, str]:
        """See :meth:`Tool.environ`."""
        own = {name.upper(): str(build.drivers[name]) for name in ("cc", "ar", "ranlib", "nm", "strip")}
        own["CXX"] = str(build.drivers["c++"])
        if prefixes := build.target.prefixes:
            # CMake, Meson and pkg-config have files of their own.
            own["CPPFLAGS"] = " ".join(f"-I{shlex.quote(str(prefix / 'include'))}" for prefix in prefixes)
            own["LDFLAGS"] = " ".join(f"-L{shlex.quote(str(prefix / 'lib'))}" for prefix in prefixes)
        return own
