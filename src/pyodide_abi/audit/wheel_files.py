"""Which files of a wheel are native, and which of them ``import`` takes for extension modules."""

from __future__ import annotations

import posixpath
import re
from functools import partial
from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import INIT_PREFIXES, init_functions
from pyodide_abi.linker import Head
from pyodide_abi.linker.native_file import NativeFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyodide_abi.linker import Library
    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.wheel import Wheel

#: How native modules are called anywhere: ``.so`` with versions, and what other systems have instead. A
#: ``.wasm`` is only one if it is a side module: wheels also carry modules for other runtimes.
NATIVE_NAME = re.compile(r"\.(so(\.\d+)*|pyd|dylib|dll|wasm)$")
_MAYBE_OTHER = ".wasm"
_BARE = ".so"


def files_of_wheel(wheel: Wheel) -> Iterator[NativeFile]:
    """The native files of a wheel, in the order of the archive."""
    for member in wheel.members:
        path = wheel.installed_path(member.name)
        if path is not None and NATIVE_NAME.search(path):
            yield NativeFile(
                path=path,
                member=member.name,
                size=member.size,
                checksum=wheel.checksum(member.name),
                pieces=partial(wheel.pieces, member.name),
                again=partial(wheel.unproved, member.name),
                read=partial(wheel.read, member.name),
                proved=wheel.proved,
            )


def loadable(libraries: Mapping[str, Library]) -> dict[str, Library]:
    """The files of a wheel that could be meant for the runtime's loader."""
    return {
        path: library
        for path, library in libraries.items()
        if not path.endswith(_MAYBE_OTHER) or library.head is Head.DYLINK
    }


def extension_paths_on_disk(
    libraries: Mapping[str, Library], platform: Platform | None, *, given: str | None
) -> frozenset[str]:
    """The paths of the libraries outside of a wheel that ``import`` takes for extension modules.

    Args:
        libraries: What the linker sees of them, by path.
        platform: Its suffixes count; None for the bare ``.so`` alone.
        given: The path of one that was given as a module, which it is by whatever name; None where a folder
            was given.
    """
    suffixes = _suffixes_of(platform)

    def extends(path: str, library: Library) -> bool:
        name = posixpath.basename(path)
        suffix = next((suffix for suffix in suffixes if name.endswith(suffix)), None)
        if suffix is None or suffix == _BARE:
            may = path == given and not name.startswith("lib")
            return may or ((suffix is not None or path == given) and _initialises(library))
        return not name.startswith("lib") or _initialises(library)

    return frozenset(path for path, library in libraries.items() if extends(path, library))


def extension_paths(
    wheel: Wheel, libraries: Mapping[str, Library], platform: Platform | None
) -> frozenset[str]:
    """The paths of the libraries of a wheel that ``import`` takes for extension modules.

    Args:
        wheel: The wheel that they are in.
        libraries: What the linker sees of them, by path.
        platform: Its suffixes count; None for the bare ``.so`` alone.
    """

    def initialises(path: str, name: str) -> bool:
        library = libraries.get(path)
        exports = library.facts.exports if library and library.facts else {}
        return any(function in exports for function in init_functions(name))

    return frozenset(
        extension.path
        for extension in wheel.extension_modules(_suffixes_of(platform), initialises=initialises)
        # A bare .so may be anything that ctypes or another library loads: it has to show what it is.
        if extension.suffix != _BARE or _initialises(libraries[extension.path])
    )


def _suffixes_of(platform: Platform | None) -> tuple[str, ...]:
    """The suffixes of extension modules, longest first, so that the bare ``.so`` is tried last."""
    if platform is None:
        return (_BARE,)
    found = {suffix for release in platform.releases for suffix in release.suffixes}
    return tuple(sorted(found | set(platform.python.suffixes), key=lambda suffix: (-len(suffix), suffix)))


def _initialises(library: Library) -> bool:
    """It has an init function, or cannot be asked."""
    return library.facts is None or any(name.startswith(INIT_PREFIXES) for name in library.facts.exports)
