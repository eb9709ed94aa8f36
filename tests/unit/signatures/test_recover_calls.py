"""Calls by address that a module makes itself, and functions that are called back: what is known of each."""

from __future__ import annotations

import pytest
from assembling import LONG, assemble, written

from pyodide_abi.signatures import recovered_from
from pyodide_abi.wasm import read_module

_DYLINK = "(@dylink.0 (mem-info (memory 400 4)))"
#: A function that calls what lies at a place with one argument.
_CALL = f"""
    (type $one (func (param i32) (result i32)))
    (func $call (param $table i32) (result i32) {LONG}
      (call_indirect (type $one) (i32.const 1) (i32.load (local.get $table))))"""
#: The address of the first function, in the module's data.
_TABLE = """
    (elem (global.get $tb) func $two $run)
    (func $two (param i32 i32) (result i32) i32.const 0)
    (start $fill)
    (func $fill (i32.store offset=200 (global.get $mb) (global.get $tb)))"""
#: What linkers write where nothing has a value yet.
_ZEROED = "(start $zero) (func $zero (i32.store offset=200 (global.get $mb) (i32.const 0)))"


def _called(text: str, table: str) -> list[tuple[str, str, str]]:
    entries = recovered_from(read_module(assemble(text))).entries
    return [
        (entry.name, written(entry.target.type), written(entry.prototype.type))
        for entry in entries
        if entry.table == table and entry.target.type is not None
    ]


@pytest.mark.parametrize("between", [0, 1, 2])
def test_tables_that_are_given_to_functions_that_call_what_lies_there_are_followed(between: int) -> None:
    hands = "".join(
        f"(func $call{n + 1} (param i32) (result i32) {LONG} (call $call{n or ''} (local.get 0)))"
        for n in range(between)
    )
    text = f"""{_DYLINK} %making {_CALL} {_TABLE} {hands}
        (func $run (param i32 i32) (result i32) {LONG}
          (call $call{between or ""} (i32.add (global.get $mb) (i32.const 200))))
        %second"""
    assert _called(text, "call_indirect") == [("x.run", "(i32, i32) -> i32", "(i32) -> i32")]


@pytest.mark.parametrize("zeroed", ["", _ZEROED])
@pytest.mark.parametrize("set_to", ["", "(i32.store offset=200 (global.get $mb) (local.get 0))"])
def test_variables_hold_anything_once_the_module_is_made(set_to: str, zeroed: str) -> None:
    """A function that does nothing until another one has set a variable."""
    text = f"""{_DYLINK} %making
        (import "env" "qsort" (func $qsort (param i32 i32 i32 i32)))
        (elem (global.get $tb) func $two $run)
        (func $two (param i32) (result i32) i32.const 0)
        (func $run (param i32 i32) (result i32) {LONG}
          (if (i32.load offset=200 (global.get $mb))
            (then (call $qsort (local.get 0) (i32.const 4) (i32.const 4) (global.get $tb))))
          i32.const 0)
        (func (export "set") (param i32) {set_to})
        {zeroed}
        %second"""
    assert _called(text, "qsort") == [("x.run", "(i32) -> i32", "(i32, i32) -> i32")]


def test_what_a_function_hands_over_for_others_is_named_after_one_of_them() -> None:
    text = f"""{_DYLINK} %making
        (import "env" "qsort" (func $qsort (param i32 i32 i32 i32)))
        (elem (global.get $tb) func $two $run)
        (func $two (param i32) (result i32) i32.const 0)
        (func $sort (param i32) {LONG}
          (call $qsort (local.get 0) (i32.const 4) (i32.const 4) (global.get $tb)))
        (func $between (param i32) {LONG} (call $sort (local.get 0)))
        (func $run (param i32 i32) (result i32) {LONG} (call $between (local.get 0)) i32.const 0)
        %second"""
    assert _called(text, "qsort") == [("x.run", "(i32) -> i32", "(i32, i32) -> i32")]
