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
from pyodide_abi.linker.elide.names import Names, key_of
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
from pyodide_abi.linker.js_texts import texts_of
from pyodide_abi.linker.module_facts import anatomy_with, early_questions, late_questions
from pyodide_abi.linker.startup import Following
from pyodide_abi.platforms.engine_documents import least_sizes
from pyodide_abi.signatures import Kept, names_to_follow, recover
from pyodide_abi.wasm import FuncType, GlobalType, Kind, SectionId
from pyodide_abi.wasm.bodies import windows
from pyodide_abi.wasm.code import Scan
from pyodide_abi.wasm.columns import NotUsualError, export_columns, import_columns
from pyodide_abi.wasm.identify import identify
from pyodide_abi.wasm.imported import ByKind
from pyodide_abi.wasm.sections import dylink0, linking, names, target_features
from pyodide_abi.wasm.sizes import Size, in_headers, of_bodies
from pyodide_abi.wasm.stream import StreamedFrame
from pyodide_abi.wasm.types import different, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from pyodide_abi.linker.budget import Budget
    from pyodide_abi.linker.module_facts import Anatomy
    from pyodide_abi.linker.native_file import NativeFile
    from pyodide_abi.linker.startup import Startup
    from pyodide_abi.signatures import Recovered
    from pyodide_abi.wasm.code import Answers, Question
    from pyodide_abi.wasm.section_table import Section
    from pyodide_abi.wasm.sections.imports import Import as Entry

#: Custom sections that somebody reads.
_WANTED = frozenset({dylink0.NAME, dylink0.LEGACY_NAME, linking.NAME, names.NAME, target_features.NAME})
_PASSING = frozenset({SectionId.IMPORT, SectionId.EXPORT, SectionId.CODE})


def outline_stream(
    file: NativeFile,
    pieces: Iterable[bytes],
    *,
    known: Callable[[], frozenset[bytes]],
    sought: Collection[str],
    budget: Budget,
) -> tuple[Outline, Anatomy, Recovered] | None:
    """Read a side module as it arrives.

    Args:
        file: The file.
        pieces: Its contents.
        known: Gives the mangled names that some release of the platform has.
        sought: Names of features to look for in its code.
        budget: The work that may be done.

    Raises:
        UnreadableInputError: The budget is used up.

    Returns:
        What is kept of it until all files have been read, what it is made of, and what it hands over to be
        called. None for anything that is not quite as usual: that has to be read whole and with care.
    """
    try:
        return _Reading(file, known, sought, budget).read(pieces)
    except (WasmError, CutOffError, NotUsualError):
        return None


class _Reading:
    """A module on its way."""

    def __init__(
        self,
        file: NativeFile,
        known: Callable[[], frozenset[bytes]],
        sought: Collection[str],
        budget: Budget,
    ) -> None:
        self._file = file
        self._known = known
        self._sought = sought
        self._budget = budget
        self._bounds = least_sizes()
        self._frame = StreamedFrame()
        self._names = Names()
        self._following: Following | None = None
        self._kept = Kept(budget.share_of(file.path))
        self._answers: Answers = {}
        #: Of each import: what it is, and where its name is in the file; and those names that say something.
        self._plain: dict[int, bytes] = {}
        self._entries: list[Entry] = []
        self._starts, self._lengths = array("Q"), array("H")

    def read(self, pieces: Iterable[bytes]) -> tuple[Outline, Anatomy, Recovered]:
        """Take all sections, and say what was found."""
        file, frame, names = self._file, self._frame, self._names
        for section, contents in frame.receive(pieces, file.size, passing=_PASSING):
            self._budget.spend_section(frame, section)
            if section.id == SectionId.IMPORT:
                self._take_imports(section, contents)
            elif section.id == SectionId.EXPORT:
                names.sort(export_columns(contents), frame, self._known)
                self._allow(Size.EXPORTS, len(names.exports.keys))
                self._allow(Size.NAME, max(names.exports.lengths, default=0))
            elif section.id == SectionId.CODE:
                self._take_code(section, contents)
            elif section.custom and section.name not in _WANTED:
                self._allow(Size.NAME, len(section.name))
                frame.drop(section)
        if any(True for _ in late_questions(frame)):
            # The code that could answer has gone by.
            raise NotUsualError
        if any(True for _ in in_headers(frame, self._bounds)):
            raise NotUsualError
        startup, imports = self._finish()
        start = frame.beginning
        dylink = dylink_of(start, whole=False)
        exports = {name: frame.type_of_index(kind, index) for _, name, kind, index in names.staying}
        answers = self._answers_to(code_questions(frame, self._sought))
        js_texts = texts_of(frame, ((name, kind, index) for _, name, kind, index in names.staying))
        facts = facts_with(
            frame, dylink, imports, exports, startup=startup, answers=answers, js_texts=js_texts
        )
        library = Library(
            path=file.path,
            head=head_of(start),
            size=file.size,
            identity=identify(start),
            dylink=dylink,
            facts=facts,
        )
        answers = self._answers_to(early_questions(frame, frame.find(SectionId.CODE)))
        anatomy = anatomy_with(frame, facts, answers, checksum=file.checksum)
        recovered = recover(frame, self._exported_functions(), self._kept)
        return Outline(library=library, names=names, types=frame.types), anatomy, recovered

    def _take_imports(self, section: Section, contents: Iterator[bytes]) -> None:
        sorted_ = ByKind()
        parts = import_columns(contents, self._frame.types, base=section.contents)
        for names_, entries, starts in parts:
            plain = names_to_follow(names_)
            if all(map(_is_address, different(entries).values())):
                sorted_.add_globals(ENTRY, plain, entries)
                self._names.want_addresses(names_)
            else:
                self._plain.update(
                    (place, name) for place, name in enumerate(plain, len(self._entries)) if name
                )
                sorted_.add(plain, entries)
                self._names.want(names_, entries)
            self._entries += entries
            self._starts.fromlist(starts)
            self._lengths.fromlist(list(map(len, names_)))
        self._frame.take_imports(sorted_.imported())
        self._allow(Size.IMPORTS, len(self._entries))
        spaces = {entry.module for entry in self._entries}
        self._allow(Size.NAME, max(map(len, spaces), default=0))
        self._allow(Size.NAME, max(self._lengths, default=0))

    def _take_code(self, section: Section, contents: Iterator[bytes]) -> None:
        """Go through the code, as far as there are questions."""
        following = self._following = self._begin_following()
        questions = {*code_questions(self._frame, self._sought), *early_questions(self._frame, section)}
        scans = [Scan(question) for question in questions]
        keeping = self._kept.begin(self._frame, self._exported_functions(), section)
        if keeping:
            self._kept.own = self._own_addresses()
        for window in windows(contents, section):
            if not following.take(window) or any(True for _ in of_bodies(window, self._frame, self._bounds)):
                raise NotUsualError
            for scan in scans:
                scan.take(window)
            if keeping:
                self._kept.take(window)
        self._answers = {scan.question: scan.found for scan in scans}
        for _ in contents:
            pass

    def _allow(self, size: Size, number: int) -> None:
        """What has too much of something is read whole."""
        if number > self._bounds[size]:
            raise NotUsualError

    def _answers_to(self, questions: Iterable[Question]) -> Answers:
        """What the code shows; nothing where there is none."""
        return {question: self._answers.get(question, frozenset()) for question in questions}

    def _own_addresses(self) -> dict[int, tuple[Kind, int, bytes]]:
        """The exports whose addresses the module imports, by the globals that hold these."""
        own, keys = self._names.taken_back, self._names.keys
        places = (
            [place for place, entry in enumerate(self._entries) if type(entry.type) is GlobalType]
            if own
            else []
        )
        return {
            index: own[keys[place]]
            for index, place in enumerate(places)
            if self._entries[place].module in GOT_SPACES and keys[place] in own
        }

    def _begin_following(self) -> Following:
        return Following(self._frame, self._exported_functions())

    def _exported_functions(self) -> dict[str, int]:
        return {name: index for _, name, kind, index in self._names.staying if kind is Kind.FUNCTION}

    def _finish(self) -> tuple[Startup, tuple[Import, ...]]:
        """All has come: what runs during a load, and the imports that matter."""
        found = self._names
        following = self._following or self._begin_following()
        # What has not come does not exist.
        following.finish(lambda _: None)
        for index in found.exports.used_types:
            self._frame.func_type(index)
        keys, places = found.keys, found.unmet()
        if not found.distinct:
            raise NotUsualError
        called = self._places_of_functions(following.called)
        name_at = self._names_at({*places, *called.values()}, keys)
        startup = following.startup(lambda index: name_at[called[index]])
        imports = tuple(self._import(place, name_at[place]) for place in places)
        return startup, imports

    def _places_of_functions(self, called: Collection[int]) -> dict[int, int]:
        """Where imported functions are among all imports."""
        if not called:
            return {}
        places = [place for place, entry in enumerate(self._entries) if type(entry.type) is FuncType]
        return {index: places[index] for index in called}

    def _names_at(self, places: Collection[int], keys: Sequence[int]) -> dict[int, str]:
        """The names of imports; those that were not kept are read once more."""
        found = {place: sys.intern(self._plain[place].decode()) for place in places if place in self._plain}
        others = sorted(set(places) - found.keys())
        if others:
            spans = ((self._starts[place], self._lengths[place]) for place in others)
            for place, name in zip(others, _parts_of(self._file.again(), spans), strict=True):
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
