"""How much of everything a module has, as far as that is more than some engine accepts.

Engines agree on most bounds (WebAssembly JavaScript interface, section "Implementation-defined Limits"), and
not on all; what each accepts is data of the platform. Here is found where a module goes beyond given bounds.
Headers show nearly all of it; of code are looked at the sizes of bodies, what they declare, and large
``br_table`` instructions.
"""

from __future__ import annotations

import enum
import re
from itertools import repeat
from operator import sub
from typing import TYPE_CHECKING

from pyodide_abi.errors import ExcessError, WasmError
from pyodide_abi.values import replace, value
from pyodide_abi.wasm import encode as enc
from pyodide_abi.wasm.bodies import windows
from pyodide_abi.wasm.code import AT_A_TIME
from pyodide_abi.wasm.cursor import Cursor
from pyodide_abi.wasm.instruction_starts import behind_locals, reaches
from pyodide_abi.wasm.instructions import locals_of
from pyodide_abi.wasm.section_table import SectionId
from pyodide_abi.wasm.types import Kind, MemoryType, TableType

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pyodide_abi.wasm.bodies import Window
    from pyodide_abi.wasm.cursor import Bytes
    from pyodide_abi.wasm.frame import Frame
    from pyodide_abi.wasm.module import Module
    from pyodide_abi.wasm.types import ExternType


class Size(enum.StrEnum):
    """Something of which a module can have more than an engine accepts."""

    TYPES = "types"
    IMPORTS = "imports"
    FUNCTIONS = "functions"
    TABLES = "tables"
    MEMORIES = "memories"
    TAGS = "tags"
    GLOBALS = "globals"
    EXPORTS = "exports"
    ELEMENT_SEGMENTS = "element segments"
    DATA_SEGMENTS = "data segments"
    PARAMETERS = "parameters"
    """Of one function type; so are the next two of one type."""
    RESULTS = "results"
    FIELDS = "fields"
    SUPERTYPES = "supertypes"
    DEPTH = "depth"
    """Types that extend one another in a line, the first one not counted."""
    GROUP = "group"
    """Types in one recursive group."""
    ELEMENTS = "elements"
    """References in one element segment."""
    NAME = "name"
    """Bytes of the name of an import, an export or a custom section."""
    TABLE_LENGTH = "table length"
    """Entries that a table has at first."""
    MEMORY_PAGES = "memory pages"
    """Pages that a memory has at first."""
    MEMORY_MAXIMUM = "memory maximum"
    """Pages that a memory may have."""
    BODY = "body"
    """Bytes of one function."""
    LOCALS = "locals"
    """Parameters and other local variables of one function."""
    BRANCHES = "branches"
    """Targets of one ``br_table``, the default one not counted."""


#: What engines look at when they compile a function, after the whole file has been gone through.
OF_CODE = frozenset({Size.LOCALS, Size.BRANCHES})
#: The sections that begin with a number of things.
_COUNTED = {
    SectionId.TYPE: Size.TYPES,
    SectionId.IMPORT: Size.IMPORTS,
    SectionId.FUNCTION: Size.FUNCTIONS,
    SectionId.TABLE: Size.TABLES,
    SectionId.MEMORY: Size.MEMORIES,
    SectionId.TAG: Size.TAGS,
    SectionId.GLOBAL: Size.GLOBALS,
    SectionId.EXPORT: Size.EXPORTS,
    SectionId.ELEMENT: Size.ELEMENT_SEGMENTS,
    SectionId.DATA_COUNT: Size.DATA_SEGMENTS,
    SectionId.DATA: Size.DATA_SEGMENTS,
}
#: A number of one byte, of at most two, and the type of a local variable that is no reference to a type.
_SMALL, _TWO, _TYPE = rb"[\0-\x7f]", rb"(?:[\0-\x7f]|[\x80-\xff][\0-\x77])", rb"[\x69-\x7f]"
_GROUPS = 3
#: Declarations of local variables that are together fewer than any engine refuses, as nearly all are: up to
#: three groups of 15,359, up to fifteen of 127. A function has a thousand parameters at most.
_FEW_LOCALS = re.compile(
    b"|".join(
        b"%s(?:%s%s){%d}" % (re.escape(bytes([number])), _TWO if number <= _GROUPS else _SMALL, _TYPE, number)
        for number in range(16)
    )
)
#: A ``br_table`` of 16,384 targets or more, or something else.
_LONG_TABLE = re.compile(rb"\x0e[\x80-\xff]{2,4}[\0-\x7f]")


@value
class Excess:
    """More of something than a bound allows.

    Attributes:
        size: what it is.
        number: how many there are, as far as they have been counted.
        place: The offset in the file where the number stands; None where that is not known.
        index: The index of the function or type in question among all of the module; 0 for what is neither.
        name: the function's name, if the module says it.
    """

    size: Size
    number: int
    place: int | None
    index: int = 0
    name: str = ""


def excesses(module: Module, bounds: Mapping[str, int]) -> tuple[Excess, ...]:
    """Where a module goes beyond bounds, as far as its sections can be read; this never fails.

    Args:
        module: the module.
        bounds: the greatest number that is not told, by the names of sizes; what is not there may be large.
    """
    found: list[Excess] = []
    for part in (in_headers, _names, _segments, _code):
        try:
            found += part(module, bounds)
        except ExcessError as error:
            found.append(Excess(size=Size(error.size), number=error.number, place=error.offset))
        except WasmError:
            continue
    return tuple(dict.fromkeys(found))


def in_headers(frame: Frame, bounds: Mapping[str, int]) -> Iterator[Excess]:
    """What the sections that are there show without the names in them: numbers of things, and types.

    Raises:
        WasmError: one cannot be read.
        NotUsualError: one that matters is not there any more.
    """
    yield from _counts(frame, bounds)
    yield from _types(frame, bounds)
    yield from _tables_and_memories(frame, bounds)


def _counts(frame: Frame, bounds: Mapping[str, int]) -> Iterator[Excess]:
    """The sections that begin with too large a number."""
    for section in frame.sections:
        size = None if section.custom else _COUNTED.get(SectionId(section.id))
        if size is not None and size in bounds and frame.holds(section):
            number = frame.cursor(section).u32()
            if number > bounds[size]:
                yield Excess(size=size, number=number, place=section.contents)


def of_bodies(window: Window, frame: Frame, bounds: Mapping[str, int]) -> Iterator[Excess]:
    """Too large bodies, too many local variables and too long ``br_table`` instructions.

    Args:
        window: Some bodies.
        frame: The module that has them.
        bounds: as for :func:`excesses`, with those for code.

    Yields:
        what is too large; ``index`` is among the functions that the module defines.

    Raises:
        WasmError: a body that is looked at cannot be read.
    """
    data, starts, ends, few = window.data, window.starts, window.ends, _FEW_LOCALS.match
    longest, branches = bounds[Size.BODY], bounds[Size.BRANCHES]
    # Large modules have a hundred thousand bodies, and nearly always nothing to look at in any of them.
    if all(map(few, repeat(data), starts, ends)) and max(map(sub, ends, starts), default=0) <= branches:
        return
    for index, (start, end) in enumerate(zip(starts, ends, strict=True), window.first):
        if not few(data, start, end):
            yield from _locals(window.body(index), index, frame, bounds[Size.LOCALS])
        if end - start > branches:
            if end - start > longest:
                place = window.base + _begin_of_number(data, start)
                yield Excess(size=Size.BODY, number=end - start, place=place, index=index)
            yield from _branches(window.body(index), index, branches)


def _begin_of_number(data: Bytes, end: int) -> int:
    """Where the number begins that ends there; what stands before it ends in a byte below 128."""
    begin = end - 1
    while begin and data[begin - 1] & 0x80:
        begin -= 1
    return begin


def _locals(body: Cursor, index: int, frame: Frame, bound: int) -> Iterator[Excess]:
    """The declaration with which there are too many."""
    total = len(frame.func_type(frame.functions[index]).params) if index < len(frame.functions) else 0
    first = Cursor(body.data, start=body.position, end=body.end, base=body.base)
    first.u32()
    place = first.offset
    for number, _ in locals_of(body):
        total += number
        if total > bound:
            yield Excess(size=Size.LOCALS, number=total, place=place, index=index)
            return
        place = body.offset


def _branches(body: Cursor, index: int, bound: int) -> Iterator[Excess]:
    """The first ``br_table`` that is too long; the body is gone through once at most."""
    walk: Cursor | None = None
    for match in _LONG_TABLE.finditer(body.data, body.position, body.end):
        number = Cursor(body.data, start=match.start() + 1, end=body.end, base=body.base)
        place, targets = number.offset, number.u32()
        if bound < targets < number.remaining:
            walk = walk or behind_locals(body)
            if reaches(walk, match.start()):
                yield Excess(size=Size.BRANCHES, number=targets, place=place, index=index)
                return


def _types(frame: Frame, bounds: Mapping[str, int]) -> Iterator[Excess]:
    """Types that extend one another in too long a line; the readers of types see the other bounds."""
    kinds = [kind for group in frame.type_groups for kind in group.types]
    if not any(kind.supertypes for kind in kinds):
        return
    depths: list[int] = []
    for kind in kinds:
        above = [depths[index] + 1 for index in kind.supertypes if index < len(depths)]
        depths.append(max(above, default=0))
        if depths[-1] > bounds.get(Size.DEPTH, depths[-1]):
            yield Excess(size=Size.DEPTH, number=depths[-1], place=None, index=len(depths) - 1)
            return


def _names(module: Module, bounds: Mapping[str, int]) -> Iterator[Excess]:
    """The first name of each section that is too long."""
    bound = bounds.get(Size.NAME)
    if bound is None:
        return
    for section in module.sections:
        if section.size <= bound:
            continue
        names: Iterable[str] = ()
        if section.custom:
            names = (section.name,)
        elif section.id == SectionId.IMPORT:
            names = (name for entry in module.imports for name in (entry.module, entry.name))
        elif section.id == SectionId.EXPORT:
            names = (entry.name for entry in module.exports)
        long = next((length for length in (len(name.encode()) for name in names) if length > bound), None)
        if long is not None:
            yield Excess(size=Size.NAME, number=long, place=None)


def _tables_and_memories(frame: Frame, bounds: Mapping[str, int]) -> Iterator[Excess]:
    for id_, kind, own in (
        (SectionId.IMPORT, Kind.TABLE, ()),
        (SectionId.IMPORT, Kind.MEMORY, ()),
        (SectionId.TABLE, None, [table.type for table in frame.tables]),
        (SectionId.MEMORY, None, frame.memories),
    ):
        types: Iterable[ExternType] = own if kind is None else frame.imported.types[kind]
        for type_ in types:
            if isinstance(type_, TableType):
                numbers = [(Size.TABLE_LENGTH, type_.limits.minimum)]
            else:
                assert isinstance(type_, MemoryType)
                numbers = [(Size.MEMORY_PAGES, type_.limits.minimum)]
                numbers += [(Size.MEMORY_MAXIMUM, type_.limits.maximum or 0)]
            for size, number in numbers:
                if number > bounds.get(size, number) and not type_.limits.is64:
                    yield Excess(size=size, number=number, place=_place_of(frame, id_, number))


def _place_of(frame: Frame, id_: SectionId, number: int) -> int | None:
    """Where a large number stands in a section, if in one place only."""
    section = frame.find(id_)
    contents = frame.contents(section) if section else b""
    place = contents.find(enc.unsigned(number))
    alone = place >= 0 and contents.find(enc.unsigned(number), place + 1) < 0
    return section.contents + place if section and alone else None


def _segments(module: Module, _bounds: Mapping[str, int]) -> Iterator[Excess]:
    """Nothing by itself: the reader of segments sees their bounds."""
    if module.find(SectionId.ELEMENT):
        _ = module.elements
    return iter(())


def _code(module: Module, bounds: Mapping[str, int]) -> Iterator[Excess]:
    section = module.find(SectionId.CODE)
    if section is None or not {Size.BODY, Size.LOCALS, Size.BRANCHES} <= bounds.keys():
        return
    view = module.view(section)
    pieces = (view[start : start + AT_A_TIME] for start in range(0, len(view), AT_A_TIME))
    imported = len(module.imported.types[Kind.FUNCTION])
    for window in windows(pieces, section):
        for found in of_bodies(window, module, bounds):
            index = imported + found.index
            yield replace(found, index=index, name=module.function_names.get(index, ""))
