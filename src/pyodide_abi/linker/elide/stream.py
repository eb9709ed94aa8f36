"""Outlines of modules as they arrive, so that no module is ever held, nor its names or its code.

Imports come before exports, and only those tell which imports matter outside of a module. Until then a
mangled name is a number and a place in the file; the few that matter are read a second time.
"""

from __future__ import annotations

import sys
from array import array
from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import GOT_SPACES
from pyodide_abi.errors import WasmError
from pyodide_abi.linker.dylink import CutOffError
from pyodide_abi.linker.elide.names import MANGLED_BYTES, Names, key_of
from pyodide_abi.linker.elide.outline import Outline
from pyodide_abi.linker.facts import (
    ENTRY,
    Import,
    Library,
    code_questions,
    dylink_of,
    facts_with,
    head_of,
)
from pyodide_abi.linker.startup import Following
from pyodide_abi.wasm import FuncType, SectionId
from pyodide_abi.wasm.bodies import windows
from pyodide_abi.wasm.code import Scan
from pyodide_abi.wasm.columns import NotUsualError, export_columns, import_columns
from pyodide_abi.wasm.identify import identify
from pyodide_abi.wasm.imported import ByKind
from pyodide_abi.wasm.sections import dylink0, linking, names, target_features
from pyodide_abi.wasm.sections.exports import Export
from pyodide_abi.wasm.stream import StreamedModule
from pyodide_abi.wasm.types import different, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from pyodide_abi.linker.startup import Startup
    from pyodide_abi.wasm import Module
    from pyodide_abi.wasm.code import Question
    from pyodide_abi.wasm.section_table import Section
    from pyodide_abi.wasm.sections.imports import Import as Entry

#: Custom sections that somebody reads.
_WANTED = frozenset({dylink0.NAME, dylink0.LEGACY_NAME, linking.NAME, names.NAME, target_features.NAME})
_PASSING = frozenset({SectionId.IMPORT, SectionId.EXPORT, SectionId.CODE})


def outline_stream(
    path: str,
    pieces: Iterable[bytes],
    again: Callable[[], Iterable[bytes]],
    size: int,
    *,
    known: frozenset[bytes],
    sought: Collection[str] = (),
    asked: Callable[[Module, Section], Iterable[Question]] = lambda *_: (),
) -> tuple[Outline, Module] | None:
    """Read a side module as it arrives.

    Args:
        path: where it is below ``site-packages``.
        pieces: the file.
        again: gives it a second time, from its beginning.
        size: of the file, in bytes.
        known: mangled names that some release of the platform has.
        sought: features to look for in its code.
        asked: what else will be asked about its code; called with the module and the code section before that
            is there.

    Returns:
        What is kept of it, and the module with what its other sections hold. None for anything that is not
        quite as usual: that has to be read whole and with care.
    """
    reading = _Reading(known)
    module = reading.module
    try:
        for section, contents in module.receive(pieces, size, passing=_PASSING):
            if section.id == SectionId.CODE:
                questions = {*code_questions(module, sought), *asked(module, section)}
                reading.take_code(section, contents, questions)
            else:
                reading.take(section, contents)
        startup, imports = reading.finish(again)
        dylink = dylink_of(module.data, whole=False)
        exports = {name: module.type_of_index(kind, index) for _, name, kind, index in reading.names.staying}
        library = Library(
            path=path,
            head=head_of(module.data),
            size=size,
            identity=identify(module.data),
            dylink=dylink,
            facts=facts_with(module, dylink, imports, exports, startup=startup, sought=sought),
        )
    except (WasmError, CutOffError, NotUsualError):
        return None
    return Outline(library=library, names=reading.names, types=module.types), module


class _Reading:
    """A module on its way.

    Attributes:
        module: what is there of it.
        names: its imports and exports.
    """

    def __init__(self, known: frozenset[bytes]) -> None:
        self.module = StreamedModule()
        self.names = Names()
        self._known = known
        self._following: Following | None = None
        #: Of each import: what it is, and where its name is in the file; and those names that say something.
        self._plain: dict[int, bytes] = {}
        self._entries: list[Entry] = []
        self._starts, self._lengths = array("Q"), array("H")

    def take(self, section: Section, contents: Iterator[bytes]) -> None:
        """Take the next section, other than the code."""
        if section.id == SectionId.IMPORT:
            self._take_imports(section, contents)
        elif section.id == SectionId.EXPORT:
            self.names.sort(export_columns(contents), self.module, self._known)
            self.module.exports = tuple(
                Export(name, kind, index) for _, name, kind, index in self.names.staying
            )
        elif section.custom and section.name not in _WANTED:
            self.module.drop(section)

    def _take_imports(self, section: Section, contents: Iterator[bytes]) -> None:
        sorted_ = ByKind()
        parts = import_columns(contents, self.module.types, base=section.contents)
        for names_, entries, starts in parts:
            if all(map(_is_address, different(entries).values())):
                sorted_.add_globals(ENTRY, len(names_))
                self.names.want_addresses(names_)
            else:
                plain = [b"" if name.startswith(MANGLED_BYTES) else name for name in names_]
                self._plain.update(
                    (place, name) for place, name in enumerate(plain, len(self._entries)) if name
                )
                sorted_.add(plain, entries)
                self.names.want(names_, entries)
            self._entries += entries
            self._starts.fromlist(starts)
            self._lengths.fromlist(list(map(len, names_)))
        self.module.imported = sorted_.imported()

    def take_code(self, section: Section, contents: Iterator[bytes], questions: Collection[Question]) -> None:
        """Go through the code, as far as there are questions."""
        following = self._following = Following(self.module)
        scans = [Scan(question) for question in questions]
        for window in windows(contents, section):
            if not following.take(window):
                raise NotUsualError
            for scan in scans:
                scan.take(window)
            if following.done and all(scan.is_done() for scan in scans):
                break
        self.module.answers.update((scan.question, scan.found) for scan in scans)
        for _ in contents:
            pass

    def finish(self, again: Callable[[], Iterable[bytes]]) -> tuple[Startup, tuple[Import, ...]]:
        """All has come: what runs during a load, and the imports that matter."""
        found, module = self.names, self.module
        following = self._following or Following(module)
        # What has not come does not exist.
        following.finish(lambda _: None)
        for index in found.exports.used_types:
            module.func_type(index)
        keys, places = found.keys, found.unmet()
        if not found.distinct:
            raise NotUsualError
        called = self._places_of_functions(following.called)
        name_at = self._names_at({*places, *called.values()}, keys, again)
        startup = following.startup(lambda index: name_at[called[index]])
        imports = tuple(self._import(place, name_at[place]) for place in places)
        return startup, imports

    def _places_of_functions(self, called: Collection[int]) -> dict[int, int]:
        """Where imported functions are among all imports."""
        if not called:
            return {}
        places = [place for place, entry in enumerate(self._entries) if type(entry.type) is FuncType]
        return {index: places[index] for index in called}

    def _names_at(
        self, places: Collection[int], keys: Sequence[int], again: Callable[[], Iterable[bytes]]
    ) -> dict[int, str]:
        """The names of imports; those that were not kept are read once more."""
        found = {place: sys.intern(self._plain[place].decode()) for place in places if place in self._plain}
        others = sorted(set(places) - found.keys())
        if others:
            spans = ((self._starts[place], self._lengths[place]) for place in others)
            for place, name in zip(others, _parts_of(again(), spans), strict=True):
                if key_of(name) != keys[place]:
                    raise NotUsualError
                # Modules of one wheel import the same.
                found[place] = sys.intern(name.decode())
        return found

    def _import(self, place: int, name: str) -> Import:
        space, _, type_, _ = self._entries[place]
        return Import(place, space, name, kind_of(type_), type_, space in GOT_SPACES)


def _is_address(entry: Entry) -> bool:
    """It is the usual import for an address."""
    return entry.type is ENTRY and entry.module in GOT_SPACES


def _parts_of(pieces: Iterable[bytes], spans: Iterable[tuple[int, int]]) -> Iterator[bytes]:
    """Parts of a file: begin and length of each, in the order of the file."""
    coming = iter(pieces)
    held, base = b"", 0
    for start, length in spans:
        while base + len(held) < start + length:
            piece = next(coming, None)
            if piece is None:
                raise NotUsualError
            done = min(start - base, len(held))
            held, base = held[done:] + piece, base + done
        yield held[start - base : start - base + length]
