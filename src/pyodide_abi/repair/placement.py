"""Where each library goes, and which names and run paths lead there by the rules of the platform's loader.

Three rules are at work (loader.md, section 5). The loader of 2024_0 reads no run paths: installers look into
``<wheel name>.libs``. That of 2025_0 reads them, and takes ``pkg/../lib.so`` and ``lib.so`` for two
libraries, so that no run path may lead upwards: libraries go below their users' folder or, where users are in
several folders, to the top of ``site-packages``, which is searched first of all. Later ones simplify paths.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyodide_abi.linker import Arrival
from pyodide_abi.linker.search import Search, site_packages
from pyodide_abi.platforms.loaders import loader_of
from pyodide_abi.repair.candidates import stem_of
from pyodide_abi.repair.edits import (
    AddLibrary,
    ChangeNeeded,
    ChangeRunPaths,
    DropFile,
    MissingLibrary,
    MoveFile,
    Safety,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.repair.edits import Edit
    from pyodide_abi.repair.needed_graph import Graph, LibraryNode

_ORIGIN = "$ORIGIN"
_SUFFIX = re.compile(r"\.(so|dylib|dll|wasm)$")
_HASH_LENGTH = 8


@dataclass(kw_only=True, slots=True)
class Layout:
    """The final state of a wheel's libraries.

    Attributes:
        graph: The graph of who needs what.
        platform: The platform, whose rules hold.
        wheel_libs: the folder ``<wheel name>.libs``.
        fixed: paths of libraries that programs may open by their place.
        by_hand: the file that may open libraries by name without showing which; empty for none.
        places: the final path of every node that gets another one.
        risky: nodes that are moved although a program may open them, and what has to stay with them.
    """

    graph: Graph
    platform: Platform
    wheel_libs: str
    fixed: Collection[str]
    by_hand: str
    places: dict[str, str] = field(default_factory=dict)
    risky: set[str] = field(default_factory=set)

    def settle(self) -> None:
        """Find a place for everything that cannot stay, or has none yet."""
        nodes = self.graph.nodes
        moved = {path for path, node in nodes.items() if node.outside}
        while True:
            self._place(moved)
            more = {target for target in self._stranded() if target not in moved}
            if not more:
                break
            moved |= more
        self.risky = {path for path in moved if not nodes[path].outside and not self._free(path)}
        self._spread({path for path in moved if not nodes[path].outside} | set(self.graph.twins.values()))

    def _spread(self, changed: Collection[str]) -> None:
        """Who is not edited because of one library finds the others where they were, so these stay too."""
        before = -1
        while before != len(self.risky):
            before = len(self.risky)
            for path, links in self.graph.links.items():
                involved = {path, *(link.target for link in links if link.target is not None)}
                if involved & self.risky:
                    self.risky |= involved & set(changed)

    def place(self, path: str) -> str:
        """Where a node ends up."""
        return self.places.get(path, path)

    def _free(self, path: str) -> bool:
        """Nothing but modules can know where it lies."""
        return not self.by_hand and path not in self.fixed

    def _stranded(self) -> Iterator[str]:
        """Targets that some link does not lead to where they are, and that can be moved."""
        for path, links in self.graph.links.items():
            for link in links:
                target = self.graph.nodes[link.target] if link.target is not None else None
                if target is None or target.extension:
                    continue
                folder, place = posixpath.dirname(self.place(path)), self.place(target.path)
                if self._reaches(folder, place):
                    continue
                # Through a path that leads upwards it is found at least, so it is not torn from a program.
                if not self.platform.search.run_path or self._free(target.path):
                    yield target.path

    def _reaches(self, folder: str, target: str) -> bool:
        """Whether a module in a folder gets to a library, and by one path only."""
        place = posixpath.dirname(target)
        if not self.platform.search.run_path:
            return place in {self.wheel_libs, "", folder}
        return (
            loader_of(self.platform).normalises_needed or place == "" or ".." not in _relative(place, folder)
        )

    def _place(self, moved: Collection[str]) -> None:
        folder = self._home(moved)
        taken = {path for path in (*self.graph.nodes, *self.graph.twins) if path not in moved}
        self.places = {}
        for path in sorted(moved):
            name = _name(self.graph.nodes[path], shared=not folder)
            place = posixpath.join(folder, name)
            stem, suffix = posixpath.splitext(name)
            number = 2
            while place in taken and place != path:
                place, number = posixpath.join(folder, f"{stem}-{number}{suffix}"), number + 1
            taken.add(place)
            self.places[path] = place

    def _home(self, moved: Collection[str]) -> str:
        """The folder for what is moved."""
        search = self.platform.search
        if not search.run_path or loader_of(self.platform).normalises_needed:
            return self.wheel_libs
        users = {
            posixpath.dirname(path)
            for path, links in self.graph.links.items()
            if path not in moved and any(link.target in moved for link in links)
        }
        if len(users) > 1:
            return ""
        return posixpath.join(next(iter(users), ""), self.wheel_libs)

    def edits(self) -> Iterator[Edit]:
        """What leads to this state."""
        yield from self._files()
        for path, links in self.graph.links.items():
            node = self.graph.nodes[path]
            assert node.library.facts is not None
            involved = {path, *(link.target for link in links)}
            safety = Safety.RISKY if involved & self.risky else Safety.SAFE
            where = self.place(path) if node.outside else path
            old = node.library.facts.needed
            new = tuple(dict.fromkeys(self._needed_name(link.name, link.target) for link in links))
            if old != new:
                yield ChangeNeeded(
                    path=where,
                    old=old,
                    new=new,
                    safety=safety,
                    why="the names by which its libraries are found",
                )
            old, new = node.library.dylink.run_paths, self._run_paths(path)
            if old != new:
                yield ChangeRunPaths(path=where, old=old, new=new, safety=safety, why=self._why_paths(new))

    def _files(self) -> Iterator[Edit]:
        for path, twin in self.graph.twins.items():
            yield DropFile(
                path=path,
                same_as=self.place(twin),
                size=self.graph.nodes[twin].library.size,
                safety=Safety.RISKY if twin in self.risky else Safety.SAFE,
                why="loaded under two names, a library has its data twice",
            )
        for path, place in self.places.items():
            node = self.graph.nodes[path]
            users = ", ".join(sorted(self.place(user) for user in self._users(path)))
            if node.source is not None:
                yield AddLibrary(
                    path=place,
                    source=node.source,
                    digest=node.digest,
                    size=node.library.size,
                    why=f"needed by {users}",
                )
            elif path != place:
                risky = path in self.risky
                yield MoveFile(
                    path=path,
                    to=place,
                    safety=Safety.RISKY if risky else Safety.SAFE,
                    why=f"to be found, once, by {users}"
                    + (f"; {self.by_hand or 'a file of the wheel'} may open it where it is" if risky else ""),
                )

    def _users(self, path: str) -> set[str]:
        links = self.graph.links.items()
        return {user for user, needs in links if any(link.target == path for link in needs)}

    def _needed_name(self, name: str, target: str | None) -> str:
        return name if target is None else posixpath.basename(self.place(target))

    def _why_paths(self, new: tuple[str, ...]) -> str:
        if not self.platform.search.run_path:
            return "the platform's loader reads none"
        return "the folders of its libraries, and no others" if new else "it needs no library"

    def _run_paths(self, path: str) -> tuple[str, ...]:
        if not self.platform.search.run_path:
            return ()
        folder = posixpath.dirname(self.place(path))
        links = self.graph.links[path]
        paths = [
            _relative(posixpath.dirname(self.place(link.target)), folder)
            for link in links
            if link.target is not None
        ]
        if any(link.target is None for link in links):
            # What somebody else provides may be found by them.
            old = self.graph.nodes[path].library.dylink.run_paths
            paths += [entry for entry in old if entry == _ORIGIN or entry.startswith(f"{_ORIGIN}/")]
        return tuple(dict.fromkeys(paths))

    def conflicts(self) -> Iterator[MissingLibrary]:
        """Libraries that are not the first of their name that the loader comes to."""
        root = site_packages(self.platform)
        kept = [path for path in self.graph.nodes if path not in self.places]
        search = Search(
            platform=self.platform,
            loader=loader_of(self.platform),
            files={f"{root}/{path}" for path in (*kept, *self.places.values())},
            wheel_libs=f"{root}/{self.wheel_libs}",
            arrival=Arrival.PRELOAD,
        )
        for path, links in self.graph.links.items():
            run_paths = self._run_paths(path)
            for link in links:
                if link.target is None:
                    continue
                name, wanted = self._needed_name(link.name, link.target), f"{root}/{self.place(link.target)}"
                found = search.find(name, requirer=f"{root}/{self.place(path)}", run_paths=run_paths)
                if found is None:
                    reason = f"{self.place(link.target)} cannot be reached from there on this platform"
                    yield MissingLibrary(path=path, name=link.name or name, reason=reason)
                elif found != wanted:
                    other = found.removeprefix(f"{root}/")
                    reason = f"the loader takes {other} for it, which is another file of that name"
                    yield MissingLibrary(path=path, name=link.name or name, reason=reason)


def _relative(place: str, folder: str) -> str:
    """A run path from one folder below ``site-packages`` to another."""
    way = posixpath.relpath(f"/{place}", f"/{folder}")
    return _ORIGIN if way == "." else f"{_ORIGIN}/{way}"


def _name(node: LibraryNode, *, shared: bool) -> str:
    """What a file that is moved is called: as libraries are called here.

    A new one, and one in the folder that all wheels share, carries its digest: two wheels may bring libraries
    of one name, and where a loader goes by names, or finds another one first, it takes one for the other.
    """
    if not (node.outside or shared):
        return node.name if node.name.endswith(".so") else f"{_stem(node)}.so"
    return f"{_stem(node)}-{node.digest[:_HASH_LENGTH]}.so"


def _stem(node: LibraryNode) -> str:
    return _SUFFIX.sub("", stem_of(node.name))
