"""What pkg-config may see: the target's packages, and those of build requirements."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.build.crossing import Crossing

#: Where packages from the index keep theirs, below site-packages.
_IN_PACKAGES = (
    "numpy/_core/lib/pkgconfig",
    "numpy/core/lib/pkgconfig",
    "pybind11/share/pkgconfig",
    "nanobind/share/pkgconfig",
)

_PYTHON = """\
Name: Python
Description: headers of the target's Python; its functions come from the main module when a module is loaded
Version: {version}
Cflags: -I{include}
Libs:
"""


def python_files(crossing: Crossing) -> dict[str, str]:
    """CPython's four ``.pc`` files (its Misc/), by name: of modules, and of programs that embed it."""
    text = _PYTHON.format(version=crossing.version, include=str(crossing.include).replace(" ", "\\ "))
    names = [f"python-{crossing.version}", "python3"]
    return dict.fromkeys([*names, *(f"{name}-embed" for name in names)], text)


def search_path(crossing: Crossing) -> list[Path]:
    """The folders in which pkg-config looks, and no others: PKG_CONFIG_LIBDIR replaces the built-in ones.

    Those of packages are named before they are there: pkg-config passes over what does not exist.
    """
    users = [prefix / kind / "pkgconfig" for prefix in crossing.prefixes for kind in ("lib", "share")]
    packages = [crossing.site_packages / place for place in _IN_PACKAGES]
    own = [crossing.sysroot / place / "pkgconfig" for place in ("local/lib", "lib")]
    return [*users, crossing.pkgconfig, *packages, *own]
