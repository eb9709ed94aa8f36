"""What modules define and take back through the loader, which may hand them somebody else's.

A module calls its own functions directly. But the address of a function, and data of default visibility, it
asks the loader for, under the name alone (loader.md, section 2): whoever defined the name first is taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import CXX_ABI_PREFIX, MANGLED_PREFIXES, UNWIND_PREFIX, is_internal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.linker import Facts

#: C++ and Rust: names of one meaning, which modules may well share.
_SHARED = (*MANGLED_PREFIXES, CXX_ABI_PREFIX, UNWIND_PREFIX)


def taken_back(facts: Facts) -> Iterator[str]:
    """The C symbols that a module defines and yet asks the loader for, in the order of its imports.

    C++ names are left out. They carry their whole type, and the language wants modules to share them.
    """
    for entry in facts.imports:
        name = entry.name
        if entry.address and name in facts.exports and not name.startswith(_SHARED) and not is_internal(name):
            yield name
