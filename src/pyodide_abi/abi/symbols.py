"""Symbols that loaders, interpreters and compilers know by name, each set with its source.

Sources are named in full where they are short. The others are:

- Emscripten's loader: ``src/lib/libdylink.js`` (``src/library_dylink.js`` before 4.0), as releases of Pyodide
  carry it in ``pyodide.asm.js``; ``docs/reference/loader.md`` describes it.
- tool conventions: <https://github.com/WebAssembly/tool-conventions>, ``DynamicLinking.md``.

Compilers and audits import this at every start, so that it imports nothing and computes next to nothing.
"""

from __future__ import annotations

#: The spaces that functions, tables, memories, tags and other globals are imported from. The loader hands the
#: engine one object for both (``proxyHandler`` in ``loadModule``).
ENV_SPACES = frozenset({"env", "wasi_snapshot_preview1"})
#: The spaces of addresses: entries of the global offset table (GOT), one table for both (tool conventions,
#: "Imported Globals"; ``GOTHandler`` in the loader).
GOT_MEM, GOT_FUNC = "GOT.mem", "GOT.func"
GOT_SPACES = frozenset({GOT_MEM, GOT_FUNC})
#: All spaces that the loader hands to the engine; a module that imports from another one does not load.
IMPORT_SPACES = ENV_SPACES | GOT_SPACES
#: Numbers that the loader makes for each module: where its data and its table entries begin (tool
#: conventions, "Relocating").
MEMORY_BASE, TABLE_BASE = "__memory_base", "__table_base"
BASES = frozenset({MEMORY_BASE, TABLE_BASE})

#: Functions of a module that the loader calls when it has made an instance: the first gives data their
#: addresses, the second runs constructors (tool conventions, "Relocating"; ``postInstantiation``).
APPLY_DATA_RELOCS = "__wasm_apply_data_relocs"
CALL_CTORS = "__wasm_call_ctors"
#: The beginning of the table of a module's ``EM_ASM`` statements, which has an end likewise.
START_EM_ASM = "__start_em_asm"
#: What the export of an ``EM_JS`` function's JavaScript is called, before the function's own name; with
#: ``EM_ASYNC_JS`` that name has a prefix of its own (Emscripten's ``em_js.h`` and ``em_asm.h``).
EM_JS_PREFIX = "__em_js__"
EM_ASYNC_JS_PREFIX = "__asyncjs__"
#: Exports that the loader calls or reads itself, of each module for that module alone.
LOADER_HOOKS = frozenset(
    {
        APPLY_DATA_RELOCS,
        CALL_CTORS,
        "__wasm_init_tls",
        "_emscripten_tls_init",
        "__tls_size",
        "__tls_align",
        "__set_stack_limits",
        START_EM_ASM,
        "__stop_em_asm",
        "__start_em_js",
        "__stop_em_js",
    }
)
#: Tags of C++ exceptions and of ``longjmp``, as LLVM names them. Modules import them.
CPP_EXCEPTION, LONGJMP = "__cpp_exception", "__c_longjmp"
UNWINDING_TAGS = frozenset({CPP_EXCEPTION, LONGJMP})
#: Objects that belong to the main module, or are made for each module by the loader. A module that exports
#: one gives it to nobody, because importers get the main module's.
MEMORY = "memory"
TABLE = "__indirect_function_table"
STACK_POINTER = "__stack_pointer"
MAIN_OBJECTS = BASES | {MEMORY, TABLE, STACK_POINTER}
#: Exports that never become entries of the GOT: ``isInternalSym`` of the loader, which treats names with
#: ``EM_JS_PREFIX`` likewise. Loaders whose main module is not relocatable (Emscripten 5 and later) have
#: :data:`MAIN_OBJECTS` in it too.
GOT_INTERNAL = LOADER_HOOKS | UNWINDING_TAGS | {"__dso_handle"}

#: What the interpreter looks for in a module, before the module's name: PEP 489's ``PyInit_``, PEP 793's
#: ``PyModExport_`` from CPython 3.15 on, and both with a ``U`` where the name is not ASCII.
INIT_HOOK, EXPORT_HOOK = "PyInit", "PyModExport"
INIT_HOOKS = (INIT_HOOK, EXPORT_HOOK)
INIT_PREFIXES = ("PyInit_", "PyInitU_", "PyModExport_", "PyModExportU_")
#: The longest part of a module's name that CPython looks for, in characters (``Python/importdl.c``).
_LONGEST_INIT = 200

#: JavaScript's way of unwinding: a guarded call, and the search for a ``catch``; a number or a type follows.
INVOKE_PREFIX = "invoke_"
FIND_CATCH_PREFIX = "__cxa_find_matching_catch_"
#: Functions of JavaScript that loaders of Emscripten 3 make when somebody calls them (``stubs`` and
#: ``createInvokeFunction`` in the loader); later runtimes have none.
MADE_WHEN_CALLED = (INVOKE_PREFIX, FIND_CATCH_PREFIX)

#: How mangled names begin: those of C++ (Itanium C++ ABI, 5.1.2), and Rust's newer ones (RFC 2603). Rust's
#: older ones look like those of C++.
CXX_PREFIX = "_Z"
MANGLED_PREFIXES = (CXX_PREFIX, "_R")
MANGLED_BYTES = tuple(prefix.encode() for prefix in MANGLED_PREFIXES)
#: Functions of the C++ library that compilers call (Itanium C++ ABI, 2 and 3; its part on exceptions, 1).
CXX_ABI_PREFIX = "__cxa_"
UNWIND_PREFIX = "_Unwind_"
CXA_THROW = "__cxa_throw"
#: Type information of a class, and the string with its name (Itanium C++ ABI, 5.1.4.1).
TYPE_INFO_PREFIX = "_ZTI"
TYPE_NAME_PREFIX = "_ZTS"
#: The tables with which the type information of each class begins: of ``__cxxabiv1::__class_type_info`` and
#: its heirs (Itanium C++ ABI, 2.9.5).
CLASS_TYPE_INFO_PREFIX = "_ZTVN10__cxxabiv1"


def is_internal(name: str) -> bool:
    """Whether an export is between its module and the loader or the interpreter: no program's symbol."""
    return name in GOT_INTERNAL or name in MAIN_OBJECTS or name.startswith((*INIT_PREFIXES, EM_JS_PREFIX))


def is_importable(name: str) -> bool:
    """Whether other modules can get at an export.

    Init functions count: nothing but the name says that no module calls them. So do tags: where the main
    module has none (Emscripten 3), those of a library that is loaded with RTLD_GLOBAL are taken.
    """
    kept = name in GOT_INTERNAL or name in MAIN_OBJECTS or name.startswith(EM_JS_PREFIX)
    return not kept or name in UNWINDING_TAGS


def init_functions(stem: str, hooks: tuple[str, ...] = INIT_HOOKS) -> tuple[str, ...]:
    """The functions that an interpreter looks for in a module (``_PyImport_GetModInitFunc`` and PEP 489).

    Args:
        stem: The last part of the module's dotted name.
        hooks: The kinds of functions that the interpreter knows, among :data:`INIT_HOOKS`, in its order.
    """
    if stem.isascii():
        return tuple(f"{hook}_{stem[:_LONGEST_INIT]}" for hook in hooks)
    encoded = stem.encode("punycode").decode().replace("-", "_")
    return tuple(f"{hook}U_{encoded[:_LONGEST_INIT]}" for hook in hooks)
