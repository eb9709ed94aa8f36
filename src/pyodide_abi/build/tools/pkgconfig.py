"""What pkg-config may see: the target's packages, and those of build requirements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.build.tools.tool import Tool

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pyodide_abi.build.cross import CrossBuild

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


class PkgConfig(Tool):
    """CPython's four ``.pc`` files (its Misc/), of modules and of programs that embed it."""

    leaks = frozenset({"PKG_CONFIG_PATH", "PKG_CONFIG_LIBDIR", "PKG_CONFIG_SYSROOT_DIR"})

    def files(self, build: CrossBuild) -> Mapping[str, str]:
        """See :meth:`Tool.files`."""
        include = str(build.target.sysroot.include).replace(" ", "\\ ")
        text = _PYTHON.format(version=build.version, include=include)
        names = [f"python-{build.version}", "python3"]
        places = [f"lib/pkgconfig/{name}{kind}.pc" for name in names for kind in ("", "-embed")]
        return dict.fromkeys(places, text)

    def environ(self, build: CrossBuild) -> Mapping[str, str]:
        """See :meth:`Tool.environ`."""
        return {"PKG_CONFIG_LIBDIR": ":".join(map(str, search_path(build)))}


def search_path(build: CrossBuild) -> list[Path]:
    """The folders in which pkg-config looks, and no others: PKG_CONFIG_LIBDIR replaces the built-in ones.

    Those of packages are named before they are there: pkg-config passes over what does not exist.
    """
    users = [prefix / kind / "pkgconfig" for prefix in build.prefixes for kind in ("lib", "lib64", "share")]
    packages = [build.site_packages / place for place in _IN_PACKAGES]
    own = [build.compiler_sysroot / place / "pkgconfig" for place in ("local/lib", "lib")]
    return [*users, build.pkgconfig, *packages, *own]
