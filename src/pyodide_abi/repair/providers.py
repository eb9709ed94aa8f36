"""Symbols that a module uses without needing their library: what else in the wheel defines them.

A plugin that uses the functions of an extension module, or of a library that something else happens to load,
loads, and ends the interpreter at the first call: libraries see the names of what they need, and no others.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import MADE_WHEN_CALLED
from pyodide_abi.linker.offers import OBJECT_PROPERTIES, offer_of
from pyodide_abi.platforms.known import load_surface
from pyodide_abi.platforms.loaders import loader_of
from pyodide_abi.repair.needed_graph import NeededLink
from pyodide_abi.wasm import FuncType, Kind

if TYPE_CHECKING:
    from pyodide_abi.linker import Import
    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.repair.needed_graph import Graph, LibraryNode


def add_providers(graph: Graph, platform: Platform) -> tuple[str, ...]:
    """Add a link wherever exactly one file of the wheel defines what is missing.

    Returns:
        the paths of the nodes that got one.
    """
    gaps = _gaps(graph, platform)
    changed = []
    for path, missing in gaps.items():
        for provider in _providers(graph, graph.nodes[path], missing):
            within = path in _closure(graph, provider)
            if not within and _in_reach(graph.nodes[path], graph.nodes[provider], platform):
                graph.links[path].append(NeededLink(name="", target=provider))
                changed.append(path)
    return tuple(dict.fromkeys(changed))


def _gaps(graph: Graph, platform: Platform) -> dict[str, dict[str, Import]]:
    """By path, the imports that neither the runtime nor anything loaded together with the node provides."""
    absent = {path: _absent(node) for path, node in graph.nodes.items()}
    if not any(absent.values()):
        return {}
    provided = _provided(platform, {name for entries in absent.values() for name in entries})
    late = MADE_WHEN_CALLED if loader_of(platform).late_invoke else ()
    for entries in absent.values():
        for name in [name for name in entries if name in provided or (late and name.startswith(late))]:
            del entries[name]
    used = {link.target for links in graph.links.values() for link in links}
    gaps: dict[str, dict[str, Import]] = {}
    for root in (path for path, node in graph.nodes.items() if node.extension or path not in used):
        together = _closure(graph, root)
        for path in together:
            for name, entry in absent[path].items():
                if not any(_offers(graph.nodes[other], name) for other in together):
                    gaps.setdefault(path, {})[name] = entry
    return gaps


def _provided(platform: Platform, names: set[str]) -> frozenset[str]:
    """Those of some names that a release of the platform provides."""
    views = load_surface(platform).views(names).values()
    symbols = {symbol for view in views for symbol in view.values()}
    return OBJECT_PROPERTIES | {symbol.name for symbol in symbols if offer_of(symbol) is not None}


def _offers(node: LibraryNode, name: str) -> bool:
    facts = node.library.facts
    assert facts is not None
    return name in facts.exports or name in facts.js_functions


def _absent(node: LibraryNode) -> dict[str, Import]:
    """Functions and addresses that a node cannot do without and does not define."""
    facts = node.library.facts
    assert facts is not None
    return {
        entry.name: entry
        for entry in facts.imports
        if ((entry.address and entry.name not in facts.weak) or (entry.kind is Kind.FUNCTION))
        and not _offers(node, entry.name)
    }


def _providers(graph: Graph, user: LibraryNode, missing: dict[str, Import]) -> tuple[str, ...]:
    """The nodes that define what is missing, each where there is no choice."""
    found: dict[str, set[str]] = {}
    for path, node in graph.nodes.items():
        facts = node.library.facts
        assert facts is not None
        if path == user.path:
            continue
        for name, entry in missing.items():
            type_ = facts.exports.get(name)
            fits = type_ is not None and (entry.address or str(type_) == str(entry.type))
            if fits and (entry.address or isinstance(type_, FuncType)):
                found.setdefault(name, set()).add(path)
    if not found:
        return ()
    common = set.intersection(*found.values())
    if len(common) == 1:
        return tuple(common)
    if common:
        return ()
    return tuple(sorted({next(iter(paths)) for paths in found.values() if len(paths) == 1}))


def _closure(graph: Graph, root: str) -> set[str]:
    """A node and everything that it needs."""
    found = {root}
    waiting = [root]
    while waiting:
        for link in graph.links[waiting.pop()]:
            if link.target is not None and link.target not in found:
                found.add(link.target)
                waiting.append(link.target)
    return found


def _in_reach(user: LibraryNode, provider: LibraryNode, platform: Platform) -> bool:
    """An extension module stays where it is, and must not be loaded by a second path."""
    if not provider.extension or loader_of(platform).normalises_needed:
        return True
    way = posixpath.relpath(f"/{provider.folder}", f"/{user.folder}")
    return way == "." or (platform.search.run_path and ".." not in way) or not provider.folder
