"""What makes a build environment's interpreter answer for the target. Copied into the environment.

A ``.pth`` file beside it imports it at the start of every process of the environment. It acts only where the
variable ``PYODIDE_ABI_CROSS`` names its answers (:mod:`~pyodide_abi.build.answers` makes them), so that uv,
which asks the same interpreter what it is, still hears about the host. Standard library only: it runs under
each platform's Python.

What stays the host's, because it is what the process can do: ``os.name``, ``importlib.machinery`` (tools of
the build are host extension modules), ``struct.calcsize("P")``.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # typing costs each process of the build 9 ms
if TYPE_CHECKING:
    from typing import Any

VARIABLE = "PYODIDE_ABI_CROSS"
#: Libraries of this machine that tools of a build open for themselves: C's, compilers' and Python's.
_OF_TOOLS = ("c", "m", "dl", "pthread", "rt", "util", "gcc_s", "stdc++", "clang", "LLVM", "python")


def answer(answers: dict[str, Any]) -> None:
    """Let ``sysconfig``, ``platform``, ``os`` and ``sys`` speak of the target.

    Args:
        answers: ``name`` and ``variables`` of the sysconfig data module, the folder ``include`` of the
            target's headers, the fields ``uname``, ``platform`` (``sys.platform``), ``multiarch``,
            ``maxsize``, and ``wheel_platform``, which ``sysconfig.get_platform()`` gives.
    """
    # These decide at import what the system can do; that is a question about the host.
    import subprocess  # noqa: F401, PLC0415
    import sysconfig  # noqa: F401, PLC0415 - it would know no user's scheme, and wheels with programs ask for one
    import types  # noqa: PLC0415
    import uuid  # noqa: F401, PLC0415

    name = answers["name"]
    data = types.ModuleType(name)
    data.__dict__["build_time_vars"] = answers["variables"]
    sys.modules[name] = data
    # Inherited by children, which come through here as well. PEP 720 has the list of what differs.
    os.environ["_PYTHON_SYSCONFIGDATA_NAME"] = name
    os.environ["_PYTHON_HOST_PLATFORM"] = answers["wheel_platform"]
    os.uname = lambda: os.uname_result(answers["uname"])
    sys.platform = answers["platform"]
    sys.maxsize = answers["maxsize"]
    vars(sys.implementation)["_multiarch"] = answers["multiarch"]
    _redirect_headers(answers["include"])
    refuse_libraries()


def refuse_libraries() -> None:
    """Let ctypes open no library of this machine by a bare name.

    Projects ask libraries so for their versions and abilities, and would believe them of the target. A path
    is somebody's own choice and stays.
    """

    def look(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "ctypes.dlopen" and isinstance(arguments[0], str) and is_foreign(arguments[0]):
            raise OSError(f"pyodide-abi: {arguments[0]} is this machine's, and what it tells fits no target")

    # What a hook raises is what the call raises (PEP 578).
    sys.addaudithook(look)


def is_foreign(library: str) -> bool:
    """The name is looked for among this machine's libraries, and is none of those that tools open."""
    name = library.removeprefix("lib").partition(".so")[0]
    bare = "/" not in library and ".so" in library
    return bare and name.rstrip("-.0123456789").rstrip("-") not in _OF_TOOLS


def _redirect_headers(include: str) -> None:
    import sysconfig  # noqa: PLC0415 - after sys.platform and the data module are in place

    # A module imported before us may have loaded the host's variables already.
    vars(sysconfig).update(_CONFIG_VARS=None, _CONFIG_VARS_INITIALIZED=False)
    schemes = vars(sysconfig)["_INSTALL_SCHEMES"]
    for scheme in ("posix_prefix", "venv", "posix_venv", "posix_local", "deb_system"):
        if scheme in schemes:
            schemes[scheme].update(include=include, platinclude=include)


def is_meson(words: list[str]) -> bool:
    """The process is Meson itself.

    It asks Python about the build machine; what it has to know of the target is in its cross file, and what
    it wants to know of the target's Python it asks in another process.
    """
    names = [word.replace("\\", "/").rpartition("/")[2] for word in words[1:3]]
    return bool(names) and (names[0] in {"meson", "meson.py"} or names == ["-m", "mesonbuild.mesonmain"])


def main() -> None:
    """Act if the environment asks for it."""
    path = os.environ.get(VARIABLE)
    if path and is_meson(sys.orig_argv):
        for name in ("_PYTHON_SYSCONFIGDATA_NAME", "_PYTHON_HOST_PLATFORM"):
            os.environ.pop(name, None)
    elif path:
        import json  # noqa: PLC0415 - uv's own calls need none of this

        with open(path, encoding="utf-8") as file:  # noqa: PTH123 - pathlib costs 10 ms a process
            answer(json.load(file))
