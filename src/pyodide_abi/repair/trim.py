"""What modules carry for nobody: information for debuggers, and exports that no one looks up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import is_internal
from pyodide_abi.repair.edits import DropExports, DropSections, Safety
from pyodide_abi.wasm import Kind, read_module
from pyodide_abi.wasm.edit import maybe_referenced

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from pyodide_abi.repair.needed_graph import Graph, LibraryNode

_FOR_DEBUGGERS = frozenset({"sourceMappingURL", "external_debug_info"})
_NAMES = "name"
#: Beside its name an export takes a length, a kind and an index.
_ENTRY = 4
#: Exports that take less than this part of all are not worth packing the module anew.
_WORTH = 100


def trim_sections(path: str, customs: Mapping[str, int], *, keep_names: bool) -> Iterator[DropSections]:
    """Leave out what only debuggers read.

    Args:
        path: The module's path.
        customs: The module's custom sections with the bytes that they take.
        keep_names: the names of functions stay, which stack traces show.
    """
    found = [
        name
        for name in customs
        if name.startswith(".debug_") or name in _FOR_DEBUGGERS or (name == _NAMES and not keep_names)
    ]
    if found:
        yield DropSections(
            path=path,
            names=tuple(found),
            size=sum(customs[name] for name in found),
            why="only debuggers read them",
        )


def trim_exports(graph: Graph, read: Callable[[LibraryNode], bytes], by_hand: str) -> Iterator[DropExports]:
    """Leave out exports that no module imports.

    Extension modules are opened by the import system, and libraries that the repair brings in are known to
    their users only. Any other library may be meant for other wheels.

    Args:
        graph: with every module that could import something.
        read: gives a node's contents; called where something could go.
        by_hand: the file that may look symbols up by name; empty for none.
    """
    imported: set[str] = set()
    for node in graph.nodes.values():
        if node.library.facts is not None:
            imported.update(entry.name for entry in node.library.facts.imports)
    used = {link.target for links in graph.links.values() for link in links}
    for path, node in graph.nodes.items():
        if not (node.extension or path in used):
            # Whoever opens it wants something of it.
            continue
        if not _worth(node, imported):
            continue
        names = _needless(read(node), imported)
        if names:
            private = (node.extension or node.outside) and not by_hand
            yield DropExports(
                path=path,
                names=names,
                size=sum(map(_size, names)),
                safety=Safety.SAFE if private else Safety.RISKY,
                why="no module of the wheel imports them"
                + ("" if private else f"; {by_hand or 'another wheel'} may look them up"),
            )


def _size(name: str) -> int:
    return len(name.encode()) + _ENTRY


def _worth(node: LibraryNode, imported: Collection[str]) -> bool:
    """Whether exports that nobody imports are a part of all that is worth a new packing.

    The facts leave out names that are the module's own business, and tell how many and how long they are.
    """
    facts = node.library.facts
    assert facts is not None
    inner = facts.inner
    needless = [name for name in facts.exports if name not in imported and not is_internal(name)]
    hidden = inner.length - inner.again_length + _ENTRY * (inner.unused - inner.again)
    part = sum(map(_size, needless)) + hidden
    whole = sum(map(_size, facts.exports)) + inner.length + _ENTRY * inner.unused
    return part > 0 and part * _WORTH >= whole


def _needless(data: bytes, imported: Collection[str]) -> tuple[str, ...]:
    """Exports that no other module imports, and that the module itself neither imports nor references."""
    module = read_module(data)
    own = {entry.name for entry in module.imports}
    referenced = maybe_referenced(module)
    return tuple(
        entry.name
        for entry in module.exports
        if entry.name not in imported
        and entry.name not in own
        and not is_internal(entry.name)
        and not (entry.kind is Kind.FUNCTION and entry.index in referenced)
    )
