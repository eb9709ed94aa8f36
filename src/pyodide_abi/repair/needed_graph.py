"""Who needs what, and which file that is: in the wheel, or else in a folder of the machine."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from pyodide_abi.linker import Arrival, Head
from pyodide_abi.linker.search import Search, site_packages
from pyodide_abi.platforms.loaders import loader_of
from pyodide_abi.repair.candidates import best_versions, stem_of
from pyodide_abi.repair.edits import MissingLibrary
from pyodide_abi.values import replace, value

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from pathlib import Path

    from pyodide_abi.audit import Binary
    from pyodide_abi.linker import Library
    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.repair.candidates import Shelf, Shelved

_UNSAFE = re.compile(r"[^A-Za-z0-9_.+@-]")
#: Files whose name says that they are outside the wheel; never the name of a file in it.
_OUTSIDE = "?/"
_LONGEST_NAME = 200


@value
class LibraryNode:
    """A library or an extension module.

    Attributes:
        path: below ``site-packages``; for a file outside the wheel, :attr:`outside` is True, a key.
        library: what the linker sees of it; its facts are there.
        extension: ``import`` takes it for an extension module, so that it cannot be moved.
        source: the file, where it is outside the wheel.
        digest: The digest of its contents, hexadecimal: SHA-256 of a file outside the wheel, CRC-32 in it.
    """

    path: str
    library: Library
    extension: bool = False
    source: Path | None = None
    digest: str = ""

    @property
    def outside(self) -> bool:
        """It is not in the wheel yet."""
        return self.source is not None

    @property
    def name(self) -> str:
        """The file's name."""
        return posixpath.basename(self.path)

    @property
    def folder(self) -> str:
        """The folder below ``site-packages``, empty for that itself."""
        return posixpath.dirname(self.path)


@value
class NeededLink:
    """One need.

    Attributes:
        name: as the module records it; empty for one that the module should record and does not.
        target: the path of the node that it means; None where that is left to others.
    """

    name: str
    target: str | None


@dataclass(kw_only=True, slots=True)
class Graph:
    """All nodes with their links.

    Attributes:
        nodes: The libraries, by path.
        links: What each needs, in order, by its path.
        twins: files that are left out, and the path of the one that takes their place.
    """

    nodes: dict[str, LibraryNode] = field(default_factory=dict)
    links: dict[str, list[NeededLink]] = field(default_factory=dict)
    problems: list[MissingLibrary] = field(default_factory=list)
    twins: dict[str, str] = field(default_factory=dict)


def link(
    binaries: Iterable[Binary],
    platform: Platform,
    *,
    wheel_libs: str,
    shelf: Shelf,
    exclude: Collection[str] = (),
    named: Collection[str] = (),
    read: Callable[[str], bytes],
) -> Graph:
    """Find what every binary of a wheel needs, and what that needs.

    Args:
        binaries: The native files of the wheel.
        platform: The platform, whose loader's search is tried first.
        wheel_libs: the folder that its installers load ahead from.
        shelf: folders outside the wheel.
        exclude: names of libraries that somebody else provides, as patterns of a shell.
        named: paths of libraries that programs may open by name, so that no copy can stand for them.
        read: gives the contents of a binary by its path, to compare copies.
    """
    graph = Graph()
    for binary in binaries:
        library = binary.library
        if library.facts is not None and library.head in {Head.DYLINK, Head.LEGACY}:
            graph.nodes[binary.path] = LibraryNode(
                path=binary.path,
                library=library,
                extension=binary.extension,
                digest=f"{binary.anatomy.checksum:08x}",
            )
    graph.twins = _twins(graph.nodes, named, read)
    for path in graph.twins:
        del graph.nodes[path]
    search = _Search(graph, platform, wheel_libs, shelf)
    waiting = list(graph.nodes.values())
    for node in waiting:
        graph.links[node.path] = links = []
        assert node.library.facts is not None
        for name in node.library.facts.needed:
            base = posixpath.basename(name)
            if any(fnmatchcase(base, pattern) for pattern in exclude):
                links.append(NeededLink(name=name, target=None))
                continue
            target = search.find(node, name)
            if isinstance(target, MissingLibrary):
                graph.problems.append(target)
                continue
            if target.path not in graph.nodes:
                graph.nodes[target.path] = target
                waiting.append(target)
            links.append(NeededLink(name=name, target=target.path))
    return graph


class _Search:
    def __init__(self, graph: Graph, platform: Platform, wheel_libs: str, shelf: Shelf) -> None:
        self._graph = graph
        self._platform = platform
        self._wheel_libs = wheel_libs
        self._shelf = shelf
        #: The paths of files, by their names, by those without versions.
        self._places: dict[str, dict[str, list[str]]] = {}
        for path in (*graph.nodes, *graph.twins):
            self._note(path)
        self._by_digest: dict[str, LibraryNode] = {}
        for one in graph.nodes.values():
            self._by_digest.setdefault(one.digest, one)
        root = self._root = site_packages(platform)
        self._loader = Search(
            platform=platform,
            loader=loader_of(platform),
            files={f"{root}/{path}" for path in (*graph.nodes, *graph.twins)},
            wheel_libs=f"{root}/{wheel_libs}",
            arrival=Arrival.PRELOAD,
        )

    def find(self, node: LibraryNode, name: str) -> LibraryNode | MissingLibrary:
        """The node that a name means for another."""
        found: LibraryNode | MissingLibrary | None = None if node.outside else self._by_loader(node, name)
        base = posixpath.basename(name)
        if found is None and base not in {"", ".", ".."}:
            found = self._in_wheel(node, base)
        if found is not None:
            return found
        if base in {"", ".", ".."} or not base.isprintable() or "\\" in base or len(base) > _LONGEST_NAME:
            return MissingLibrary(path=_shown(node), name=name, reason="that is not the name of a library")
        shelved, unfit = self._shelf.find(base)
        if shelved is not None:
            return self._outside(shelved)
        folders = ", ".join(str(folder) for folder in self._shelf.folders)
        looked = (
            f"in the wheel, then in {folders}" if folders else "in the wheel only, as no folder was named"
        )
        refused = "".join(f"; {text}" for text in unfit)
        return MissingLibrary(path=_shown(node), name=name, reason=f"not found (looked {looked}){refused}")

    def _by_loader(self, node: LibraryNode, name: str) -> LibraryNode | None:
        place = self._loader.find(
            name, requirer=f"{self._root}/{node.path}", run_paths=node.library.dylink.run_paths
        )
        path = None if place is None else posixpath.relpath(place, self._root)
        return None if path is None else self._graph.nodes.get(self._graph.twins.get(path, path))

    def _in_wheel(self, node: LibraryNode, base: str) -> LibraryNode | MissingLibrary | None:
        """A file of the name, or of another version of it; of several the nearest."""
        names = self._places.get(stem_of(base), {})
        for name in [base, *best_versions(base, names)]:
            places = [path for path in names.get(name, ()) if path != node.path]
            ranked = sorted(places, key=lambda path: (self._distance(node, path), path))
            if not ranked:
                continue
            nearest = {
                self._node(path).digest
                for path in ranked
                if self._distance(node, path) == self._distance(node, ranked[0])
            }
            if len(nearest) > 1:
                shown = ", ".join(ranked)
                return MissingLibrary(
                    path=_shown(node), name=name, reason=f"several files have that name: {shown}"
                )
            return self._node(ranked[0])
        return None

    def _node(self, path: str) -> LibraryNode:
        """The node of a file, or of the one that takes its place."""
        return self._graph.nodes[self._graph.twins.get(path, path)]

    def _note(self, path: str) -> None:
        """Remember a file by its name, and that by its name without a version."""
        name = posixpath.basename(path)
        self._places.setdefault(stem_of(name), {}).setdefault(name, []).append(path)

    def _distance(self, node: LibraryNode, path: str) -> int:
        """How far a file is from a module, in folders; the folder of libraries is next to every module."""
        folder = posixpath.dirname(path)
        if folder in {node.folder, self._wheel_libs}:
            return folder != node.folder
        return 1 + len(posixpath.relpath(f"/{folder}", f"/{node.folder}").split("/"))

    def _outside(self, shelved: Shelved) -> LibraryNode:
        """A file of the shelf as a node; the same contents are one node, whatever the file is called."""
        known = self._by_digest.get(shelved.digest)
        if known is not None:
            return known
        name = _UNSAFE.sub("_", shelved.file.name)
        path = f"{_OUTSIDE}{name}"
        number = 2
        while path in self._graph.nodes:
            path, number = f"{_OUTSIDE}{number}/{name}", number + 1
        node = LibraryNode(
            path=path,
            library=replace(shelved.library, path=path),
            source=shelved.file,
            digest=shelved.digest,
        )
        self._note(path)
        return self._by_digest.setdefault(node.digest, node)


def _shown(node: LibraryNode) -> str:
    return str(node.source) if node.outside else node.path


def _twins(
    nodes: Mapping[str, LibraryNode],
    named: Collection[str],
    read: Callable[[str], bytes],
) -> dict[str, str]:
    """Libraries that are copies of another one: of one name but for the version, with the same contents.

    Loaded under two names, one library becomes two, each with its own data. Which of them stays is decided
    by who is needed, then by the shortest name, as build systems make copies out of links.
    """
    wanted = {
        posixpath.basename(name)
        for node in nodes.values()
        if node.library.facts is not None
        for name in node.library.facts.needed
    }
    groups: dict[tuple[str, int, str], list[LibraryNode]] = {}
    for node in nodes.values():
        if not node.extension:
            key = (stem_of(node.name), node.library.size, node.digest)
            groups.setdefault(key, []).append(node)
    twins: dict[str, str] = {}
    for group in groups.values():
        # A library that nobody in the wheel needs is somebody else's: it stays as it is.
        if not any(node.name in wanted for node in group):
            continue
        group.sort(
            key=lambda node: (node.path not in named, node.name not in wanted, len(node.name), node.path)
        )
        first, *others = group
        copies = [node for node in others if node.path not in named]
        if copies:
            content = read(first.path)
            twins |= {node.path: first.path for node in copies if read(node.path) == content}
    return twins
