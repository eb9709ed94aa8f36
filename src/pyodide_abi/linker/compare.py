"""What changed between two libraries, or two sets of them, and whom it breaks.

An export that went, or that has another type, breaks every module that imports it. What a library wants
(imports, needed libraries, features) breaks nobody by having changed, so it is only told.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import INIT_PREFIXES, is_importable
from pyodide_abi.values import replace, value
from pyodide_abi.wasm import GlobalType, MemoryType, TableType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pyodide_abi.linker.facts import Facts, Import, Library
    from pyodide_abi.wasm import ExternType
    from pyodide_abi.wasm.features import Feature


class Sort(enum.StrEnum):
    """How something differs."""

    CAME = "came"
    WENT = "went"
    CHANGED = "changed"


@value
class Difference:
    """One import or export that differs.

    Attributes:
        module: The space of an import, such as ``GOT.func``; empty for an export.
        before: None where it came.
        after: None where it went.
        users: paths of the libraries, among those compared with, that import this export.
    """

    name: str
    before: ExternType | None
    after: ExternType | None
    module: str = ""
    users: tuple[str, ...] = ()

    @property
    def sort(self) -> Sort:
        """How it differs."""
        if self.before is None:
            return Sort.CAME
        return Sort.WENT if self.after is None else Sort.CHANGED

    @property
    def breaks(self) -> bool:
        """Whoever imports it by its name from this library is broken."""
        return not self.module and self.sort is not Sort.CAME and is_importable(self.name)


@value
class Version:
    """One of the two states of a library.

    Attributes:
        digest: The digest of its bytes, to tell identical files.
    """

    library: Library
    digest: str


@value
class LibraryDifference:
    """What changed in one library.

    Attributes:
        name: what it is called in both: a dotted module name, or a path.
        exports: The exports that differ, in the order of their names.
        imports: The imports that differ, in the order of their names.
    """

    name: str
    before: Version
    after: Version
    exports: tuple[Difference, ...]
    imports: tuple[Difference, ...]

    @property
    def identical(self) -> bool:
        """Both are the same bytes."""
        return self.before.digest == self.after.digest

    @property
    def breaking(self) -> tuple[Difference, ...]:
        """The exports whose importers break."""
        return tuple(difference for difference in self.exports if difference.breaks)

    @property
    def spoiled(self) -> bool:
        """It could be read before and no longer can."""
        return self.before.library.facts is not None and self.after.library.facts is None

    @property
    def breaks(self) -> bool:
        """Somebody who used the library as it was cannot use it as it is."""
        return self.spoiled or bool(self.breaking)


@value
class SetDifference:
    """What changed between two wheels' libraries.

    Attributes:
        came: names of libraries that only the second has, with their paths.
        went: names of those that only the first has; whoever imports or needs one is broken.
        changed: those that both have and whose bytes differ.
        same: how many are identical.
    """

    came: tuple[tuple[str, str], ...]
    went: tuple[tuple[str, str], ...]
    changed: tuple[LibraryDifference, ...]
    same: int

    @property
    def breaks(self) -> bool:
        """Somebody who used the first cannot use the second."""
        return bool(self.went) or any(difference.breaks for difference in self.changed)


@value
class Touched:
    """A difference that a certain library meets.

    Attributes:
        user: the path of the library that imports it.
        library: the name of the library that differs.
        difference: None where that library went altogether.
        asked: how it is imported: the type that the user declares, or ``address``, or ``needed``.
        breaks: the user does not load or does not work with the second state.
        reason: why, or why not.
    """

    user: str
    library: str
    difference: Difference | None
    asked: str
    breaks: bool
    reason: str


def compare_libraries(
    name: str,
    before: Version,
    after: Version,
    *,
    users: Iterable[Library] = (),
    select: Callable[[str], bool] = lambda _: True,
) -> LibraryDifference:
    """What changed in one library.

    Args:
        name: what it is called.
        before: as it was.
        after: as it is.
        users: libraries in which to look for importers of what broke: those shipped with ``after``, say.
        select: the names of exports and imports to look at.
    """
    old, new = before.library.facts, after.library.facts
    if old is None or new is None:
        return LibraryDifference(name=name, before=before, after=after, exports=(), imports=())
    others = _users(user for user in users if user is not after.library)
    return LibraryDifference(
        name=name,
        before=before,
        after=after,
        exports=tuple(entry for entry in _compare_exports(old, new, others) if select(entry.name)),
        imports=tuple(entry for entry in _compare_imports(old, new) if select(entry.name)),
    )


def compare_sets(
    before: Mapping[str, Version],
    after: Mapping[str, Version],
    *,
    select: Callable[[str], bool] = lambda _: True,
) -> SetDifference:
    """What changed between two sets of libraries, each by what identifies it in both.

    Args:
        before: as they were.
        after: as they are.
        select: the names of exports and imports to look at.
    """
    users = [version.library for version in after.values()]
    pairs = [(name, before[name], after[name]) for name in sorted(before.keys() & after.keys())]
    changed = [pair for pair in pairs if pair[1].digest != pair[2].digest]
    return SetDifference(
        came=tuple((name, after[name].library.path) for name in sorted(after.keys() - before.keys())),
        went=tuple((name, before[name].library.path) for name in sorted(before.keys() - after.keys())),
        changed=tuple(
            compare_libraries(name, old, new, users=users, select=select) for name, old, new in changed
        ),
        same=len(pairs) - len(changed),
    )


def features_of(library: Library) -> frozenset[Feature]:
    """What the module shows and claims to use; nothing for one that cannot be read."""
    return library.facts.features if library.facts else frozenset()


def touched_by(user: Library, difference: SetDifference) -> Iterator[Touched]:
    """The differences that a library meets, by its imports and its needed libraries."""
    if user.facts is None:
        return
    needed = {name.rpartition("/")[2] for name in user.facts.needed}
    for name, path in difference.went:
        if path.rpartition("/")[2] in needed:
            yield Touched(
                user=user.path,
                library=name,
                difference=None,
                asked="needed",
                breaks=True,
                reason="it needs the library, which is no longer there",
            )
    for library in difference.changed:
        yield from touched_exports(user, library)


def touched_exports(user: Library, library: LibraryDifference) -> Iterator[Touched]:
    """The differences in one library's exports that a library meets by importing them."""
    if user.facts is None:
        return
    exports = {change.name: change for change in library.exports if is_importable(change.name)}
    for entry in user.facts.imports:
        change = exports.get(entry.name)
        if change is not None:
            breaks, reason = _judge(entry, change, weak=entry.name in user.facts.weak)
            yield Touched(
                user=user.path,
                library=library.name,
                difference=change,
                asked="address" if entry.address else str(entry.type),
                breaks=breaks,
                reason=reason,
            )


def _judge(entry: Import, change: Difference, *, weak: bool) -> tuple[bool, str]:
    """Whether an import that met ``change.before`` is broken by ``change.after``, and why."""
    old, new = change.before, change.after
    if new is None and weak:
        return False, "a weak symbol: its address becomes null"
    if new is None:
        reason = "loads, and dies when it is called" if not entry.address else "does not load"
        return True, f"{reason}, unless something else provides it"
    if old is None:
        return False, "is provided now"
    if entry.address:
        # All addresses look alike to the loader; what is done with them does not.
        data = isinstance(old, GlobalType) and isinstance(new, GlobalType)
        return (
            (False, "only its address is used") if data else (True, "its address now leads to another type")
        )
    if entry.type == new:
        return False, "is declared with the new type already"
    return True, "is declared with another type than it has now"


def _compare_exports(old: Facts, new: Facts, users: Mapping[str, tuple[str, ...]]) -> Iterator[Difference]:
    for name in sorted(old.exports.keys() | new.exports.keys()):
        before, after = old.exports.get(name), new.exports.get(name)
        if before != after:
            yield Difference(name=name, before=before, after=after, users=users.get(name, ()))


def _users(libraries: Iterable[Library]) -> dict[str, tuple[str, ...]]:
    """The libraries that import each name."""
    found: dict[str, list[str]] = {}
    for library in libraries:
        for name in {entry.name for entry in library.facts.imports} if library.facts else ():
            # Init functions are looked up by the interpreter, each for its own module: an equal name
            # elsewhere is no use of this one.
            if not name.startswith(INIT_PREFIXES):
                found.setdefault(name, []).append(library.path)
    return {name: tuple(paths) for name, paths in found.items()}


def _compare_imports(old: Facts, new: Facts) -> Iterator[Difference]:
    before = {(entry.module, entry.name): entry.type for entry in old.imports}
    after = {(entry.module, entry.name): entry.type for entry in new.imports}
    for key in sorted(before.keys() | after.keys()):
        module, name = key
        if _demand(before.get(key)) != _demand(after.get(key)):
            yield Difference(module=module, name=name, before=before.get(key), after=after.get(key))


def _demand(type_: ExternType | None) -> ExternType | None:
    """An import's type without the initial size, which follows the amount of code and data in the library."""
    match type_:
        case MemoryType(limits):
            return MemoryType(replace(limits, minimum=0))
        case TableType():
            return replace(type_, limits=replace(type_.limits, minimum=0))
        case _:
            return type_
