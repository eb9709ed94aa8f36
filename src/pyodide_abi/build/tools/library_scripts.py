"""Programs and variables by which libraries tell where they are: ``xml2-config``, ``OPENSSL_DIR`` and others.

Those of this machine name headers and libraries that do not fit the target. Those below a prefix of the
user's answer for it.
"""

from __future__ import annotations

import os
import re
import shlex
from typing import TYPE_CHECKING

from pyodide_abi.atomic import replacing
from pyodide_abi.build.tools.tool import Tool
from pyodide_abi.host import matching

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pyodide_abi.build.cross import CrossBuild

#: As libraries call the program that tells their flags.
_SCRIPT = re.compile(r"[\w.+-]+[-_]config")
#: Programs of that name that speak of no library, or of tools that a build runs on this machine.
_OTHERS = re.compile(r"(.*-)?(pkg|llvm|apt|em|python[\d.]*)-config")
_REFUSAL = """\
#!/bin/sh
echo "pyodide-abi: $(basename "$0") is this machine's, and nothing that it tells fits the target;\
 --prefix names a folder with the library for it" >&2
exit 1
"""
#: Variables that projects read, and the program below a prefix's ``bin`` that they name.
_PROGRAMS = {
    "GDAL_CONFIG": "gdal-config",
    "GEOS_CONFIG": "geos-config",
    "PG_CONFIG": "pg_config",
    "WITH_XML2_CONFIG": "xml2-config",
    "WITH_XSLT_CONFIG": "xslt-config",
    "XML2_CONFIG": "xml2-config",
    "XSLT_CONFIG": "xslt-config",
}
#: Variables that name a library's prefix, and a header by which it is known.
_ROOTS = {
    "HDF5_DIR": "include/hdf5.h",
    "OPENSSL_DIR": "include/openssl/ssl.h",
    "PROJ_DIR": "include/proj.h",
}
#: Programs that name what an archive needs only where they are asked for it: words, and those to ask instead.
_STATIC = {
    "geos-config": {
        "--libs": "--static-cclibs",
        "--cclibs": "--static-cclibs",
        "--clibs": "--static-clibs",
    },
}
_ASKING = """\
#!/bin/sh
for word; do
  shift
  case $word in
{cases}  esac
  set -- "$@" "$word"
done
exec {program} "$@"
"""
#: h5py opens HDF5 by ctypes to ask it these and its version: one for the target cannot be opened here, and
#: this machine's would answer for itself. Reading by HTTP and O_DIRECT need what the target does not have.
_HDF5 = {"H5PY_ROS3": "0", "H5PY_DIRECT_VFD": "0"}
_HDF5_VERSION = re.compile(r'#define\s+H5_VERS_INFO\s+"HDF5 library version: (\d+\.\d+\.\d+)')
#: pyproj runs PROJ's program to ask its version, which cannot be run here.
_PROJ_VERSION = re.compile(r"#define\s+PROJ_VERSION_(?:MAJOR|MINOR|PATCH)\s+(\d+)")


def library_scripts(environ: Mapping[str, str]) -> list[str]:
    """The names of this machine's programs that tell where a library is."""
    folders = environ.get("PATH", os.defpath).split(os.pathsep)
    names = {path.name for folder in folders if folder for path in matching(folder, "*[-_]config")}
    return sorted(name for name in names if _SCRIPT.fullmatch(name) and not _OTHERS.fullmatch(name))


def refuse_scripts(folder: Path, environ: Mapping[str, str]) -> None:
    """Put a refusal in the place of each such program, in an environment that stays while the PATH changes.

    Args:
        folder: Theirs, on the PATH before this machine's; made if it is not there.
        environ: The caller's variables.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in library_scripts(environ):
        if not (folder / name).exists():
            with replacing(folder / name) as fresh:
                fresh.write_text(_REFUSAL, "utf-8")
                fresh.chmod(0o755)


class LibraryScripts(Tool):
    """This machine's programs refuse; those of a prefix are named."""

    def files(self, build: CrossBuild) -> Mapping[str, str]:
        """See :meth:`Tool.files`."""
        folder = build.refusing.relative_to(build.files)
        refusals = {f"{folder}/{name}": _REFUSAL for name in library_scripts(build.host.environ)}
        asking = {
            str(build.programs.relative_to(build.files) / name): _ASKING.format(
                cases="".join(f"    {word}) word={other} ;;\n" for word, other in _STATIC[name].items()),
                program=shlex.quote(str(program)),
            )
            for name, program in _static_programs(build).items()
        }
        return refusals | asking

    def environ(self, build: CrossBuild) -> Mapping[str, str]:
        """See :meth:`Tool.environ`. What the caller sets himself counts."""
        asking = _static_programs(build)
        found: dict[str, str] = {}
        for prefix in build.target.prefixes:
            for name, program in _PROGRAMS.items():
                if (place := prefix / "bin" / program).is_file():
                    place = build.programs / program if program in asking else place
                    found.setdefault(name, str(place))
            for name, header in _ROOTS.items():
                if (prefix / header).is_file():
                    found.setdefault(name, str(prefix))
            found = _hdf5(prefix) | _proj(prefix) | found
        return {name: place for name, place in found.items() if name not in build.host.environ}


def _static_programs(build: CrossBuild) -> dict[str, Path]:
    """Those of the prefixes that have to be asked in other words, by their names."""
    places = [prefix / "bin" / name for prefix in build.target.prefixes for name in _STATIC]
    return {place.name: place for place in reversed(places) if place.is_file()}


def _hdf5(prefix: Path) -> dict[str, str]:
    """What is to be known of a prefix's HDF5 without opening it; nothing where it has none."""
    header = prefix / "include" / "H5public.h"
    if not header.is_file():
        return {}
    version = _HDF5_VERSION.search(header.read_text("utf-8", errors="replace"))
    return {**_HDF5, **({"HDF5_VERSION": version.group(1)} if version else {})}


def _proj(prefix: Path) -> dict[str, str]:
    """What is to be known of a prefix's PROJ without running it; nothing where it has none."""
    header = prefix / "include" / "proj.h"
    if not header.is_file():
        return {}
    parts = _PROJ_VERSION.findall(header.read_text("utf-8", errors="replace"))
    return {"PROJ_VERSION": ".".join(parts)} if parts else {}
