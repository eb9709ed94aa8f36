"""zlib, bzip2, lzma and sqlite3 as the runtime has them: used from there, not linked a second time.

The main module is linked with these libraries and exports their functions. A project that asks for one
(``-lz``, ``-sUSE_ZLIB``, ``find_package(ZLIB)``, ``pkg-config zlib``) finds a folder as ``make install``
would leave it: headers, whose version macros say the runtime's version; archives, so that link tests of
programs succeed; and files for pkg-config. A side module is linked without the archives: the symbols stay
undefined and the loader takes the runtime's.

liblz4 is not among them: the runtime's is a file system in JavaScript and offers no function of the library.
"""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from pyodide_abi.errors import FailedError, MissingError
from pyodide_abi.platforms import load_surface
from pyodide_abi.toolchain.library_headers import fetch_headers
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from pyodide_abi.host import Host
    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.toolchain.model import Toolchain

#: Changes when what :func:`find_prefix` writes does.
_EDITION = 1
_SECONDS = 120


@value
class Library:
    """A C library that a runtime can have.

    Attributes:
        name: in the platforms' data.
        link: what ``-l`` takes.
        package: Debian's, with its headers.
        header: the one that declares the functions, or those that it includes.
        names: how its functions' names begin.
        pkgconfig: pkg-config's name for it; empty if upstream has none.
        setting: Emscripten's, which asks for its port.
    """

    name: str
    link: str
    package: str
    header: str
    names: tuple[str, ...]
    pkgconfig: str
    setting: str = ""


LIBRARIES = (
    Library(
        name="zlib",
        link="z",
        package="zlib1g-dev",
        header="zlib.h",
        names=("deflate", "inflate", "compress", "uncompress", "crc32", "adler32", "gz", "zlib", "zError"),
        pkgconfig="zlib",
        setting="-sUSE_ZLIB",
    ),
    Library(
        name="bzip2",
        link="bz2",
        package="libbz2-dev",
        header="bzlib.h",
        names=("BZ2_",),
        pkgconfig="",
        setting="-sUSE_BZIP2",
    ),
    Library(
        name="lzma",
        link="lzma",
        package="liblzma-dev",
        header="lzma.h",
        names=("lzma_",),
        pkgconfig="liblzma",
    ),
    Library(
        name="sqlite3",
        link="sqlite3",
        package="libsqlite3-dev",
        header="sqlite3.h",
        names=("sqlite3_",),
        pkgconfig="sqlite3",
        setting="-sUSE_SQLITE3",
    ),
)


def libraries_of(platform: Platform) -> dict[Library, str]:
    """Those that every release of a platform has, with their versions."""
    versions = {library.name: library.version for library in platform.libraries}
    return {library: versions[library.name] or "" for library in LIBRARIES if library.name in versions}


#: Parts of other systems' C libraries and compilers: in the main module, or needed by nobody.
_PARTS = "util crypt nsl resolv atomic gcc gcc_s ssp ssp_nonshared"


def provided(platform: Platform) -> dict[str, str]:
    """What ``-l`` need not find when a side module is linked, and what the user is told."""
    libraries = libraries_of(platform).items()
    reasons = {library.link: f"{library.name} {version} is the runtime's" for library, version in libraries}
    reasons |= dict.fromkeys(_PARTS.split(), "the runtime's C library has what there is of it")
    python = platform.python.version
    return reasons | dict.fromkeys(("python3", f"python{python}", "ffi"), "it is the runtime's")


def ports(platform: Platform) -> dict[str, str]:
    """The words that ask for Emscripten's own build of a library that the runtime has, and what is said."""
    words: dict[str, str] = {}
    for library, version in libraries_of(platform).items():
        if library.setting:
            reason = f"{library.name} {version} is the runtime's"
            words |= {library.setting: reason, f"--use-port={library.name}": reason}
    return words


def find_prefix(platform: Platform, toolchain: Toolchain, host: Host) -> Path | None:
    """The folder with ``include``, ``lib`` and ``lib/pkgconfig``; made at the first call.

    None where the headers cannot be had: projects that use none of the libraries build without.
    """
    key = f"libraries/{platform.name}-emscripten{toolchain.emscripten}-{_EDITION}"
    try:
        return host.store.obtain(
            key, lambda folder, place: _fill(folder, place, platform=platform, toolchain=toolchain, host=host)
        )
    except (MissingError, FailedError) as error:
        host.progress.say(f"headers of the runtime's libraries (zlib.h and others) cannot be had: {error}")
        return None


def _fill(folder: Path, place: Path, *, platform: Platform, toolchain: Toolchain, host: Host) -> None:
    packages = [library.package for library in LIBRARIES]
    # Every platform's are made of the same headers, which are fetched once.
    headers = host.store.obtain(
        f"headers/libraries-{_EDITION}", lambda folder, _place: fetch_headers(packages, folder, host)
    )
    include, lib = folder / "include", folder / "lib"
    shutil.copytree(headers, include)
    (lib / "pkgconfig").mkdir(parents=True)
    surface = load_surface(platform)
    offered = set(surface.names).intersection(*(surface.symbols(release) for release in surface.releases))
    libraries = libraries_of(platform)
    for library in LIBRARIES:
        if library not in libraries:
            _remove(include, library)
            continue
        version = libraries[library]
        for header in _files(include, library):
            header.write_text(with_version(header.read_text("utf-8"), library, version), "utf-8")
        names = declared(include, library, offered)
        _write_archive(lib / f"lib{library.link}.a", names, toolchain, host)
        if library.pkgconfig:
            text = _pkgconfig(library, version, place)
            (lib / "pkgconfig" / f"{library.pkgconfig}.pc").write_text(text, "utf-8")


def _files(include: Path, library: Library) -> list[Path]:
    """The library's header and, as lzma has them, the parts in a folder of its name."""
    parts = sorted((include / library.header.removesuffix(".h")).glob("*.h"))
    return [include / library.header, *parts]


def _remove(include: Path, library: Library) -> None:
    for header in _files(include, library):
        header.unlink()


def declared(include: Path, library: Library, offered: Collection[str]) -> list[str]:
    """The functions that a library's headers declare and a runtime offers."""
    text = "\n".join(header.read_text("utf-8") for header in _files(include, library))
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.DOTALL)
    # In zlib a macro stands between a name and its parameters, in bzip2 one around the name.
    found = set(re.findall(r"\b(\w+)\)?\s*(?:OF)?\s*\(", text)) & set(offered)
    return sorted(name for name in found if name.startswith(library.names))


def with_version(text: str, library: Library, version: str) -> str:
    """A header that says the runtime's version: what came later is not there to be called."""
    major, minor, patch = (*map(int, version.split(".")), 0, 0)[:3]
    macros = {
        "zlib": {
            "ZLIB_VERSION": f'"{version}"',
            "ZLIB_VERNUM": f"0x{major:x}{minor:x}{patch:x}0",
            "ZLIB_VER_MAJOR": str(major),
            "ZLIB_VER_MINOR": str(minor),
            "ZLIB_VER_REVISION": str(patch),
        },
        "lzma": {
            "LZMA_VERSION_MAJOR": str(major),
            "LZMA_VERSION_MINOR": str(minor),
            "LZMA_VERSION_PATCH": str(patch),
        },
        "sqlite3": {
            "SQLITE_VERSION": f'"{version}"',
            "SQLITE_VERSION_NUMBER": str(major * 1_000_000 + minor * 1000 + patch),
        },
    }
    for name, meaning in macros.get(library.name, {}).items():
        text = re.sub(rf"^(#\s*define\s+{name}\s+).*$", rf"\g<1>{meaning}", text, flags=re.MULTILINE)
    return text


def _write_archive(file: Path, names: Sequence[str], toolchain: Toolchain, host: Host) -> None:
    """An archive in which a program finds the library's functions. It only has to be linked, never run."""
    source = file.with_suffix(".c")
    source.write_text("".join(f"void {name}(void) {{}}\n" for name in names), "utf-8")
    objects = file.with_suffix(".o")
    environ = {**host.environ, **toolchain.environ}
    # -fno-builtin: some of the names are known to the compiler.
    commands: tuple[list[str | Path], ...] = (
        [toolchain.emcc, "-fPIC", "-fno-builtin", "-w", "-c", source, "-o", objects],
        [toolchain.llvm_ar, "rcs", file, objects],
    )
    for argv in commands:
        done = host.runner.run(argv, environ=environ, timeout=_SECONDS)
        if done.returncode:
            raise FailedError(
                f"{file.name} cannot be made", details=(done.stderr or done.stdout).strip().splitlines()
            )
    source.unlink()
    objects.unlink()


def _pkgconfig(library: Library, version: str, place: Path) -> str:
    return (
        f"prefix={place}\nName: {library.name}\nDescription: the runtime's {library.name}\n"
        f"Version: {version}\nLibs: -L${{prefix}}/lib -l{library.link}\nCflags: -I${{prefix}}/include\n"
    )
