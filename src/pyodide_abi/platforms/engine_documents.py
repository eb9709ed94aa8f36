"""The documents of engines, each with what it has from the engine that it is like."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from pyodide_abi.platforms.decode import Table, values_of
from pyodide_abi.platforms.documents import documents

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: The engine that predictions are for unless another is named.
DEFAULT_ENGINE = "node24"
_FOLDER = "engines/"


@functools.cache
def engine_names() -> tuple[str, ...]:
    """The names of all engines, the default one first."""
    files = (file for file in documents() if file.startswith(_FOLDER))
    names = sorted(file.removeprefix(_FOLDER).removesuffix(".toml") for file in files)
    return (DEFAULT_ENGINE, *(name for name in names if name != DEFAULT_ENGINE))


def own_document(name: str) -> Mapping[str, Any]:
    """The values of an engine's own file; nobody changes them."""
    return documents()[f"{_FOLDER}{name}.toml"]


def merged(
    document: Mapping[str, Any] | str, read: Callable[[str], Mapping[str, Any] | str], file: str
) -> Mapping[str, Any]:
    """An engine's tables, with what it does not say for itself from the one that it is like.

    Each entry of ``[texts]`` and ``[sizes.bounds]`` counts for itself; every other table is taken whole.
    """
    own = values_of(document, file)
    like = Table(own, file=file).table("identity").optional_text("like")
    if like is None:
        return own
    base = merged(read(like), read, f"engines/{like}.toml")
    texts = {**base.get("texts", {}), **own.get("texts", {})}
    sizes = {**base.get("sizes", {}), **own.get("sizes", {})}
    bounds = [tables.get("sizes", {}).get("bounds", {}) for tables in (base, own)]
    return {**base, **own, "texts": texts, "sizes": {**sizes, "bounds": {**bounds[0], **bounds[1]}}}


@functools.cache
def least_sizes() -> Mapping[str, int]:
    """The least bound that any engine has, by the names of ``wasm/sizes.py``."""
    least: dict[str, int] = {}
    for name in engine_names():
        # Of the documents themselves: each audit asks, and nothing else of most engines.
        bounds = merged(own_document(name), own_document, f"{_FOLDER}{name}.toml")["sizes"]["bounds"]
        for size, bound in bounds.items():
            least[size] = min(bound["most"], least.get(size, bound["most"]))
    return least
