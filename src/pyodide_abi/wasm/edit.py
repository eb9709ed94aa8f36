"""Edits of a module: what an edit does not touch stays byte for byte, so that an edit can be undone.

Linkers pad integers that they fill in late, and nobody knows every subsection of ``dylink.0``. Lists are
therefore changed item by item in the bytes they were written in, and never decoded and encoded as a whole.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyodide_abi.errors import UnreadableInputError
from pyodide_abi.values import value
from pyodide_abi.wasm import encode as enc
from pyodide_abi.wasm.cursor import Cursor
from pyodide_abi.wasm.section_table import SectionId
from pyodide_abi.wasm.sections import dylink0
from pyodide_abi.wasm.sections.dylink0 import SubsectionId
from pyodide_abi.wasm.writer import replace_contents, write_module

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from pyodide_abi.wasm.module import Module
    from pyodide_abi.wasm.section_table import Section
    from pyodide_abi.wasm.writer import NewSection

#: The numbers in front of the list in a ``dylink`` section: sizes and alignments.
_LEGACY_NUMBERS = 4
#: Bytes of the longest LEB128 integer of 32 bits.
_LONGEST_SIZE = 5
#: ``ref.func`` and its operand, wherever such bytes stand; they may mean something else there.
_REFERENCE = re.compile(rb"\xd2([\x80-\xff]{0,4}[\x00-\x7f])")


@value
class ModuleEdit:
    """What to change in a module.

    Attributes:
        needed: the libraries that it shall need, in order; None leaves them.
        run_paths: The run paths that it shall have, in order; None leaves them.
        drop_exports: names that it shall no longer export.
        drop_sections: names of custom sections that it shall no longer have.
        dylink_first: put the section that loaders look for where they do.
    """

    needed: tuple[str, ...] | None = None
    run_paths: tuple[str, ...] | None = None
    drop_exports: frozenset[str] = frozenset()
    drop_sections: frozenset[str] = frozenset()
    dylink_first: bool = False


def edit_module(module: Module, edit: ModuleEdit) -> bytes:
    """The module's file after the edit.

    Raises:
        UnreadableInputError: there is no section that could hold needed libraries or run paths.
        WasmError: a section that is to be changed is malformed.
    """
    return write_module(module, list(_sections(module, edit)))


def _sections(module: Module, edit: ModuleEdit) -> Iterator[Section | NewSection]:
    dylink = module.dylink_section
    if dylink is None and (edit.needed is not None or edit.run_paths is not None):
        raise UnreadableInputError(
            "it has no dylink.0 section, so it is no side module and cannot need libraries",
            hint="link it with -sSIDE_MODULE=1 or 2; if it was one, something has stripped the section",
        )
    sections = module.sections
    if dylink is not None and edit.dylink_first:
        sections = (dylink, *(section for section in sections if section != dylink))
    for section in sections:
        contents = module.contents(section) if section == dylink or section.id == SectionId.EXPORT else b""
        changed = contents
        if section == dylink:
            changed = _edit_dylink(contents, section, edit)
        elif section.custom and section.name in edit.drop_sections:
            continue
        elif section.id == SectionId.EXPORT and edit.drop_exports:
            changed = _without(contents, edit.drop_exports, _skip_export)
        yield section if changed == contents else replace_contents(section, changed)


def maybe_referenced(module: Module) -> frozenset[int]:
    """Functions that the code may take references of; an export can be what allows that.

    The instruction ``ref.func`` is valid only for functions that an export or a segment names (core
    specification, section 3.4.10). The code is not decoded for this: bytes that look like the instruction
    count, so that more functions are named than are referenced, and never fewer.
    """
    section = module.find(SectionId.CODE)
    if section is None:
        return frozenset()
    found = {match.group(1) for match in _REFERENCE.finditer(module.data, section.contents, section.end)}
    return frozenset(_value(encoded) for encoded in found)


def _value(encoded: bytes) -> int:
    return sum((byte & 0x7F) << 7 * place for place, byte in enumerate(encoded))


def _edit_dylink(contents: bytes, section: Section, edit: ModuleEdit) -> bytes:
    if section.name == dylink0.LEGACY_NAME:
        return _edit_legacy(contents, edit)
    if edit.needed is not None:
        contents = _set_names(contents, SubsectionId.NEEDED, edit.needed)
    if edit.run_paths is not None:
        contents = _set_names(contents, SubsectionId.RUNTIME_PATH, edit.run_paths)
    if edit.drop_exports:
        contents = b"".join(
            part.with_payload(_without(part.payload, edit.drop_exports, _skip_flags))
            if part.id == SubsectionId.EXPORT_INFO
            else part.encode()
            for part in _parts(contents)
        )
    return contents


def _edit_legacy(contents: bytes, edit: ModuleEdit) -> bytes:
    if edit.run_paths:
        raise UnreadableInputError(
            "it has the older dylink section, which holds no run paths",
            hint="no loader but that of 2024_0 reads the section; rebuild the module",
        )
    if edit.needed is None:
        return contents
    cursor = Cursor(contents, within="dylink section")
    for _ in range(_LEGACY_NUMBERS):
        cursor.u32()
    start = cursor.position
    return contents[:start] + _with_names(contents[start:], edit.needed)


@value
class _Part:
    """A subsection as it was written.

    Attributes:
        size_length: bytes that its size takes, if that is more than it needs; 1 otherwise.
    """

    id: int
    payload: bytes
    size_length: int

    def encode(self) -> bytes:
        return bytes([self.id]) + enc.unsigned(len(self.payload), length=self.size_length) + self.payload

    def with_payload(self, payload: bytes) -> bytes:
        return _Part(id=self.id, payload=payload, size_length=self.size_length).encode()


def _parts(contents: bytes) -> Iterator[_Part]:
    cursor = Cursor(contents, within="dylink.0 section")
    while cursor.remaining:
        id_ = cursor.u8()
        start = cursor.position
        size = cursor.u32()
        length = cursor.position - start
        padded = length > len(enc.unsigned(size))
        yield _Part(id=id_, payload=cursor.take(size), size_length=length if padded else 1)


def _set_names(contents: bytes, id_: int, names: Sequence[str]) -> bytes:
    """The section with other names in the subsection of an id.

    Loaders differ in what they make of several such subsections, so one is left. A new one stands where
    linkers put it, in the order of the ids, and its size is written in five bytes: by that it is known when
    its last name goes, and goes with it. Others stay without a name; tools have written such empty lists.
    """
    parts = list(_parts(contents))
    old = [part for part in parts if part.id == id_]
    if [name for part in old for name, _ in _names(part.payload)[1]] == list(names):
        return contents
    following = (place for place, part in enumerate(parts) if part.id > id_)
    place = parts.index(old[-1]) if old else next(following, len(parts))
    last = old[-1] if old else _Part(id=id_, payload=b"\0", size_length=_LONGEST_SIZE)
    before, after = (
        [part.encode() for part in some if part.id != id_] for some in (parts[:place], parts[place:])
    )
    stays = names or last.size_length != _LONGEST_SIZE
    new = [last.with_payload(_with_names(last.payload, names))] if stays else []
    return b"".join([*before, *new, *after])


def _with_names(payload: bytes, names: Sequence[str]) -> bytes:
    """A list of names with others in it; what was there is written as it was."""
    length, known, excess = _names(payload)
    written = dict(known)
    items = [written.get(name) or enc.name(name) for name in names]
    return enc.unsigned(len(items), length=length) + b"".join(items) + excess


def _names(payload: bytes) -> tuple[int, list[tuple[str, bytes]], bytes]:
    """The least length of the number in front, the names with their bytes, and what follows."""
    cursor = Cursor(payload, within="dylink.0 section")
    number, length = _count(cursor)
    items = []
    for _ in range(number):
        start = cursor.position
        items.append((cursor.name(), payload[start : cursor.position]))
    return length, items, cursor.rest()


def _count(cursor: Cursor) -> tuple[int, int]:
    """The number in front of a list, and the least length to write it in: that of one that was padded."""
    number = cursor.count()
    return number, cursor.position if cursor.position > len(enc.unsigned(number)) else 1


def _without(payload: bytes, names: Collection[str], skip: Callable[[Cursor], None]) -> bytes:
    """A list of entries that begin with a name, without those of certain names."""
    cursor = Cursor(payload, within="list")
    number, length = _count(cursor)
    kept = []
    for _ in range(number):
        start = cursor.position
        name = cursor.name()
        skip(cursor)
        if name not in names:
            kept.append(payload[start : cursor.position])
    return enc.unsigned(len(kept), length=length) + b"".join(kept) + cursor.rest()


def _skip_export(cursor: Cursor) -> None:
    cursor.u8()
    cursor.u32()


def _skip_flags(cursor: Cursor) -> None:
    cursor.u32()
