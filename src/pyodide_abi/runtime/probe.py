"""Runs inside the runtime: import one extension module and tell what happened to it, step by step.

The driver hands this file's text to the interpreter and calls :func:`probe`. Whatever is sent before the
interpreter dies has arrived, so the last file entered and not left is the one that killed it.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import site
import sys
import types
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from importlib.util import module_from_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

#: Set on the import system's class once it tells of what it loads.
_WATCHED = "_pyodide_abi_watched"


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
    place = f"{site.getsitepackages()[0]}/{path}"

    def tell(**message: object) -> None:
        send(json.dumps(message))

    if not hasattr(ExtensionFileLoader, _WATCHED):
        _watch(tell)
        setattr(ExtensionFileLoader, _WATCHED, True)
    error = missing = ""
    try:
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
    place = f"{site.getsitepackages()[0]}/{path}"

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


def _load(name: str, place: str) -> None:
    words, folders = name.split("."), place.split("/")
    for depth in range(1, len(words)):
        _put(".".join(words[:depth]), "/".join(folders[: depth - len(words)]))
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
