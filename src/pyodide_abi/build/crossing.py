"""Files that tell the tools of a build about the target: CMake, Meson, pkg-config and Autoconf."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from pyodide_abi.build import autoconf, cmake, meson, pkgconfig
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@value
class Crossing:
    """What these tools have to know.

    Attributes:
        folder: theirs; everything is written below it.
        tools: the drivers by name: ``cc``, ``c++``, ``ar``, ``ranlib``, ``nm``, ``strip``.
        python: the interpreter of the build environment, which answers for the target.
        version: the target's Python, such as ``3.14``.
        site_packages: where build requirements are installed.
        include: the target's Python headers.
        soabi: the middle of an extension module's name, such as ``cpython-314-wasm32-emscripten``.
        sysroot: the compiler's own, with the C library's headers.
        emscripten: the compiler's version.
        emscripten_root: its folder.
        llvm: clang's version.
        node: runs the target's programs.
        host_cc: compilers for the build machine, by language (``c``, ``cpp``), as far as there are any.
        prefixes: folders with libraries for the target that the user names.
        rustc: the command that compiles Rust for the target; empty while nobody needs it.
        hidden: programs of this machine that would compile for it, in whose place an error stands.
    """

    folder: Path
    tools: Mapping[str, Path]
    python: Path
    version: str
    site_packages: Path
    include: Path
    soabi: str
    sysroot: Path
    emscripten: str
    emscripten_root: Path
    llvm: str
    node: Path
    host_cc: Mapping[str, str]
    prefixes: tuple[Path, ...] = ()
    rustc: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()

    @property
    def programs(self) -> Path:
        """The folder of commands that stand before all others on the PATH."""
        return self.folder / "bin"

    @property
    def emulator(self) -> Path:
        """Runs a program of the target."""
        return self.folder / "run"

    @property
    def python_config(self) -> Path:
        """CPython's own program that tells compiler flags, for the target."""
        return self.programs / f"python{self.version}-config"

    @property
    def libpython(self) -> Path:
        """An empty archive, for projects that insist on linking Python's library."""
        return self.folder / "lib" / f"libpython{self.version}.a"

    @property
    def pkgconfig(self) -> Path:
        """The folder of Python's own ``.pc`` files."""
        return self.folder / "lib" / "pkgconfig"


#: Target programs run in Node. The environment's Python stands for the target's (CMake's policy CMP0190 runs
#: it through the emulator, too), and so do scripts that name their own interpreter.
_EMULATOR = """\
#!/bin/sh
case "$1" in
  *.js) exec {node} "$@" ;;
esac
case "$(head -c 4 "$1" 2>/dev/null | tr -d '\\0')" in
  ?ELF|\\#!*) exec "$@" ;;
esac
exec {node} "$@"
"""


_HIDDEN = """\
#!/bin/sh
echo "pyodide-abi: error: {name} would compile for this machine; with --rust it compiles for the target" >&2
exit 1
"""


#: CPython's Misc/python-config.sh.
_PYTHON_CONFIG = """\
#!/bin/sh
for option in "$@"; do
  case "$option" in
    --includes|--cflags) echo {include} ;;
    --libs|--ldflags|--embed|--abiflags) echo ;;
    --extension-suffix) echo .{soabi}.so ;;
    --prefix|--exec-prefix) echo {prefix} ;;
    --configdir) echo {libraries} ;;
    *) echo "Usage: $0 --prefix|--exec-prefix|--includes|--libs|--cflags|--ldflags|--extension-suffix|--help\
|--abiflags|--configdir|--embed" ;;
  esac
done
"""


def write_crossing(crossing: Crossing) -> dict[str, str]:
    """Write all of them.

    Returns:
        the variables through which the tools find them.
    """
    folder = crossing.folder
    for place in (crossing.programs, crossing.libpython.parent, crossing.pkgconfig):
        place.mkdir(parents=True, exist_ok=True)
    # An archive without members (ar(5)): Python's functions come from the main module, at load.
    crossing.libpython.write_bytes(b"!<arch>\n")
    _write_script(crossing.emulator, _EMULATOR.format(node=shlex.quote(str(crossing.node))))
    # Programs of the target name their interpreter, which this machine may have somewhere else only.
    _write_script(crossing.programs / "node", f'#!/bin/sh\nexec {shlex.quote(str(crossing.node))} "$@"\n')
    _write_script(crossing.programs / "meson", meson.command(crossing))
    for name in crossing.hidden:
        _write_script(crossing.programs / name, _HIDDEN.format(name=name))
    config = _PYTHON_CONFIG.format(
        include=shlex.quote(f"-I{crossing.include}"),
        soabi=crossing.soabi,
        prefix=shlex.quote(str(crossing.python.parents[1])),
        libraries=shlex.quote(str(crossing.libpython.parent)),
    )
    for name in (crossing.python_config.name, "python3-config", "python-config"):
        _write_script(crossing.programs / name, config)
    files = {
        **{f"lib/pkgconfig/{name}.pc": text for name, text in pkgconfig.python_files(crossing).items()},
        "toolchain.cmake": cmake.toolchain_file(crossing),
        "cmake/Platform/Emscripten.cmake": cmake.PLATFORM,
        "cmake/rules.cmake": cmake.RULES,
        "cmake/show-findings.sh": cmake.FINDINGS,
        "meson.cross": meson.cross_file(crossing),
        "meson.native": meson.native_file(crossing),
        "config.site": autoconf.SITE,
    }
    for name, text in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8")
    return {
        "CMAKE_TOOLCHAIN_FILE": str(folder / "toolchain.cmake"),
        "CONFIG_SITE": str(folder / "config.site"),
        "PKG_CONFIG_LIBDIR": ":".join(map(str, pkgconfig.search_path(crossing))),
    }


def _write_script(place: Path, text: str) -> None:
    place.write_text(text, "utf-8")
    place.chmod(0o755)
