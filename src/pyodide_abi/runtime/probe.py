"""Runs inside the runtime: import one extension module and tell what happened to it, step by step.

This file is part of a snapshot, and ``interpreter.mjs`` calls :func:`probe`. Whatever is sent before the
interpreter dies has arrived, so the last file entered and not left is the one that killed it.

Several modules of one package can be imported in one interpreter, as if each were the first: between two,
:func:`withdraw` takes back what the import system knows of the first, and tells whether that was all.
"""

from __future__ import annotations

import builtins
import importlib
import json
import os
import site
import sys
import types
import warnings
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from importlib.util import module_from_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

#: Set on the import system's class once it tells of what it loads.
_WATCHED = "_pyodide_abi_watched"
#: What of the interpreter, and which modules, were there before the one that was imported last.
_before: dict[str, object] = {}
_modules: set[str] = set()
#: Modules that were withdrawn: nothing of theirs is to be freed.
_kept: list[types.ModuleType] = []


def site_packages() -> str:
    """The folder that wheels are installed in."""
    return site.getsitepackages()[0]


def probe(module: str, path: str, direct: bool, send: Callable[[str], object]) -> bool:
    """Import the module.

    Args:
        module: The module's dotted name.
        path: The file's place below ``site-packages``.
        direct: load that very file, below empty parents, and run no package's code; otherwise a plain
            import.
        send: takes one message, as JSON.

    Returns:
        whether the import succeeded.
    """
    place = f"{site_packages()}/{path}"

    def tell(**message: object) -> None:
        send(json.dumps(message))

    if not hasattr(ExtensionFileLoader, _WATCHED):
        _watch(tell)
        setattr(ExtensionFileLoader, _WATCHED, True)
    error = missing = ""
    try:
        if direct:
            _put_parents(module, place)
        elif "." in module:
            importlib.import_module(module.rpartition(".")[0])
        _note(module)
        tell(prepared=place)
        if direct:
            _load(module, place)
        else:
            importlib.import_module(module)
    except BaseException as raised:  # noqa: BLE001 - a module may raise anything, SystemExit too
        error, missing = _told(raised)
    tell(imported=place, error=error, missing=missing)
    return not error


def open_library(path: str, packages: str, send: Callable[[str], object]) -> None:
    """Open a library as ctypes does, after the packages that may open others before it.

    Args:
        path: The file's place below ``site-packages``.
        packages: dotted names, as JSON.
        send: takes one message, as JSON.
    """
    import ctypes  # noqa: PLC0415 - extension modules go without

    place = f"{site_packages()}/{path}"

    def tell(**message: object) -> None:
        send(json.dumps(message))

    first = missing = ""
    for name in json.loads(packages):
        try:
            importlib.import_module(name)
        except BaseException as raised:  # noqa: BLE001 - as above
            error, lacking = _told(raised)
            first, missing = first or error, missing or lacking
    tell(entered=place)
    error = text = ""
    try:
        ctypes.CDLL(place)
    except BaseException as raised:  # noqa: BLE001 - as above
        error, text = type(raised).__name__, str(raised)
    tell(left=place, error=error, text=text, own=True)
    tell(imported=place, error=first, missing=missing)


def withdraw(module: str) -> bool:
    """Take a module that was imported back, as far as the import system is concerned.

    Another module that asks for it loads it again, which :func:`_watch` tells.

    Args:
        module: The dotted name of a module that has just been imported.

    Returns:
        whether an import of a module beside it would now find the interpreter as this one did.
    """
    try:
        return _take_back(module) and _state(module) == _before
    except Exception:  # noqa: BLE001 - whatever stands among the modules, in doubt there is no next one
        return False


def _take_back(module: str) -> bool:
    """Take back what is new among the modules; False where that cannot be."""
    if not _modules <= sys.modules.keys():
        return False
    for name in sys.modules.keys() - _modules:
        found: Any = sys.modules[name]
        if name != module:
            if name.partition(".")[0] in sys.stdlib_module_names:
                continue  # It comes the same whoever asks for it first.
            # Code in C makes modules by name alone, to share things (Cython does): no import, no file.
            if getattr(found, "__spec__", None) or getattr(found, "__file__", None):
                return False
        del sys.modules[name]
        _kept.append(found)
        parent, _, last = name.rpartition(".")
        if parent in sys.modules:
            vars(sys.modules[parent]).pop(last, None)
    return True


def _note(module: str) -> None:
    """Remember what there is right before the module itself is imported."""
    _before.update(_state(module))
    _modules.clear()
    _modules.update(sys.modules)


def _state(module: str) -> dict[str, object]:
    """What modules have in common, beside the loader, each thing in a form that can be compared later."""
    parent, _, last = module.rpartition(".")
    around = dict(vars(sys.modules[parent])) if parent in sys.modules else {}
    around.pop(last, None)
    return {
        "parent": {name: id(there) for name, there in around.items()},
        "sys": {name: id(there) for name, there in vars(sys).items()},
        "builtins": {name: id(there) for name, there in vars(builtins).items()},
        "lists": [
            [id(there) for there in found] for found in (sys.meta_path, sys.path_hooks, warnings.filters)
        ],
        "path": [*sys.path],
        "environ": dict(os.environ),
        "settings": (os.getcwd(), sys.getdlopenflags(), sys.getrecursionlimit()),  # noqa: PTH109 - what is not imported need not be
    }


def _told(raised: BaseException) -> tuple[str, str]:
    """An exception in words, and the module that was not found, if that is what it comes from."""
    missing = ""
    cause: BaseException | None = raised
    seen: set[int] = set()
    while cause is not None and id(cause) not in seen and not missing:
        seen.add(id(cause))
        missing = str(cause.name) if isinstance(cause, ModuleNotFoundError) else ""
        cause = cause.__cause__ or cause.__context__
    return f"{type(raised).__name__}: {raised}", missing


def _watch(tell: Callable[..., None]) -> None:
    """Tell of every extension module that is entered and left, whoever imports it."""

    def watched(step: Callable[[ExtensionFileLoader, Any], Any]) -> Callable[[ExtensionFileLoader, Any], Any]:
        def wrapper(loader: ExtensionFileLoader, what: Any) -> Any:  # noqa: ANN401 - a spec or a module
            tell(entered=loader.path)
            raised: BaseException | None = None
            try:
                return step(loader, what)
            except BaseException as error:
                raised = error
                raise
            finally:
                tell(
                    left=loader.path,
                    error=type(raised).__name__ if raised else "",
                    text=str(raised) if raised else "",
                    own=isinstance(raised, ImportError) and raised.path == loader.path,
                )

        return wrapper

    # The import system makes loaders of this class, so its methods are where every load passes.
    loader: Any = ExtensionFileLoader
    loader.create_module = watched(loader.create_module)
    loader.exec_module = watched(loader.exec_module)


def _put_parents(name: str, place: str) -> None:
    words, folders = name.split("."), place.split("/")
    for depth in range(1, len(words)):
        _put(".".join(words[:depth]), "/".join(folders[: depth - len(words)]))


def _load(name: str, place: str) -> None:
    spec = ModuleSpec(name, ExtensionFileLoader(name, place), origin=place)
    spec.has_location = True
    module = module_from_spec(spec)
    sys.modules[name] = module
    _bind(name, module)
    assert spec.loader is not None
    spec.loader.exec_module(module)


def _put(parent: str, folder: str) -> None:
    """An empty package in whose folder submodules are found, though its own code never ran."""
    stub = types.ModuleType(parent)
    stub.__spec__ = ModuleSpec(parent, None, is_package=True)
    stub.__path__ = stub.__spec__.submodule_search_locations = [folder]
    sys.modules[parent] = stub
    _bind(parent, stub)


def _bind(name: str, module: types.ModuleType) -> None:
    parent, _, last = name.rpartition(".")
    if parent in sys.modules:
        setattr(sys.modules[parent], last, module)
