"""What modules define and take back through the loader, which may hand them somebody else's.

A module calls its own functions directly. But the address of a function, and data of default visibility, it
asks the loader for, under the name alone (loader.md, section 2): whoever defined the name first is taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.linker import Facts

#: What the loader and the interpreter look for by name: no program's symbols.
_OF_LOADER = frozenset(
    {
        "__c_longjmp",
        "__cpp_exception",
        "__dso_handle",
        "__indirect_function_table",
        "__memory_base",
        "__set_stack_limits",
        "__stack_pointer",
        "__start_em_asm",
        "__start_em_js",
        "__stop_em_asm",
        "__stop_em_js",
        "__table_base",
        "__tls_align",
        "__tls_size",
        "__wasm_apply_data_relocs",
        "__wasm_call_ctors",
        "__wasm_init_tls",
        "_emscripten_tls_init",
        "memory",
    }
)
_INITS = ("PyInit_", "PyInitU_", "PyModExport_")
_EM_JS = "__em_js__"
#: C++ and Rust: names of one meaning, which modules may well share.
_MANGLED = ("_Z", "_R", "__cxa_", "_Unwind_")


def for_loader(name: str) -> bool:
    """An export that the loader or the interpreter looks for."""
    return name in _OF_LOADER or name.startswith((*_INITS, _EM_JS))


def taken_back(facts: Facts) -> Iterator[str]:
    """The C symbols that a module defines and yet asks the loader for, in the order of its imports.

    C++ names are left out. They carry their whole type, and the language wants modules to share them.
    """
    for entry in facts.imports:
        name = entry.name
        if entry.address and name in facts.exports and not name.startswith(_MANGLED) and not for_loader(name):
            yield name
