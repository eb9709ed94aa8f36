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

from pyodide_abi.errors import WasmError
from pyodide_abi.linker.dylink import CutOffError
from pyodide_abi.linker.facts import (
    Inner,
    Library,
    dylink_of,
    facts_with,
    head_of,
    read_library,
)
from pyodide_abi.linker.inner import ADDRESS, MANGLED, NO_FUNCTION, Names, key_of
from pyodide_abi.values import replace, value
from pyodide_abi.wasm import SectionId
from pyodide_abi.wasm.columns import NotUsualError, export_columns, import_columns
from pyodide_abi.wasm.cursor import Cursor
from pyodide_abi.wasm.identify import identify
from pyodide_abi.wasm.imported import ByKind
from pyodide_abi.wasm.sections import dylink0, imports, linking, names, target_features
from pyodide_abi.wasm.sections.exports import Export
from pyodide_abi.wasm.stream import StreamedModule
from pyodide_abi.wasm.types import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from pyodide_abi.linker.facts import Facts
    from pyodide_abi.linker.inner import Column
    from pyodide_abi.wasm import ExternType, Module
    from pyodide_abi.wasm.cursor import Bytes
    from pyodide_abi.wasm.features import Feature
    from pyodide_abi.wasm.types import CompositeType

#: Custom sections that somebody reads.
_WANTED = frozenset({dylink0.NAME, dylink0.LEGACY_NAME, linking.NAME, names.NAME, target_features.NAME})
#: Bytes of an import section that are taken apart at a time.
_AT_A_TIME = 1 << 18
_PARTS = 4


@value
class Outline:
    """What is kept of a file until all files have been read.

    Attributes:
        library: with facts that lack what was left out.
        names: what that is; None for a file without facts.
        types: of the module, by index.
    """

    library: Library
    names: Names | None = None
    types: tuple[CompositeType, ...] = ()


def outline_of(
    path: str,
    data: bytes,
    module: Module | None,
    *,
    known: Collection[bytes],
    sought: Collection[Feature] = (),
) -> Outline:
    """Read a file that is held whole; whatever the bytes are, this does not fail.

    Args:
        path: where it is below ``site-packages``.
        data: its bytes.
        module: they as a module; None where they are none.
        known: mangled names that some release of the platform has.
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
    sorted_.keep_imports(module.imports.__getitem__)
    exports = {name: facts.exports[name] for _, name, _, _ in sorted_.exports}
    reduced = replace(facts, imports=sorted_.imports, exports=exports)
    return Outline(library=replace(library, facts=reduced), names=sorted_, types=module.types)


def outline_stream(
    path: str,
    pieces: Iterable[bytes],
    size: int,
    *,
    known: Collection[bytes],
    sought: Collection[Feature] = (),
) -> tuple[Outline, Module] | None:
    """Read a side module as it arrives; arguments as for :func:`outline_of`.

    Returns:
        What is kept of it, and the module with what its sections hold but for imports and exports. None for
        anything that is not quite as usual: that has to be read whole and with care.
    """
    module = StreamedModule()
    try:
        found = _receive(module, pieces, size, known)
        dylink = dylink_of(module.data, whole=False)
        exports = {name: module.type_of_index(kind, index) for _, name, kind, index in found.exports}
        library = Library(
            path=path,
            head=head_of(module.data),
            size=size,
            identity=identify(module.data),
            dylink=dylink,
            facts=facts_with(module, dylink, found.imports, exports, sought=sought),
        )
    except (WasmError, CutOffError, NotUsualError):
        return None
    return Outline(library=library, names=found, types=module.types), module


def _receive(module: StreamedModule, pieces: Iterable[bytes], size: int, known: Collection[bytes]) -> Names:
    found = Names()
    starts = array("I")
    for section, contents in module.receive(pieces, size, passing={SectionId.EXPORT}):
        if section.id == SectionId.IMPORT:
            starts = _take_imports(module, found, module.view(section))
        elif section.id == SectionId.EXPORT:
            found.sort(export_columns(contents), module, known)
            _keep_imports(module, found, starts)
        elif section.custom and section.name not in _WANTED:
            module.drop(section)
    _keep_imports(module, found, starts)
    for index in {*found.again.types, *found.given.types} - {NO_FUNCTION}:
        module.func_type(index)
    if not found.distinct:
        raise NotUsualError
    module.exports = tuple(Export(name, kind, index) for _, name, kind, index in found.exports)
    return found


def _take_imports(module: StreamedModule, found: Names, contents: Bytes) -> array[int]:
    """Go through an import section, and say where each import begins.

    The section is held until the exports have come: its names are not, as they would take twice the room, and
    most of them are never looked at again.
    """
    starts = array("I")
    sorted_ = ByKind()
    parts = (bytes(contents[start : start + _AT_A_TIME]) for start in range(0, len(contents), _AT_A_TIME))
    for names_, entries, begins in import_columns(parts, module.types):
        sorted_.add(names_, entries)
        found.want(names_, entries)
        starts.extend(begins)
    module.imported = sorted_.imported()
    return starts


def _keep_imports(module: StreamedModule, found: Names, starts: Sequence[int]) -> None:
    """Read the imports that matter once more, and let go of the section."""
    section = module.find(SectionId.IMPORT)
    if section is not None and module.holds(section):
        contents, types = module.view(section), module.types
        found.keep_imports(lambda place: imports.read_one(Cursor(contents, start=starts[place]), types))
        module.drop(section)


def settle(outlines: Sequence[Outline], reread: Callable[[str, int], str]) -> list[Library]:
    """The libraries with their final facts.

    Args:
        outlines: of all files that can be loaded together.
        reread: gives, for a path, the name of the export at a place, by reading the file again.
    """
    asked = {
        key_of(entry.name.encode()): entry.name
        for facts in _all_facts(outlines)
        for entry in facts.imports
        if entry.name.startswith(MANGLED)
    }
    # What runs during a load is held against names, whoever has them.
    called = {key_of(name.encode()): name for facts in _all_facts(outlines) for name in _called(facts)}
    sorted_ = [outline.names for outline in outlines if outline.names]
    again = [each.again.keys for each in sorted_]
    given = set(itertools.chain.from_iterable(each.given.keys for each in sorted_))
    taken = given.intersection(itertools.chain.from_iterable(again))
    used = _Used(again=_repeated(again) | asked.keys(), given=taken | asked.keys())
    return [_settled(outline, asked | called, used, reread) for outline in outlines]


@value
class _Used:
    """Keys of names that more than one module imports, and of those that another imports than exports."""

    again: Collection[int]
    given: Collection[int]


def _all_facts(outlines: Sequence[Outline]) -> Iterator[Facts]:
    return (outline.library.facts for outline in outlines if outline.library.facts)


def _called(facts: Facts) -> Iterator[str]:
    runs = (facts.startup.start, facts.startup.relocations, facts.startup.constructors)
    return itertools.chain.from_iterable(run.calls for run in runs)


def _repeated(columns: Sequence[array[int]]) -> set[int]:
    """Keys that are in several columns. By parts: a set of all would take more memory than anything else."""
    repeated: set[int] = set()
    for part in range(_PARTS):
        seen: set[int] = set()
        for column in columns:
            keys = {key for key in column if key % _PARTS == part}
            repeated |= keys & seen
            seen |= keys
    return repeated


def _settled(
    outline: Outline, wanted: Mapping[int, str], used: _Used, reread: Callable[[str, int], str]
) -> Library:
    facts, found = outline.library.facts, outline.names
    if facts is None or found is None or not (found.again.keys or found.given.keys):
        return outline.library
    own = [(place, name, facts.exports[name]) for place, name, _, _ in found.exports]
    shown = [*_shown(found.again, wanted, outline.types), *_shown(found.given, wanted, outline.types)]
    exports = {name: type_ for _, name, type_ in sorted([*own, *shown], key=lambda entry: entry[0])}
    inner = replace(
        _inner(outline, found, used, reread),
        shown=frozenset(name for _, name, _ in shown),
    )
    return replace(outline.library, facts=replace(facts, exports=exports, inner=inner))


def _shown(
    column: Column, wanted: Mapping[int, str], types: Sequence[CompositeType]
) -> Iterator[tuple[int, str, ExternType]]:
    """Names that others ask for after all: place, name, type."""
    for at, key in enumerate(column.keys):
        if key in wanted:
            index = column.types[at]
            type_ = ADDRESS if index == NO_FUNCTION else types[index]
            yield column.places[at], wanted[key], type_  # type: ignore[misc]  # they were checked before


def _inner(outline: Outline, found: Names, used: _Used, reread: Callable[[str, int], str]) -> Inner:
    """What there is to know of the names that were left out."""
    again = [at for at, key in enumerate(found.again.keys) if key not in used.again]
    given = [at for at, key in enumerate(found.given.keys) if key not in used.given]
    number = len(found.again.keys) + len(found.given.keys)
    if not again and not given:
        return Inner(number=number)
    again_length = sum(map(found.again.lengths.__getitem__, again))
    place, shortest = _shortest(found, used) or (-1, "")
    if not shortest:
        sizes = [(found.again.lengths[at], found.again.places[at]) for at in again]
        sizes += [(found.given.lengths[at], found.given.places[at]) for at in given]
        place = min(sizes)[1]
        shortest = reread(outline.library.path, place)
    functions = [found.again.types[at] for at in again] + [found.given.types[at] for at in given]
    return Inner(
        number=number,
        unused=len(again) + len(given),
        functions=len(functions) - functions.count(NO_FUNCTION),
        length=again_length + sum(map(found.given.lengths.__getitem__, given)),
        again=len(again),
        again_length=again_length,
        shortest=shortest,
        place=sum(before < place for before, _, _, _ in found.exports),
    )


def _shortest(found: Names, used: _Used) -> tuple[int, str] | None:
    """Place and name of the shortest unused name, if it is among those that were kept."""
    for _, place, name, imported in sorted(found.short):
        if key_of(name) not in (used.again if imported else used.given):
            return place, name.decode()
    return None
