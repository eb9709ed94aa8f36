"""What of a wheel is tried in the runtimes, and how: modules are imported, libraries are opened."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from pyodide_abi.platforms import platform_of_tag
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.wheel import ExtensionModule, Wheel

#: Files that ``ctypes`` or ``cffi`` may open; those in a folder ``….libs`` are for modules that need them.
_LIBRARY = re.compile(r"(?:\.so(?:\.\d+)*|\.wasm)$")
_MAGIC = b"\0asm"
#: In bytes: the section with the names of needed libraries stands at the beginning.
_BEGINNING = 1 << 16


@value
class Attempt:
    """A native file, and how it is tried.

    Attributes:
        module: Dotted name of an extension module; empty for a library, which is opened as ctypes does.
        path: Where it is installed, below ``site-packages``.
        packages: What is imported before a library is opened: it may load others first.
    """

    module: str
    path: str
    packages: tuple[str, ...] = ()


@value
class Attempts:
    """What of a wheel is tried.

    Attributes:
        attempts: Modules in the order of the wheel, then libraries.
        untried: Paths of libraries that other native files of the wheel need, and that these load.
        tops: What the wheel installs at the top of ``site-packages``, without suffixes.
    """

    attempts: tuple[Attempt, ...]
    untried: tuple[str, ...]
    tops: frozenset[str]


def attempts_of(wheel: Wheel, platforms: Iterable[Platform]) -> Attempts:
    """What is tried of a wheel.

    Args:
        wheel: The wheel, open.
        platforms: the wheel's own, then those that it is tried on, so that a foreign module is found too.
    """
    modules = modules_of(wheel, platforms)
    imported = {module.path for module in modules}
    beginnings = {}
    for member in wheel.members:
        path = wheel.installed_path(member.name)
        if path is not None and (_LIBRARY.search(path) or path in imported):
            beginnings[path] = bytes(wheel.read(member.name)[:_BEGINNING])
    libraries = [
        path for path, start in beginnings.items() if path not in imported and start.startswith(_MAGIC)
    ]
    needed = [path for path in libraries if _is_needed(path, beginnings)]
    places = [place for member in wheel.members if (place := wheel.installed_path(member.name))]
    opened = [
        Attempt(module="", path=path, packages=_packages(path, places))
        for path in libraries
        if path not in needed
    ]
    return Attempts(
        attempts=(*(Attempt(module=module.name, path=module.path) for module in modules), *opened),
        untried=tuple(needed),
        tops=frozenset(place.partition("/")[0].partition(".")[0] for place in places),
    )


def imports_of(wheel: Wheel, platforms: Iterable[Platform]) -> tuple[Attempt, ...]:
    """What is imported of an installed wheel: its modules, and packages that open libraries themselves.

    Args:
        wheel: The wheel, open.
        platforms: as of :func:`attempts_of`.
    """
    attempts = attempts_of(wheel, platforms).attempts
    modules = [attempt for attempt in attempts if attempt.module]
    known = {module.module.partition(".")[0] for module in modules}
    packages = {name: None for attempt in attempts if not attempt.module for name in attempt.packages}
    opening = [Attempt(module=name, path=f"{name}/__init__.py") for name in packages if name not in known]
    return (*modules, *opening)


def modules_of(wheel: Wheel, platforms: Iterable[Platform]) -> Sequence[ExtensionModule]:
    """The extension modules of a wheel: files with a suffix that CPython of one of the platforms looks for.

    Args:
        wheel: the wheel, open.
        platforms: the wheel's own, then those that it is tried on, so that a foreign module is found too.
    """
    suffixes = {suffix for platform in platforms for suffix in platform.python.suffixes}
    # The longest first: a bare ".so" fits every name.
    return wheel.extension_modules(tuple(sorted(suffixes, key=lambda suffix: (-len(suffix), suffix))))


def platforms_of(wheel: Wheel) -> tuple[Platform, ...]:
    """The platforms that a wheel's tags name, each once."""
    found = (platform_of_tag(tag) for tag in wheel.name.platforms)
    # A wheel with several spellings of one platform's tag has one platform.
    return tuple({platform.name: platform for platform in found if platform}.values())


def _is_needed(path: str, beginnings: dict[str, bytes]) -> bool:
    name = posixpath.basename(path).encode()
    return any(name in start for other, start in beginnings.items() if other != path)


def _packages(path: str, places: Sequence[str]) -> tuple[str, ...]:
    """The package that a library lies in; of one beside them, all packages and modules of the wheel."""
    top = path.partition("/")[0]
    if f"{top}/__init__.py" in places:
        return (top,)
    inits = [place.removesuffix("/__init__.py") for place in places if place.endswith("/__init__.py")]
    alone = [place.removesuffix(".py") for place in places if "/" not in place and place.endswith(".py")]
    return tuple(name for name in [*inits, *alone] if "/" not in name and name.isidentifier())
