"""What a set of modules say of themselves, without the names that are a module's own business.

C++ libraries export every function and import most of them again, a hundred thousand names of two hundred
letters. Nobody but the module itself uses or defines nearly all of them, so that they decide nothing: what it
wants under such a name it finds in itself, in every release and in any company. Such names are left out of
the facts. What makes a name fit to be left out:

- it is mangled, so that it says what it is and nobody looks for it by that name: no rule, loader, interpreter
  or user does, as they do for C names (but for the type information of classes, which stays);
- the module exports it as a function or as an address, and imports it, if at all, as the same function or
  for its address;
- no release of the platform has it.

What other modules ask for is known when all have been read: :func:`settle` puts that back. Until then a name
that is left out is kept as a number, its hash. Two names of one hash among a million are not to be expected,
and nobody can make them, as Python's hashes depend on a secret.
"""

from __future__ import annotations

import itertools
from array import array
from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import MANGLED_PREFIXES
from pyodide_abi.linker.elide.names import ADDRESS, NO_FUNCTION, Names, Role, chosen, key_of
from pyodide_abi.linker.facts import Inner, read_library
from pyodide_abi.values import replace, value
from pyodide_abi.wasm.types import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from pyodide_abi.linker.elide.names import Exports
    from pyodide_abi.linker.facts import Facts, Library
    from pyodide_abi.wasm import ExternType, Module
    from pyodide_abi.wasm.types import CompositeType

#: A power of two.
_PARTS = 8


@value
class Outline:
    """What is kept of a file until all files have been read.

    Attributes:
        library: with facts that lack what was left out.
        names: what that is; None for a file without facts.
        types: The types of the module, by index.
    """

    library: Library
    names: Names | None = None
    types: tuple[CompositeType, ...] = ()


def outline_of(
    path: str,
    data: bytes,
    module: Module | None,
    *,
    known: Callable[[], frozenset[bytes]],
    sought: Collection[str] = (),
) -> Outline:
    """Read a file that is held whole; whatever the bytes are, this does not fail.

    Args:
        path: The file's place below ``site-packages``.
        data: The file's bytes.
        module: The bytes as a module; None where they are none.
        known: gives the mangled names that some release of the platform has.
        sought: features to look for in its code.
    """
    library = read_library(path, data, module=module, sought=sought)
    facts = library.facts
    if facts is None or module is None:
        return Outline(library=library)
    sorted_ = Names()
    sorted_.want([entry.name.encode() for entry in module.imports], module.imports)
    columns = (
        [entry.name.encode() for entry in module.exports],
        [KINDS.index(entry.kind) for entry in module.exports],
        [entry.index for entry in module.exports],
    )
    sorted_.sort([columns], module, known)
    exports = {name: facts.exports[name] for _, name, _, _ in sorted_.staying}
    reduced = replace(facts, imports=tuple(map(facts.imports.__getitem__, sorted_.unmet())), exports=exports)
    return Outline(library=replace(library, facts=reduced), names=sorted_, types=module.types)


def settle(outlines: Sequence[Outline], reread: Callable[[str, int], str]) -> list[Library]:
    """The libraries with their final facts.

    Args:
        outlines: The outlines of all files that can be loaded together.
        reread: gives, for a path, the name of the export at a place, by reading the file again.
    """
    names = {
        key_of(entry.name.encode()): entry.name
        for facts in _all_facts(outlines)
        for entry in facts.imports
        if entry.name.startswith(MANGLED_PREFIXES)
    }
    # What runs during a load is held against names, whoever has them.
    called = {key_of(name.encode()): name for facts in _all_facts(outlines) for name in _called(facts)}
    only_called = called.keys() - names.keys()
    names |= called
    modules = [outline.names.exports for outline in outlines if outline.names]
    uses = iter(_uses(modules, names.keys(), only_called))
    return [
        _settled(outline, next(uses), names, reread) if outline.names else outline.library
        for outline in outlines
    ]


@value
class _Use:
    """What is in use of the names that a module leaves out.

    Attributes:
        rest: roles of its exports, where those in use stay.
        shown: places of those that are asked for by what is left in the facts.
    """

    rest: bytearray
    shown: list[int]


def _all_facts(outlines: Sequence[Outline]) -> Iterator[Facts]:
    return (outline.library.facts for outline in outlines if outline.library.facts)


def _called(facts: Facts) -> Iterator[str]:
    runs = (facts.startup.start, facts.startup.relocations, facts.startup.constructors)
    return itertools.chain.from_iterable(run.calls for run in runs)


def _uses(modules: Sequence[Exports], asked: AbstractSet[int], only_called: AbstractSet[int]) -> list[_Use]:
    """Which names are in use beyond the module that has them.

    Those are in use that it imports, as others do; and those that it does not, as others do; and what is
    asked for. By parts: sets of all keys would take more memory than anything else.

    Args:
        modules: what they export.
        asked: keys that the facts ask for.
        only_called: those of them that are only called during a load, which is no use.
    """
    uses = [_Use(rest=bytearray(module.roles), shown=[]) for module in modules]
    # They are few: linkers have a module import again nearly all that it defines.
    given = set[int]().union(*[module.keys_of(Role.GIVEN) for module in modules])
    elsewhere: set[int] = set()
    for parts in zip(*map(_again_in_parts, modules), strict=True):
        every = [
            list(map(module.keys.__getitem__, places)) for module, places in zip(modules, parts, strict=True)
        ]
        imported: set[int] = set()
        repeated: set[int] = set()
        for mine in map(set, every):
            repeated |= mine & imported
            imported |= mine
        elsewhere |= given & imported
        for use, places, keys in zip(uses, parts, every, strict=True):
            use.shown.extend(itertools.compress(places, map(asked.__contains__, keys)))
            for place in itertools.compress(places, map(repeated.__contains__, keys)):
                use.rest[place] = Role.STAYS
    for module, use in zip(modules, uses, strict=True):
        for place in itertools.compress(itertools.count(), chosen(module.roles, Role.GIVEN)):
            if module.keys[place] in asked:
                use.shown.append(place)
            if module.keys[place] in elsewhere:
                use.rest[place] = Role.STAYS
        for place in use.shown:
            if module.keys[place] not in only_called:
                use.rest[place] = Role.STAYS
    return uses


def _again_in_parts(exports: Exports) -> Sequence[Sequence[int]]:
    """The places of exports that the module imports, too; in several parts by what the keys end in."""
    parts = [array("I") for _ in range(_PARTS)]
    note = [part.append for part in parts]
    for place, key in itertools.compress(enumerate(exports.keys), chosen(exports.roles, Role.AGAIN)):
        note[key & _PARTS - 1](place)
    return parts


def _settled(
    outline: Outline, use: _Use, names: Mapping[int, str], reread: Callable[[str, int], str]
) -> Library:
    facts, found = outline.library.facts, outline.names
    if facts is None or found is None or len(found.exports.keys) == len(found.staying):
        return outline.library
    exports, types = found.exports, outline.types
    entries = [(place, name, facts.exports[name]) for place, name, _, _ in found.staying]
    shown = [
        (place, names[exports.keys[place]], _type_of(exports.types[place], types)) for place in use.shown
    ]
    inner = replace(
        _inner(found, use.rest, lambda place: reread(outline.library.path, place)),
        shown=frozenset(name for _, name, _ in shown),
    )
    offered = {name: type_ for _, name, type_ in sorted([*entries, *shown], key=lambda entry: entry[0])}
    return replace(outline.library, facts=replace(facts, exports=offered, inner=inner))


def _type_of(type_: int, types: Sequence[CompositeType]) -> ExternType:
    """The type of an export that was left out."""
    return ADDRESS if type_ == NO_FUNCTION else types[type_]  # type: ignore[return-value] # it was checked


def _inner(found: Names, rest: bytearray, reread: Callable[[int], str]) -> Inner:
    """What there is to know of the names that were left out; ``rest`` says which are not in use."""
    exports = found.exports
    unused, again = chosen(rest, Role.GIVEN, Role.AGAIN), chosen(rest, Role.AGAIN)
    inner = Inner(
        number=len(exports.keys) - len(found.staying),
        unused=sum(unused),
        functions=sum(map(NO_FUNCTION.__ne__, itertools.compress(exports.types, unused))),
        length=sum(itertools.compress(exports.lengths, unused)),
        again=sum(again),
        again_length=sum(itertools.compress(exports.lengths, again)),
    )
    if not inner.unused:
        return inner
    place, name = _shortest(found, rest) or (-1, "")
    if not name:
        # It is not among those that were kept.
        places = itertools.compress(range(len(rest)), unused)
        place = min(places, key=exports.lengths.__getitem__)
        name = reread(place)
    return replace(inner, shortest=name, place=sum(before < place for before, _, _, _ in found.staying))


def _shortest(found: Names, rest: Sequence[int]) -> tuple[int, str] | None:
    """Place and name of the shortest one left, if it is among those that were kept; the first of several."""
    left = ((place, name) for _, place, name, _ in sorted(found.short) if rest[place] != Role.STAYS)
    place, name = next(left, (-1, b""))
    return (place, name.decode()) if name else None
