"""What is taken from a library's bytes."""

from __future__ import annotations

import pytest
from assembling import assemble

from pyodide_abi.linker import Head, read_library
from pyodide_abi.linker.facts import head_of
from pyodide_abi.wasm.features import Feature

MODULE = """(@dylink.0 (mem-info (memory 8 2) (table 1 0)) (needed "liba.so" "libb.so")
  (runtime-path "$ORIGIN")
  (import-info "env" "w" binding-weak) (import-info "env" "s" undefined))
(import "env" "memory" (memory 1))
(import "GOT.mem" "w" (global (mut i32)))
(import "env" "__memory_base" (global i32))
(import "env" "f" (func (param i64)))
(global (export "__em_js__made_late") i32 (i32.const 0))
(func (export "PyInit_x") (result i32) i32.const 0)"""


def test_everything_that_the_linker_asks_for() -> None:
    library = read_library("pkg/x.so", assemble(MODULE))
    facts = library.facts
    assert library.head is Head.DYLINK
    assert facts is not None
    assert facts.needed == ("liba.so", "libb.so")
    assert facts.run_paths == ("$ORIGIN",)
    assert facts.weak == {"w"}
    assert [(entry.index, entry.module, entry.name) for entry in facts.imports] == [
        (0, "env", "memory"),
        (1, "GOT.mem", "w"),
        (2, "env", "__memory_base"),
        (3, "env", "f"),
    ]
    assert [entry.address for entry in facts.imports] == [False, True, False, False]
    assert {name: str(type_) for name, type_ in facts.exports.items()} == {
        "__em_js__made_late": "i32",
        "PyInit_x": "()->(i32)",
    }
    assert facts.js_functions == {"made_late"}
    assert facts.wants_bases
    assert facts.has_dylink
    assert not facts.dylink_misplaced
    assert not facts.relocatable


@pytest.mark.parametrize(
    ("data", "head"),
    [
        (b"", Head.NOT_WASM),
        (b"\0as", Head.NOT_WASM),
        (b"\x7fELF\2\1\1" + bytes(60), Head.NOT_WASM),
        (b"\0asm\1\0\0\0", Head.NOT_CUSTOM),
        (b"\0asm\1\0\0\0\1\1\0", Head.NOT_CUSTOM),
        (b"\0asm\1\0\0\0\0\5\4name", Head.OTHER_NAME),
        (b"\0asm\1\0\0\0\0\x07\6dylink", Head.LEGACY),
        (b"\0asm\1\0\0\0\0\x09\x08dylink.0", Head.DYLINK),
        # The size may be padded, and the version is no business of the loader's.
        (b"\0asm\x09\0\0\0\0\x89\x80\x00\x08dylink.0", Head.DYLINK),
        (b"\0asm\1\0\0\0\0\x09", Head.OTHER_NAME),
    ],
)
def test_the_beginning_is_what_the_loader_looks_at(data: bytes, head: Head) -> None:
    assert head_of(data) is head


@pytest.mark.parametrize("length", range(0, 60, 3))
def test_whatever_the_bytes_are_reading_does_not_fail(length: int) -> None:
    library = read_library("x.so", assemble(MODULE)[:length])
    assert library.facts is None or library.fault == ""


def test_the_encoding_of_exceptions_is_looked_for_only_where_there_are_tags() -> None:
    tag = '(import "env" "__cpp_exception" (tag (param i32)))'
    legacy = "(func try nop catch_all end)"
    standard = "(func (block (try_table (catch_all 0))))"
    for text, found, absent in (
        (tag + legacy, Feature.LEGACY_EXCEPTIONS, Feature.EXNREF),
        (tag + standard, Feature.EXNREF, Feature.LEGACY_EXCEPTIONS),
    ):
        facts = read_library("x.so", assemble("%dylink" + text)).facts
        assert facts is not None
        assert found in facts.features
        assert absent not in facts.features
    facts = read_library("x.so", assemble("%dylink" + legacy)).facts
    assert facts is not None
    assert Feature.LEGACY_EXCEPTIONS not in facts.features
