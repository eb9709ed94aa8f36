"""Edits touch what they are meant for and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_modules import side_module

from pyodide_abi.errors import UnreadableInputError
from pyodide_abi.wasm import encode as enc
from pyodide_abi.wasm import read_module
from pyodide_abi.wasm.edit import ModuleEdit, edit_module, maybe_referenced

CORPUS = Path(__file__).parents[2] / "corpus"
NAMES = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=200), min_size=1, max_size=5)


def edited(data: bytes, **changes: object) -> bytes:
    return edit_module(read_module(data), ModuleEdit(**changes))  # type: ignore[arg-type]


def dylink(*subsections: bytes) -> bytes:
    """A module of one section, whose size is written in five bytes, as linkers do."""
    payload = b"\x08dylink.0" + b"".join(subsections)
    return b"\0asm\x01\0\0\0\0" + enc.unsigned(len(payload), length=5) + payload


#: Everything padded, an unknown subsection between, bytes behind the last name.
MEMORY = b"\x01\x84\x00\x40\x02\x00\x00"
NEEDED = b"\x02\x8c\x80\x00" + b"\x81\x80\x00" + b"\x86\x00lib\xc3\xa9." + b"?"
UNKNOWN = b"\x09\x83\x80\x80\x00abc"
PADDED = dylink(MEMORY, NEEDED, UNKNOWN)


@given(NAMES)
def test_an_edit_can_be_undone(names: list[str]) -> None:
    for data in (PADDED, dylink(MEMORY), (CORPUS / "side.wasm").read_bytes()):
        old = read_module(data).dylink
        assert old is not None
        new = edited(data, needed=(*old.needed, *names), run_paths=(*old.runtime_paths, *names))
        changed = read_module(new).dylink
        assert changed is not None
        assert changed.needed == (*old.needed, *names)
        assert changed.runtime_paths == (*old.runtime_paths, *names)
        assert edited(new, needed=old.needed, run_paths=old.runtime_paths) == data


def test_what_is_not_edited_stays_byte_for_byte() -> None:
    assert edited(PADDED) == PADDED
    assert edited(PADDED, needed=("libé.",)) == PADDED
    grown = edited(PADDED, needed=("libé.", "b"))
    assert MEMORY in grown
    assert UNKNOWN in grown
    assert b"\x02\x8e\x80\x00\x82\x80\x00\x86\x00lib\xc3\xa9.\x01b?" in grown


def test_subsections_come_and_go_in_the_order_of_linkers() -> None:
    data = dylink(MEMORY, UNKNOWN)
    new = edited(data, needed=("a",), run_paths=("$ORIGIN",))
    needed, paths = b"\x02\x83\x80\x80\x80\x00\x01\x01a", b"\x05\x89\x80\x80\x80\x00\x01\x07$ORIGIN"
    assert new == dylink(MEMORY, needed, paths, UNKNOWN)
    assert edited(new, needed=(), run_paths=()) == data


def test_a_list_can_be_empty() -> None:
    """As in a published wheel: a tool wrote a list of needed libraries without any."""
    for data in (dylink(MEMORY, b"\x02\x01\x00"), dylink(MEMORY, b"\x02\x81\x00\x00", UNKNOWN)):
        assert edited(edited(data, needed=("a",)), needed=()) == data
    data = dylink(MEMORY, b"\x02\x03\x01\x01a")
    assert edited(edited(data, needed=()), needed=("a",)) == data


def test_of_several_lists_one_is_left() -> None:
    data = dylink(b"\x02\x03\x01\x01a", MEMORY, b"\x02\x03\x01\x01b")
    assert edited(data, needed=("a", "b")) == data
    assert edited(data, needed=("a", "c")) == dylink(MEMORY, b"\x02\x05\x02\x01a\x01c")


def test_the_older_section_holds_needed_libraries_only() -> None:
    payload = b"\x06dylink" + b"\x40\x02\x00\x00" + b"\x01\x01a"
    data = b"\0asm\x01\0\0\0\0" + enc.sized(payload)
    new = edited(data, needed=("a", "bb"))
    module = read_module(new).dylink
    assert module is not None
    assert module.needed == ("a", "bb")
    assert edited(new, needed=("a",)) == data
    with pytest.raises(UnreadableInputError, match="no run paths"):
        edited(data, run_paths=("$ORIGIN",))


def test_a_module_that_is_no_library_cannot_need_one() -> None:
    with pytest.raises(UnreadableInputError, match=r"no dylink\.0 section"):
        edited(b"\0asm\x01\0\0\0", needed=("a",))


TEXT = """
  (memory (export "memory") 1)
  (func $f (export "f") (result i32) i32.const 1)
  (func (export "g") (result i32) i32.const 2)
  (elem declare func $f)
  (func (export "h") (result funcref) ref.func $f)
"""


def test_exports_and_sections_are_dropped() -> None:
    data = side_module(TEXT)
    module = read_module(data)
    new = read_module(edited(data, drop_exports=frozenset({"g", "memory", "nobody"})))
    assert [entry.name for entry in new.exports] == ["f", "h"]
    assert new.dylink == module.dylink
    more = data + b"\0" + enc.sized(b"\x04moreabc")
    assert edited(more, drop_sections=frozenset({"more"})) == data


def test_flags_of_a_dropped_export_go_with_it() -> None:
    flags = b"\x03\x09\x82\x00\x01f\x04\x01g\x80\x00"
    data = dylink(MEMORY, flags)
    assert edited(data, drop_exports=frozenset({"f"})) == dylink(MEMORY, b"\x03\x06\x81\x00\x01g\x80\x00")


def test_references_in_the_code_are_seen() -> None:
    assert 0 in maybe_referenced(read_module(side_module(TEXT)))
    assert maybe_referenced(read_module(side_module('(func (export "f"))'))) == frozenset()
