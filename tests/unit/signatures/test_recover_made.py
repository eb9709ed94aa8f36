"""Function pointers found in modules that are written for one question each."""

from __future__ import annotations

import pytest
from assembling import LONG, OWN_ADDRESSES, assemble, written

from pyodide_abi.signatures import Certainty, keep_bodies, recover, recovered_from
from pyodide_abi.signatures.operations import NUMERIC
from pyodide_abi.signatures.symbolic import TABLE, Choice, Pointer, each
from pyodide_abi.wasm import Kind, read_module

#: A function that calls what it is given, and one of another type to give to it.
_CALLING_GIVEN = f"""%dylink %making
        (type $one (func (param i32) (result i32)))
        (elem (global.get $tb) func $two)
        (func $two (param i32 i32) (result i32) i32.const 0)
        (func $call (param $f i32) (result i32) {LONG}
          (call_indirect (type $one) (i32.const 1) (local.get $f)))"""


@pytest.mark.parametrize("work", [0, 40_000])
def test_what_is_called_before_does_not_hide_what_comes_after(work: int) -> None:
    # The helper takes an address, so that it is worth following, and is too long to be.
    text = f"""%dylink %bases
        (import "env" "PyModule_AddFunctions" (func $add (param i32 i32) (result i32)))
        (elem (global.get $tb) func $method)
        (data (global.get $mb) "run\\00\\00\\00\\00\\00\\00\\00\\00\\00\\04\\00\\00\\00")
        (func (export "__wasm_apply_data_relocs")
          (i32.store offset=4 (global.get $mb) (global.get $mb))
          (i32.store offset=8 (global.get $mb) (global.get $tb)))
        (func $method (param i32) (result i32) i32.const 0)
        (func $more (result i32) {"(drop (global.get $tb))" * work} i32.const 0)
        (func (export "PyInit_x") (result i32)
          (drop (call $more)) {"nop " * 99}
          (drop (call $add (call $more) (i32.add (global.get $mb) (i32.const 4))))
          i32.const 0)"""
    entries = recovered_from(read_module(assemble(text))).entries
    assert [(one.name, one.certainty) for one in entries if one.table == "PyMethodDef"] == [
        ("x.run", Certainty.CERTAIN)
    ]


@pytest.mark.parametrize("mangled", [True, False])
def test_addresses_of_a_modules_own_exports_are_followed(*, mangled: bool) -> None:
    text = (
        OWN_ADDRESSES
        if mangled
        else OWN_ADDRESSES.replace("_Z3runP7_object", "run").replace("_ZL5table", "table")
    )
    entries = recovered_from(read_module(assemble(text))).entries
    (method,) = [one for one in entries if one.table == "PyMethodDef"]
    assert (method.name, method.target.name, method.certainty) == (
        "x.run",
        "_Z3runP7_object" if mangled else "run",
        Certainty.CERTAIN,
    )
    # Of a name that others may have, too, the first that is loaded decides.
    assert method.target.index == (1 if mangled else None)


def test_functions_that_are_given_to_a_long_one_are_known() -> None:
    """As to ``std::sort``, behind an address: longer than what is followed to see what it calls."""
    text = f"""%dylink %making
        (import "env" "malloc" (func $malloc (param i32) (result i32)))
        (type $one (func (param i32) (result i32)))
        (elem (global.get $tb) func $two $run)
        (func $two (param i32 i32) (result i32) i32.const 0)
        (func $call (param $f i32) (result i32) {LONG * 11}
          (call_indirect (type $one) (i32.const 1) (i32.load (local.get $f))))
        (func $run (param $place i32) (param i32) (result i32) {LONG}
          (local.set $place (call $malloc (i32.const 4)))
          (i32.store (local.get $place) (global.get $tb))
          (call $call (local.get $place)))
        %second"""
    entries = recovered_from(read_module(assemble(text))).entries
    (called,) = [one for one in entries if one.table == "call_indirect"]
    assert called.target.type is not None
    assert (called.name, written(called.target.type)) == ("x.run", "(i32, i32) -> i32")


def test_functions_that_are_given_to_those_that_call_them_are_known() -> None:
    text = f"""{_CALLING_GIVEN}
        (func $hand (param $f i32) (result i32) {LONG} (call $call (local.get $f)))
        (func $run (param i32 i32) (result i32) {LONG} (call $hand (global.get $tb)))
        (elem (i32.add (global.get $tb) (i32.const 1)) func $run)
        %second"""
    entries = recovered_from(read_module(assemble(text))).entries
    (called,) = [one for one in entries if one.table == "call_indirect"]
    assert called.target.type is not None
    assert (called.name, written(called.target.type), written(called.prototype.type)) == (
        "x.run",
        "(i32, i32) -> i32",
        "(i32) -> i32",
    )


#: Longer than what is followed for its own calls by address.
_LONGER = "nop " * 1_100


@pytest.mark.parametrize("eating", [False, True])
@pytest.mark.parametrize("between", [1, 7])
def test_what_is_given_away_is_looked_for_where_all_else_is_spent(*, between: int, eating: bool) -> None:
    """One that takes an address comes before those between, of which seven take more than is left for all."""
    eater = f"""(func $eat (param i32) (result i32) (local $i i32)
          (loop $next {"nop " * 300}
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $next (i32.lt_u (local.get $i) (i32.const 39))))
          (call_indirect (type $one) (i32.const 1) (i32.load (i32.const 0))))"""
    hands = "".join(
        f"(func $hand{number} (param $f i32) (result i32) {_LONGER} (call $call (local.get $f)))"
        for number in range(between)
    )
    text = f"""{_CALLING_GIVEN}
        {eater if eating else ""} {hands}
        (func $give (result i32) {_LONGER} (call $hand0 (global.get $tb)))
        (func $run (param i32 i32) (result i32) (call $give))
        (elem (i32.add (global.get $tb) (i32.const 1)) func $run)
        %second"""
    entries = recovered_from(read_module(assemble(text))).entries
    called = [(one.name, one.target.index) for one in entries if one.table == "call_indirect"]
    assert called == [("x.run", 1)]


@pytest.mark.parametrize(("failed", "worked"), [("-1", "0"), ("0", "(global.get $mb)")])
def test_a_way_that_ends_in_an_error_does_not_hide_one_that_does_not(failed: str, worked: str) -> None:
    # The way of the error is the longer one, as where Cython's helpers return without optimisation.
    failed, worked = (word if word.startswith("(") else f"(i32.const {word})" for word in (failed, worked))
    stop = "(i32.lt_s (local.get $r) (i32.const 0))" if "-1" in failed else "(i32.eqz (local.get $r))"
    text = f"""%dylink %bases
        (import "env" "PyErr_Occurred" (func $unknown (result i32)))
        (import "env" "PyModule_AddFunctions" (func $add (param i32 i32) (result i32)))
        (elem (global.get $tb) func $run)
        (data (global.get $mb) "run\\00\\00\\00\\00\\00\\00\\00\\00\\00\\04\\00\\00\\00")
        (func (export "__wasm_apply_data_relocs")
          (i32.store offset=4 (global.get $mb) (global.get $mb))
          (i32.store offset=8 (global.get $mb) (global.get $tb)))
        (func $run (param i32) (result i32) i32.const 0)
        (func $help (result i32)
          (if (call $unknown) (then {"(drop (global.get $mb))" * 5} (return {failed})))
          {worked})
        (func (export "PyInit_x") (result i32) (local $r i32)
          (local.set $r (call $help))
          (if {stop} (then (return (i32.const 0))))
          (drop (call $add (i32.const 0) (i32.add (global.get $mb) (i32.const 4))))
          i32.const 0)"""
    kept = keep_bodies(module := read_module(assemble(text)))
    kept.callers.clear()  # Only by way of the init function.
    exports = {entry.name: entry.index for entry in module.exports if entry.kind is Kind.FUNCTION}
    entries = recover(module, exports, kept).entries
    methods = [(one.name, one.looks) for one in entries if one.table == "PyMethodDef"]
    assert methods == [("x.run", False)]


@pytest.mark.parametrize("size", [-1, 0, 0x7FFFFFFF, 70_000])
def test_sizes_that_no_string_has_are_no_fault(size: int) -> None:
    text = f"""%dylink
        (import "env" "memory" (memory 0))
        (import "env" "__memory_base" (global $mb i32))
        (import "env" "memcmp" (func $compare (param i32 i32 i32) (result i32)))
        (import "env" "_ZNSt3__212basic_stringIcNS_11char_traitsIcEENS_9allocatorIcEEE6__initEPKcm"
          (func $string (param i32 i32 i32)))
        (import "env" "PyModule_Create2" (func $make (param i32 i32) (result i32)))
        (func (export "PyInit_x") (result i32)
          (call $string (global.get $mb) (i32.add (global.get $mb) (i32.const 16)) (i32.const {size}))
          (i32.store8 offset=8 (global.get $mb) (i32.const 1))
          (drop (call $compare (global.get $mb) (global.get $mb) (i32.const {size})))
          (call $make (i32.add (global.get $mb) (i32.const 32)) (i32.const 1013)))"""
    assert [one.table for one in recovered_from(read_module(assemble(text))).entries] == ["PyInit"]


def test_divisions_round_towards_zero_and_a_comparison_of_what_is_unknown_is_zero_or_one() -> None:
    minus = (1 << 32) - 7
    results = [NUMERIC[opcode][1](minus, 2) for opcode in range(0x6D, 0x71)]
    assert results == [(1 << 32) - 3, minus // 2, (1 << 32) - 1, minus % 2]
    assert NUMERIC[0x6D][1](minus, 0) is None
    assert NUMERIC[0x7F][1](9, (1 << 64) - 4) == (1 << 64) - 2
    for opcode in (0x45, 0x50):
        result = NUMERIC[opcode][1](None)
        assert isinstance(result, Choice)
        assert result.options == {0, 1}
    unknown = NUMERIC[0x48][1](None, 3)
    assert each(NUMERIC[0x6A][1], Pointer(TABLE, 4), unknown) == Choice(
        frozenset({Pointer(TABLE, 4), Pointer(TABLE, 5)})
    )
