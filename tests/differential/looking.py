"""What Python sees in extension modules: run in a release by ``recall.py``, with the files as arguments.

Each module is imported as usual, or by itself where its package cannot be: a package may need others.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import sys
import types
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Kinds of what C has defined in types and modules.
DEFINED = {"method_descriptor", "classmethod_descriptor", "getset_descriptor", "cython_function_or_method"}
FUNCTION, SLOT = "builtin_function_or_method", "wrapper_descriptor"
#: Kinds of what binding libraries make: pybind11, nanobind, Boost.Python.
MADE = {"instancemethod", "nb_func", "nb_method", "function_record"}
#: What Python gives to every type.
GIVEN = {"__dict__", "__weakref__", "__new__"}


def load(path: str) -> types.ModuleType | None:
    """The module of a file."""
    name = path.split(".", 1)[0].removesuffix("/__init__").replace("/", ".")
    with contextlib.suppress(BaseException):
        return importlib.import_module(name)
    *packages, _ = name.split(".")
    for depth in range(1, len(packages) + 1):
        package = types.ModuleType(".".join(packages[:depth]))
        package.__path__ = [f"{place}/{'/'.join(packages[:depth])}" for place in sys.path]
        sys.modules[package.__name__] = package
    try:
        return importlib.import_module(name)
    except BaseException as error:  # noqa: BLE001 - whatever it raises, it is not there
        print("cannot import", name, type(error).__name__, error, file=sys.stderr)  # noqa: T201 - the answer
        return None


def parts(module: types.ModuleType) -> Iterator[types.ModuleType]:
    """A module and those that it has made."""
    waiting, seen = [module], set()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner = [held for held in vars(one).values() if isinstance(held, types.ModuleType)]
        waiting += [held for held in inner if held.__spec__ is None and not hasattr(held, "__file__")]


def own_types(module: types.ModuleType, names: set[str]) -> Iterator[type]:
    """The types that a module has defined, also those in others."""
    waiting, seen = [held for held in vars(module).values() if isinstance(held, type)], set()
    while waiting:
        one = waiting.pop()
        if one in seen or one.__module__ not in names:
            continue
        seen.add(one)
        yield one
        waiting += [held for held in vars(one).values() if isinstance(held, type)]
        waiting += one.__mro__


def of_type(one: type) -> Iterator[tuple[str, str]]:
    """Members of a type, each with its kind."""
    for name, held in vars(one).items():
        function = getattr(held, "__func__", held)
        kind = type(function).__name__
        if kind in DEFINED and name not in GIVEN:
            yield f"{one.__name__}.{getattr(function, '__name__', name)}", "defined"
        elif kind == SLOT and function.__objclass__ is one:
            yield f"{one.__name__} {name}", "defined"
        elif kind == FUNCTION and name not in GIVEN and function.__self__ is None:
            # One function that was made without an owner may be in any number of types (Boost.Python).
            yield function.__name__, "defined"
        elif kind == FUNCTION and name not in GIVEN:
            yield f"{one.__name__}.{function.__name__}", "defined" if function.__self__ is one else "made"
        elif kind in MADE or type(function).__module__ == "Boost.Python":
            yield name, "made"


def of_module(module: types.ModuleType) -> Iterator[tuple[str, str]]:
    """Functions of a module, each with its kind."""
    for held in vars(module).values():
        kind = type(held).__name__
        if kind == FUNCTION:
            owner = held.__self__
            if owner is module:
                yield held.__name__, "defined"
            elif not isinstance(owner, types.ModuleType):
                yield held.__name__, "made"
        elif kind == "cython_function_or_method" and held.__module__ == module.__name__:
            yield held.__name__, "defined"
        elif kind in MADE or type(held).__module__ == "Boost.Python":
            yield kind, "made"


def main() -> None:
    """Print what there is."""
    found, made, imported = set(), 0, 0
    for path in sys.argv[1:]:
        module = load(path)
        if module is None:
            continue
        imported += 1
        for part in parts(module):
            named = {
                part.__name__,
                part.__name__.rpartition(".")[2],
                part.__name__.rpartition(".")[0],
                "builtins",
            }
            members = [
                *of_module(part),
                *(each for one in own_types(part, named - {"builtins"}) for each in of_type(one)),
            ]
            found |= {name for name, kind in members if kind == "defined"}
            made += sum(kind == "made" for _, kind in members)
    print(json.dumps({"names": sorted(found), "made": made, "imported": imported}))  # noqa: T201 - the answer


main()
