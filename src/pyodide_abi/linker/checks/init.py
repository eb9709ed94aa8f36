"""CPython's side of an import, behind a load that went well (loader.md, section 6)."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import init_functions
from pyodide_abi.linker.js_conversion import throws
from pyodide_abi.linker.prediction import Cause, Problem
from pyodide_abi.platforms.engines import Text
from pyodide_abi.values import replace
from pyodide_abi.wasm import FuncType, GlobalType, ValueType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.linker.facts import Library
    from pyodide_abi.platforms.engines import Engine
    from pyodide_abi.platforms.loaders import Loader
    from pyodide_abi.wasm import ExternType

#: The type that CPython calls an init function with.
_WANTED = FuncType((), (ValueType("i32"),))


def init_names(loader: Loader, path: str) -> tuple[str, ...]:
    """The functions that CPython looks for in an extension module, in its order (loader.md, section 6).

    Args:
        loader: The generation of the platform's loader.
        path: the module's file; its name up to the first dot counts, or its folder's where that is
            ``__init__``: such a module is the package itself (``importlib``'s ``FileFinder``).
    """
    folder, file = posixpath.split(path)
    stem = file.split(".")[0]
    if stem == "__init__" and folder:
        stem = posixpath.basename(folder)
    return init_functions(stem, loader.init_prefixes)


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
        typed = loader.init_typed
        problem = _of_typed_call(type_, engine) if typed else _of_converted_call(type_, module, engine)
    elif isinstance(type_, GlobalType) or loader.data_is_number:
        problem = _of_value(type_, loader, engine)
    else:
        # Memories, tables and tags are no exports that can be looked up.
        problem = no_init(library, names)
    if problem is not None:
        yield replace(problem, library=library.path, symbol=name, wanted=str(_WANTED), provided=str(type_))


def no_init(library: Library, names: tuple[str, ...]) -> Problem:
    """None of the functions that CPython looks for is there."""
    return Problem(
        cause=Cause.NO_INIT,
        text=f"dynamic module does not define module export function ({' or '.join(names)})",
        library=library.path,
        symbol=names[-1],
        wanted=str(_WANTED),
    )


def _of_typed_call(type_: FuncType, engine: Engine) -> Problem | None:
    """A call through the table, which traps for another type; a trap there is fatal."""
    if type_ == _WANTED:
        return None
    return _fatal(engine, Text.WRONG_SIGNATURE)


def _of_converted_call(type_: FuncType, module: str, engine: Engine) -> Problem | None:
    """A call by way of JavaScript, which converts arguments and results."""
    fault = throws(_WANTED, type_)
    if fault is not None:
        return _fatal(engine, fault, error="TypeError: ")
    if not type_.results:
        text = f"initialization of {module} failed without raising an exception"
        return Problem(cause=Cause.INIT_TYPE, text=text, library="")
    return None


def _of_value(type_: ExternType, loader: Loader, engine: Engine) -> Problem:
    """A call of what is no function: a global's value is taken for a place in the table."""
    if not isinstance(type_, GlobalType):
        return _fatal(engine, Text.NOT_CALLABLE)
    # Which address, and how large the table is, depends on what else the program has loaded.
    return _fatal(engine, Text.OUTSIDE_TABLE if loader.init_typed else Text.TABLE_GET_OUTSIDE)


def _fatal(engine: Engine, text: Text, error: str = "") -> Problem:
    """An end of the interpreter in the engine's words; ``error`` is the class where the text lacks it."""
    return Problem(
        cause=Cause.INIT_TYPE,
        text=error + engine.say(text),
        library="",
        exact=text not in engine.inexact,
        fatal=True,
    )
