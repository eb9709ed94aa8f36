"""Names of functions in their classes, which a module cuts out of one text as Cython's modules do."""

from __future__ import annotations

import zlib
from collections import Counter
from typing import Any

import pytest
from assembling import assemble

from pyodide_abi.signatures import joined_texts, recovered_from
from pyodide_abi.wasm import read_module

#: More than a loop is followed for, one by one.
_BEFORE = 60
_STRINGS = [*(f"word{number}" for number in range(_BEFORE)), "Shape.area", "Body.area", "go.<locals>.area"]
_TEXT = "".join(_STRINGS).encode()
_SIZES = b"".join(len(one).to_bytes(4, "little") for one in _STRINGS)
#: Where things lie in the module's data.
_NAME, _METHODS, _ARRAY, _TEXT_AT, _TABLE = 0, 16, 256, 1024, 4096


def _module(*, name: str, method: str, string: int, packed: bool) -> str:
    """A module that makes Python's strings, and hands one to its own function with a table of one method."""
    text = zlib.compress(_TEXT) if packed else _TEXT + b"\0"
    data = {
        _NAME: method.encode() + b"\0",
        _METHODS + 8: (0x80).to_bytes(4, "little") + bytes(4),
        _METHODS + 20: name.encode() + b"\0",
        _ARRAY: _SIZES,
        _TEXT_AT: text,
    }
    segments = "".join(
        f"(data (i32.add (global.get $mb) (i32.const {at})) "
        f'"{"".join(f"{chr(92)}{byte:02x}" for byte in content)}")'
        for at, content in data.items()
    )
    plain = f"(i32.add (global.get $mb) (i32.const {_TEXT_AT}))"
    view = f"(call $view {plain} (i32.const {len(text)}) (i32.const 256))"
    unpacked = f"(i32.add (call $unpack {view}) (i32.const 16))"
    return f"""(@dylink.0 (mem-info (memory 8192 4) (table 1 0))) %bases
        (import "env" "PyUnicode_DecodeUTF8" (func $decode (param i32 i32 i32) (result i32)))
        (import "env" "PyMemoryView_FromMemory" (func $view (param i32 i32 i32) (result i32)))
        (import "env" "PyObject_CallOneArg" (func $unpack (param i32) (result i32)))
        (import "env" "PyModule_Create2" (func $create (param i32 i32) (result i32)))
        (elem (global.get $tb) func $method)
        {segments}
        (func (export "__wasm_apply_data_relocs")
          (i32.store offset={_METHODS} (global.get $mb) (global.get $mb))
          (i32.store offset={_METHODS + 4} (global.get $mb) (global.get $tb)))
        (func $method (param i32 i32) (result i32) i32.const 0)
        (func $new (param i32 i32 i32) (result i32) i32.const 0)
        (func (export "PyInit_x") (result i32)
          (local $i i32) (local $at i32) (local $made i32) (local $size i32)
          (local.set $at {unpacked if packed else plain})
          (loop $next
            (local.set $size (i32.load offset={_ARRAY}
              (i32.add (global.get $mb) (i32.shl (local.get $i) (i32.const 2)))))
            (local.set $made (call $decode (local.get $at) (local.get $size) (i32.const 0)))
            (if (i32.eqz (local.get $made)) (then (return (i32.const 0))))
            (i32.store offset={_TABLE} (i32.add (global.get $mb) (i32.shl (local.get $i) (i32.const 2)))
              (local.get $made))
            (local.set $at (i32.add (local.get $at) (local.get $size)))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $next (i32.lt_u (local.get $i) (i32.const {len(_STRINGS)}))))
          (drop (call $new (i32.add (global.get $mb) (i32.const {_METHODS})) (i32.const 0)
            (i32.load offset={_TABLE + 4 * string} (global.get $mb))))
          (call $create (i32.const 0) (i32.const 0)))"""


def _names(text: str) -> list[str]:
    entries = recovered_from(read_module(assemble(text))).entries
    return [entry.name for entry in entries if entry.table == "PyMethodDef"]


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize(("string", "full"), [(_BEFORE, "x.Shape.area"), (_BEFORE + 1, "x.Body.area")])
def test_a_method_has_the_name_that_it_is_given_with(string: int, full: str, *, packed: bool) -> None:
    assert _names(_module(name="_cython_3_2_9", method="area", string=string, packed=packed)) == [full]


@pytest.mark.parametrize(
    ("name", "method", "string"),
    [
        # The string is another function's, that of one in a function, or no name at all.
        ("_cython_3_2_9", "volume", _BEFORE),
        ("_cython_3_2_9", "area", _BEFORE + 2),
        ("_cython_3_2_9", "area", 3),
        # No module of Cython's.
        ("somebody", "area", _BEFORE),
    ],
)
def test_other_strings_name_nothing(name: str, method: str, string: int) -> None:
    assert _names(_module(name=name, method=method, string=string, packed=True)) == [f"x.{method}"]


def test_an_array_that_is_there_twice_is_not_trusted() -> None:
    text = _module(name="_cython_3_2_9", method="area", string=_BEFORE, packed=True)
    again = "".join(f"\\{byte:02x}" for byte in _SIZES)
    text = text.replace("(elem ", f'(data (i32.add (global.get $mb) (i32.const 3000)) "{again}") (elem ', 1)
    assert _names(text) == ["x.area"]


@pytest.mark.parametrize("packed", [True, False])
def test_what_is_done_for_calls_is_bounded(monkeypatch: pytest.MonkeyPatch, *, packed: bool) -> None:
    """A hostile module could have a long text unpacked, or an array looked for, at each of its calls."""
    done = Counter[str]()
    for name in ("_unpacked", "_lengths"):
        plain = getattr(joined_texts, name)

        def counted(*args: Any, name: str = name, plain: Any = plain) -> Any:
            done[name] += 1
            return plain(*args)

        monkeypatch.setattr(joined_texts, name, counted)
    text = _module(name="_cython_3_2_9", method="area", string=_BEFORE, packed=packed)
    place = f"(i32.add (global.get $mb) (i32.const {_TEXT_AT}))"
    size = len(zlib.compress(_TEXT))
    view = f"(drop (call $view {place} (i32.const {size}) (i32.const 256)))"

    def cut(at: int) -> str:
        return f"(call $decode (i32.add (local.get $made) (i32.const {at})) (i32.const 5) (i32.const 0))"

    both = f"""(local.set $made (call $unpack (call $view {place} (i32.const {size}) (i32.const 256))))
        (i32.store offset={_TABLE} (global.get $mb) {cut(0)}) (drop {cut(5)})"""
    text = text.replace("(loop $next", f"{view * 100} {both * 100} (loop $next", 1)
    _names(text)
    assert 0 < done["_unpacked"] <= 16
    assert done["_lengths"] <= 4
