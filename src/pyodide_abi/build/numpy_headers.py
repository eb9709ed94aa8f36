"""numpy as a build requirement: the build machine's for its tools, the target's sizes in its headers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: Since numpy 2, and before.
_HEADERS = ("numpy/_core/include/numpy/_numpyconfig.h", "numpy/core/include/numpy/_numpyconfig.h")
_DEFINE = re.compile(r"^(#define NPY_SIZEOF_(\w+) )(\d+)$", re.MULTILINE)
#: numpy's name of a type, CPython's name of its size in bytes (pyconfig.h), and how often it is in there.
_SIZES = {
    "SHORT": ("SIZEOF_SHORT", 1),
    "INT": ("SIZEOF_INT", 1),
    "LONG": ("SIZEOF_LONG", 1),
    "LONGLONG": ("SIZEOF_LONG_LONG", 1),
    "PY_LONG_LONG": ("SIZEOF_LONG_LONG", 1),
    "FLOAT": ("SIZEOF_FLOAT", 1),
    "DOUBLE": ("SIZEOF_DOUBLE", 1),
    "LONGDOUBLE": ("SIZEOF_LONG_DOUBLE", 1),
    "COMPLEX_FLOAT": ("SIZEOF_FLOAT", 2),
    "COMPLEX_DOUBLE": ("SIZEOF_DOUBLE", 2),
    "COMPLEX_LONGDOUBLE": ("SIZEOF_LONG_DOUBLE", 2),
    "OFF_T": ("SIZEOF_OFF_T", 1),
    "INTP": ("SIZEOF_SIZE_T", 1),
    "UINTP": ("SIZEOF_SIZE_T", 1),
    "PY_INTPTR_T": ("SIZEOF_UINTPTR_T", 1),
    "SIZE_T": ("SIZEOF_SIZE_T", 1),
}


def retarget(site_packages: Path, variables: Mapping[str, object]) -> None:
    """Write the target's sizes into the header that numpy's build wrote for its own machine.

    Everything else in numpy's headers is the same for all machines. A project that compiles with the host's
    sizes builds, and corrupts arrays.

    Args:
        site_packages: The folder where numpy is installed, if it is.
        variables: the target's configuration.
    """
    for name in _HEADERS:
        header = site_packages / name
        if header.is_file():
            text = header.read_text("utf-8")
            retargeted = _DEFINE.sub(lambda match: _define(match, variables), text)
            if retargeted != text:
                # A new file in its place: uv's cache holds the old one's other name (hard links).
                fresh = header.with_name(f"{header.name}.new")
                fresh.write_text(retargeted, "utf-8")
                fresh.replace(header)


def _define(match: re.Match[str], variables: Mapping[str, object]) -> str:
    variable, times = _SIZES.get(match[2], ("", 1))
    size = variables.get(variable)
    return f"{match[1]}{size * times}" if isinstance(size, int) else match[0]
