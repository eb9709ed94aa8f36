"""What a build backend hears when it asks about the machine.

:mod:`~pyodide_abi.build.cross_site` gives these answers inside the build's environment.

The facts come from the runtime's own ``_sysconfigdata`` (through the sysroot). What in it describes the
runtime's build machine, compilers, flags and folders, is replaced by ours.
"""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from pyodide_abi.build.driver.flags import LEVEL
from pyodide_abi.errors import MissingError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.toolchain.model import Sysroot

SYSCONFIGDATA = "_sysconfigdata__emscripten_wasm32-emscripten"

_OPT = f"-DNDEBUG {LEVEL} -g0 -Wall"
#: CPython's own base flags (its configure.ac), and ours: without DWARF.
#: The unwinding flags are not here: the drivers add them for whoever compiles.
_CFLAGS = f"-fno-strict-overflow -Wsign-compare -Wunreachable-code {_OPT} -fPIC"


def read_variables(sysroot: Sysroot) -> dict[str, object]:
    """The target's configuration variables.

    Raises:
        MissingError: the sysroot has none.
    """
    path = sysroot.sysconfigdata / f"{SYSCONFIGDATA}.py"
    spec = importlib.util.spec_from_file_location(SYSCONFIGDATA, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise MissingError(f"the sysroot has no {path}", hint="remove the sysroot and build again")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return dict(module.build_time_vars)


def target_variables(
    data: Mapping[str, object], *, include: Path, root: Path, tools: Mapping[str, Path], libraries: Path
) -> dict[str, object]:
    """The variables as backends are to see them.

    Args:
        data: the runtime's own.
        include: the target's headers.
        root: what stands where the runtime's own installation prefix stood.
        tools: the drivers by name: ``cc``, ``c++``, ``ar``, ``ranlib``, ``nm``, ``strip``.
        libraries: the folder with the stand-in for Python's library, and ``pkgconfig``.
    """
    prefix = str(data.get("prefix", ""))
    variables = {
        name: value.replace(prefix, str(root)) if isinstance(value, str) and prefix else value
        for name, value in data.items()
        # sysconfig's own answers for these are right: they say where the build tools are installed.
        if name not in {"prefix", "exec_prefix", "srcdir"}
    }
    cc, cxx = str(tools["cc"]), str(tools["c++"])
    variables |= dict.fromkeys(("CC", "MAINCC", "LINKCC"), cc)
    variables |= dict.fromkeys(("LDSHARED", "BLDSHARED"), f"{cc} -shared")
    variables |= {"CXX": cxx, "LDCXXSHARED": f"{cxx} -shared", "CPP": f"{cc} -E"}
    variables |= {name.upper(): str(tools[name]) for name in ("ar", "ranlib", "nm", "strip")}
    variables |= dict.fromkeys(("CFLAGS", "PY_CFLAGS", "CXXFLAGS"), _CFLAGS)
    variables |= {"OPT": _OPT, "CCSHARED": "-fPIC", "ARFLAGS": "rcs"}
    # The libraries of the main module, and flags of its own build.
    empty = "CPPFLAGS PY_CPPFLAGS LDFLAGS PY_LDFLAGS CONFIGURE_CFLAGS CONFIGURE_LDFLAGS CONFIGURE_CPPFLAGS"
    variables |= dict.fromkeys([*empty.split(), "PY_CORE_CFLAGS", "PY_CORE_LDFLAGS", "LIBS", "SYSLIBS"], "")
    variables |= dict.fromkeys(("INCLUDEPY", "CONFINCLUDEPY", "INCLUDEDIR", "CONFINCLUDEDIR"), str(include))
    variables |= {"LIBDIR": str(libraries), "LIBPL": str(libraries), "LIBPC": str(libraries / "pkgconfig")}
    return variables


def answers(
    platform: Platform, sysroot: Sysroot, *, variables: Mapping[str, object], wheel_platform: str
) -> dict[str, object]:
    """Everything that :func:`~pyodide_abi.build.cross_site.answer` wants."""
    return {
        "name": SYSCONFIGDATA,
        "variables": dict(variables),
        "include": str(sysroot.include),
        # As the runtime's own os.uname(): system, node, release (the compiler's version), version, machine.
        "uname": ("Emscripten", "emscripten", platform.emscripten, "#1", "wasm32"),
        "platform": "emscripten",
        "multiarch": "wasm32-emscripten",
        "maxsize": 2**31 - 1,
        "wheel_platform": wheel_platform,
    }
