"""C++ for a runtime whose C++ library is older than the compiler's headers.

Headers of libc++ 21 let ``std::unordered_map`` call a function that the runtimes of 2025_0 lack: the module
loads, and dies at the first use. libc++ itself can be told which of its features the library that is there at
run time has, for vendors who ship it with their systems (its ``__configuration/availability.h``): a header
inlines what is not. We tell it so with a header of the same name, which stands before its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.platforms import load_surface

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.platforms.model import Platform

#: A symbol that came with a version of libc++ and belongs to a feature that its headers can do without.
_CAME_WITH = {
    19: "_ZNSt3__219bad_expected_accessIvED0Ev",
    20: "_ZNSt3__227__from_chars_floating_pointIdEENS_19__from_chars_resultIT_EEPKcS5_NS_12chars_formatE",
    21: "_ZNSt3__213__hash_memoryEPKvm",
}


def missing_versions(platform: Platform) -> tuple[int, ...]:
    """Versions of libc++ whose additions some release of the platform lacks."""
    surface = load_surface(platform)
    symbols = [surface.symbols(release) for release in surface.releases]
    return tuple(
        version for version, name in _CAME_WITH.items() if any(name not in offered for offered in symbols)
    )


def write_headers(platform: Platform, folder: Path) -> list[str]:
    """Write the header, if one is needed.

    Returns:
        compiler flags that put it in front.
    """
    missing = missing_versions(platform)
    if not missing:
        return []
    lines = ["#include_next <__configuration/availability.h>"]
    for version in missing:
        lines.append(f"#undef _LIBCPP_INTRODUCED_IN_LLVM_{version}")
        lines.append(f"#define _LIBCPP_INTRODUCED_IN_LLVM_{version} 0")
    place = folder / "__configuration" / "availability.h"
    place.parent.mkdir(parents=True)
    place.write_text("\n".join(lines) + "\n", "utf-8")
    return [f"-I{folder}"]
