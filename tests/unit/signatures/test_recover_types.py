"""Methods and slots of types, found in modules that make the types at run time."""

from __future__ import annotations

import pytest
from assembling import LONG, assemble

from pyodide_abi.signatures import Certainty, recovered_from
from pyodide_abi.wasm import read_module


def test_an_array_that_grows_in_a_structure_on_the_stack() -> None:
    # As Rust makes it: room, address, number, and flags that are stored across words.
    text = f"""%dylink %bases
        (import "env" "__stack_pointer" (global $sp (mut i32)))
        (import "env" "realloc" (func $realloc (param i32 i32) (result i32)))
        (import "env" "PyType_FromSpec" (func $make (param i32) (result i32)))
        (elem (global.get $tb) func $repr $hash)
        (data (global.get $mb) "x.T\\00")
        (func $repr (result i32) i32.const 0)
        (func $hash (param i32) (result i32) i32.const 0)
        (func $grow (param $v i32) (param $size i32) {LONG}
          (i32.store offset=4 (local.get $v)
            (call $realloc (i32.load offset=4 (local.get $v)) (i32.const 64)))
          (i32.store (local.get $v) (i32.const 8)))
        (func $reserve (param $v i32) {LONG}
          (if (i32.eq (i32.load (local.get $v)) (i32.load offset=8 (local.get $v)))
            (then (call $grow (local.get $v) (i32.const 16)))))
        (func $push (param $v i32) (param $slot i32) (param $f i32) (local $row i32) {LONG}
          (call $reserve (local.get $v))
          (local.set $row (i32.add (i32.load offset=4 (local.get $v))
            (i32.shl (i32.load offset=8 (local.get $v)) (i32.const 3))))
          (i32.store (local.get $row) (local.get $slot))
          (i32.store offset=4 (local.get $row) (local.get $f))
          (i32.store offset=8 (local.get $v) (i32.add (i32.load offset=8 (local.get $v)) (i32.const 1))))
        (func (export "PyInit_x") (result i32) (local $v i32) (local $spec i32)
          (global.set $sp (i32.sub (global.get $sp) (i32.const 128)))
          (local.set $v (i32.or (i32.add (global.get $sp) (i32.const 64)) (i32.const 4)))
          (local.set $spec (i32.add (global.get $sp) (i32.const 16)))
          (i64.store align=4 (local.get $v) (i64.const 0))
          (i32.store offset=8 (local.get $v) (i32.const 0))
          (i32.store offset=15 align=1 (local.get $v) (i32.const 0))
          (i32.store8 offset=17 (local.get $v) (i32.const 1))
          (if (i32.load8_u offset=17 (local.get $v))
            (then (call $push (local.get $v) (i32.const 66) (global.get $tb))))
          (if (i32.load8_u offset=16 (local.get $v))
            (then (i32.store offset=4 (local.get $v) (i32.const 0))))
          (call $push (local.get $v) (i32.const 59) (i32.add (global.get $tb) (i32.const 1)))
          (call $push (local.get $v) (i32.const 0) (i32.const 0))
          (i32.store (local.get $spec) (global.get $mb))
          (i32.store offset=16 (local.get $spec) (i32.load offset=4 (local.get $v)))
          (call $make (local.get $spec)))"""
    entries = recovered_from(read_module(assemble(text))).entries
    assert [(one.name, one.certainty) for one in entries if one.table == "PyType_Slot"] == [
        ("x.T tp_repr", Certainty.CERTAIN),
        ("x.T tp_hash", Certainty.CERTAIN),
    ]


def test_a_hash_table_with_a_random_seed_is_gone_through() -> None:
    # As Rust makes it: a seed that the first of several types fetches, a hash of the name, room that grows by
    # way of two functions, and a comparison of names. What reports a failure does not come back.
    text = f"""%dylink %bases
        (import "env" "__stack_pointer" (global $sp (mut i32)))
        (import "env" "realloc" (func $realloc (param i32 i32) (result i32)))
        (import "env" "getentropy" (func $random (param i32 i32) (result i32)))
        (import "env" "memcmp" (func $compare (param i32 i32 i32) (result i32)))
        (import "env" "strlen" (func $length (param i32) (result i32)))
        (import "env" "PyErr_Occurred" (func $unknown (result i32)))
        (import "env" "PyModule_AddFunctions" (func $add (param i32 i32) (result i32)))
        (elem (global.get $tb) func $run $walk)
        (data (global.get $mb) "run\\00walk\\00run\\00")
        (func $run (param i32) (result i32) i32.const 0)
        (func $walk (param i32 i32) (result i32) i32.const 0)
        (func $finish (param $room i32) (param $size i32) (result i32) {LONG}
          (call $realloc (local.get $room) (local.get $size)))
        (func $grow (param $at i32) {LONG}
          (i32.store (local.get $at) (call $finish (i32.load (local.get $at)) (i32.const 128))))
        (func $seed (local $bytes i32) {LONG}
          (local.set $bytes (i32.sub (global.get $sp) (i32.const 16)))
          (drop (call $random (local.get $bytes) (i32.const 4)))
          (i32.store offset=64 (global.get $mb) (i32.load (local.get $bytes)))
          (i32.store8 offset=68 (global.get $mb) (i32.const 1)))
        (func $mix (param $state i32) (param $text i32) (param $length i32) {LONG} {LONG}
          (i32.store (local.get $state) (i32.add (i32.load (local.get $state)) (i32.load8_u
            (i32.sub (i32.add (local.get $text) (local.get $length)) (i32.const 1))))))
        (func $hash (param $seed i32) (param $text i32) (param $length i32) (result i32) {LONG}
          (i32.store (i32.sub (global.get $sp) (i32.const 32)) (local.get $seed))
          (call $mix (i32.sub (global.get $sp) (i32.const 32)) (local.get $text) (local.get $length))
          (i32.load (i32.sub (global.get $sp) (i32.const 32))))
        (func $fail (param i32) {LONG} {LONG}
          (i32.store (global.get $mb) (global.get $tb))
          (drop (call $add (i32.const 0) (global.get $mb))) unreachable)
        (func $insert (param $at i32) (param $text i32) (param $f i32) (param $flags i32) (local $row i32)
          (if (call $unknown) (then (call $fail (local.get $at)) (unreachable)))
          (if (i32.eqz (i32.load8_u offset=68 (global.get $mb))) (then (call $seed)))
          (if (i32.eqz (i32.load (local.get $at))) (then (call $grow (local.get $at))))
          (local.set $row (i32.add (i32.load (local.get $at)) (i32.shl (i32.and (i32.const 1)
            (call $hash (i32.load offset=64 (global.get $mb)) (local.get $text)
              (call $length (local.get $text)))) (i32.const 4))))
          (i32.store (local.get $row) (local.get $text))
          (i32.store offset=4 (local.get $row) (local.get $f))
          (i32.store offset=8 (local.get $row) (local.get $flags)))
        (func $make (param $known i32) (local $at i32)
          (global.set $sp (i32.sub (global.get $sp) (i32.const 256)))
          (local.set $at (i32.add (global.get $sp) (i32.const 128)))
          (i32.store (local.get $at) (i32.const 0))
          (call $insert (local.get $at) (global.get $mb) (global.get $tb) (i32.const 4))
          (if (call $compare (global.get $mb) (i32.add (global.get $mb) (i32.const 9)) (i32.const 4))
            (then (call $insert (local.get $at) (i32.add (global.get $mb) (i32.const 9)) (global.get $tb)
              (i32.const 8))))
          (call $insert (local.get $at) (i32.add (global.get $mb) (i32.const 4))
            (i32.add (global.get $tb) (i32.const 1)) (i32.const 1))
          (i32.store offset=32 (i32.load (local.get $at)) (i32.const 0))
          (drop (call $add (i32.const 0) (i32.load (local.get $at)))))
        (func (export "PyInit_x") (result i32)
          (if (call $unknown) (then (call $make (i32.const 0)))) i32.const 0)
        (func (call $make (i32.const 1)))"""
    entries = recovered_from(read_module(assemble(text))).entries
    assert [(one.name, one.flags, one.certainty) for one in entries if one.table == "PyMethodDef"] == [
        ("x.run", "METH_NOARGS", Certainty.CERTAIN),
        ("x.walk", "METH_VARARGS", Certainty.CERTAIN),
    ]


@pytest.mark.parametrize("name", ["x.T", "a_long_package.x.T"])
def test_a_name_that_a_string_of_cpp_holds(name: str) -> None:
    # The string is made by the C++ library, moved in parts with what it stands beside, and read back.
    text = f"""%dylink %bases
        (import "env" "__stack_pointer" (global $sp (mut i32)))
        (import "env" "strlen" (func $length (param i32) (result i32)))
        (import "env" "_Znwm" (func $new (param i32) (result i32)))
        (import "env" "_ZNSt3__212basic_stringIcNS_11char_traitsIcEENS_9allocatorIcEEE6__initEPKcm"
          (func $string (param i32 i32 i32)))
        (import "env" "PyType_FromSpec" (func $make (param i32) (result i32)))
        (elem (global.get $tb) func $repr)
        (data (global.get $mb) "{name}\\00")
        (func $repr (param i32) (result i32) i32.const 0)
        (func $move (param $from i32) (result i32) (local $to i32) {LONG}
          (local.set $to (call $new (i32.const 32)))
          (i64.store (local.get $to) (i64.load (local.get $from)))
          (i32.store offset=8 (local.get $to) (i32.load offset=8 (local.get $from)))
          (i32.store offset=16 (local.get $to) (i32.const 66))
          (i32.store offset=20 (local.get $to) (i32.load offset=12 (local.get $from)))
          (i64.store offset=24 (local.get $to) (i64.const 0))
          (local.get $to))
        (func (export "PyInit_x") (result i32) (local $at i32) (local $spec i32)
          (global.set $sp (i32.sub (global.get $sp) (i32.const 64)))
          (local.set $spec (i32.add (global.get $sp) (i32.const 32)))
          (call $string (global.get $sp) (global.get $mb) (call $length (global.get $mb)))
          (i32.store offset=12 (global.get $sp) (global.get $tb))
          (local.set $at (call $move (global.get $sp)))
          (i32.store (local.get $spec) (select (i32.load (local.get $at)) (local.get $at)
            (i32.lt_s (i32.load8_s offset=11 (local.get $at)) (i32.const 0))))
          (i32.store offset=16 (local.get $spec) (i32.add (local.get $at) (i32.const 16)))
          (call $make (local.get $spec)))"""
    entries = recovered_from(read_module(assemble(text))).entries
    assert [(one.name, one.certainty) for one in entries if one.table == "PyType_Slot"] == [
        (f"{name} tp_repr", Certainty.CERTAIN)
    ]


def test_types_are_named_as_what_they_are_put_into_a_module_as() -> None:
    # pybind11, nanobind and PyO3 put the names of their types together at run time.
    text = """%dylink %bases
        (import "env" "PyModule_GetName" (func $name (param i32) (result i32)))
        (import "env" "PyModule_Create2" (func $module (param i32 i32) (result i32)))
        (import "env" "PyUnicode_FromStringAndSize" (func $string (param i32 i32) (result i32)))
        (import "env" "PyObject_SetAttr" (func $put (param i32 i32 i32) (result i32)))
        (import "env" "PyModule_AddObjectRef" (func $add (param i32 i32 i32) (result i32)))
        (import "env" "PyType_FromSpec" (func $make (param i32) (result i32)))
        (elem (global.get $tb) func $one $two)
        (data (global.get $mb) "P\\00Q\\00")
        (data (i32.add (global.get $mb) (i32.const 32)) "\\42\\00\\00\\00")
        (func $one (param i32) (result i32) i32.const 0)
        (func $two (param i32 i32) (result i32) i32.const 0)
        (func $type (param $f i32) (result i32)
          (i32.store offset=64 (global.get $mb) (call $name (local.get $f)))
          (i32.store offset=80 (global.get $mb) (i32.add (global.get $mb) (i32.const 32)))
          (i32.store offset=36 (global.get $mb) (local.get $f))
          (call $make (i32.add (global.get $mb) (i32.const 64))))
        (func (export "PyInit_x") (result i32) (local $m i32) (local $p i32) (local $q i32)
          (local.set $m (call $module (i32.add (global.get $mb) (i32.const 128)) (i32.const 1013)))
          (local.set $p (call $type (global.get $tb)))
          (local.set $q (call $type (i32.add (global.get $tb) (i32.const 1))))
          (drop (call $add (local.get $m) (global.get $mb) (local.get $p)))
          (drop (call $put (local.get $m)
            (call $string (i32.add (global.get $mb) (i32.const 2)) (i32.const 1)) (local.get $q)))
          (drop (call $type (global.get $tb)))
          (local.get $m))"""
    entries = recovered_from(read_module(assemble(text))).entries
    slots = [(one.name, one.target.index) for one in entries if one.table == "PyType_Slot"]
    assert slots == [("x.P tp_repr", 6), ("x.Q tp_repr", 7), ("x.? tp_repr", 6)]


def test_a_type_without_a_known_name_is_of_no_module_where_a_file_makes_several() -> None:
    text = """%dylink %bases
        (import "env" "PyType_FromSpec" (func $make (param i32) (result i32)))
        (elem (global.get $tb) func $repr)
        (data (i32.add (global.get $mb) (i32.const 32)) "\\42\\00\\00\\00")
        (func $repr (param i32) (result i32) i32.const 0)
        (func $later (param $name i32) (result i32)
          (i32.store (global.get $mb) (local.get $name))
          (i32.store offset=16 (global.get $mb) (i32.add (global.get $mb) (i32.const 32)))
          (i32.store offset=36 (global.get $mb) (global.get $tb))
          (call $make (global.get $mb)))
        (func (export "PyInit_x") (result i32) i32.const 0)"""
    second = """
        (func (export "PyInit_y") (result i32) i32.const 0)"""
    for modules, name in ((text, "x.? tp_repr"), (text + second, "? tp_repr")):
        entries = recovered_from(read_module(assemble(modules))).entries
        assert [one.name for one in entries if one.table == "PyType_Slot"] == [name]
