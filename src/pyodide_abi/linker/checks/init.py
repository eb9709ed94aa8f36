"""CPython's side of an import, behind a load that went well (loader.md, section 6)."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from pyodide_abi.linker.prediction import Cause, Problem
from pyodide_abi.values import replace
from pyodide_abi.wasm import FuncType, GlobalType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.linker.engine import Engine
    from pyodide_abi.linker.facts import Library
    from pyodide_abi.linker.loaders import Loader
    from pyodide_abi.wasm import ExternType

_INIT_TYPE = "()->(i32)"


def init_names(loader: Loader, path: str) -> tuple[str, ...]:
    """The functions that CPython looks for in an extension module, in its order (loader.md, section 6).

    Args:
        loader: of the platform.
        path: the module's file; its name up to the first dot counts, or its folder's where that is
            ``__init__``: such a module is the package itself (``importlib``'s ``FileFinder``).
    """
    folder, file = posixpath.split(path)
    stem = file.split(".")[0]
    if stem == "__init__" and folder:
        stem = posixpath.basename(folder)
    stem = stem[:200]
    if stem.isascii():
        return tuple(f"{prefix}_{stem}" for prefix in loader.init_prefixes)
    encoded = stem.encode("punycode").decode().replace("-", "_")
    return tuple(f"{prefix}U_{encoded}" for prefix in loader.init_prefixes)


def check_init(library: Library, loader: Loader, engine: Engine) -> Iterator[Problem]:
    """What is wrong with the init function of a library with facts."""
    assert library.facts is not None
    names = init_names(loader, library.path)
    name = next((name for name in names if name in library.facts.exports), None)
    if name is None:
        yield no_init(library, names)
        return
    type_ = library.facts.exports[name]
    if isinstance(type_, FuncType):
        module = name.partition("_")[2]
        problem = _of_typed_call(type_, engine) if loader.init_typed else _of_converted_call(type_, module)
    elif isinstance(type_, GlobalType) or loader.data_is_number:
        problem = _of_value(type_, loader)
    else:
        # Memories, tables and tags are no exports that can be looked up.
        problem = no_init(library, names)
    if problem is not None:
        yield replace(problem, library=library.path, symbol=name, wanted=_INIT_TYPE, provided=str(type_))


def no_init(library: Library, names: tuple[str, ...]) -> Problem:
    """None of the functions that CPython looks for is there."""
    return Problem(
        cause=Cause.NO_INIT,
        text=f"dynamic module does not define module export function ({' or '.join(names)})",
        library=library.path,
        symbol=names[-1],
        wanted=_INIT_TYPE,
    )


def _of_typed_call(type_: FuncType, engine: Engine) -> Problem | None:
    """A call through the table, which traps for another type; a trap there is fatal."""
    if str(type_) == _INIT_TYPE:
        return None
    return _fatal(f"RuntimeError: {engine.wrong_type}")


def _of_converted_call(type_: FuncType, module: str) -> Problem | None:
    """A call by way of JavaScript, which converts arguments and results."""
    if "i64" in map(str, type_.params):
        return _fatal("TypeError: Cannot convert undefined to a BigInt")
    if not type_.results:
        text = f"initialization of {module} failed without raising an exception"
        return replace(_fatal(text), fatal=False)
    if "i64" in map(str, type_.results):
        return _fatal("TypeError: Cannot convert a BigInt value to a number")
    return None


def _of_value(type_: ExternType, loader: Loader) -> Problem:
    """A call of what is no function: a global's value is taken for a place in the table."""
    if not isinstance(type_, GlobalType):
        return _fatal("TypeError: Cannot read properties of undefined (reading 'stub')")
    if loader.init_typed:
        return _fatal("RuntimeError: table index is out of bounds")
    # Which address, and how large the table is, depends on what else the program has loaded.
    return replace(_fatal("RangeError: WebAssembly.Table.get(): invalid address"), exact=False)


def _fatal(text: str) -> Problem:
    return Problem(cause=Cause.INIT_TYPE, text=text, library="", fatal=True)
