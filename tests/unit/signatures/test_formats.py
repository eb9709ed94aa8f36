"""Functions that convert objects, which a format says are among the arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from assembling import LONG, assemble

from pyodide_abi.signatures import Certainty, recovered_from
from pyodide_abi.signatures.formats import function_places, load_formats
from pyodide_abi.wasm import read_module

if TYPE_CHECKING:
    from pyodide_abi.signatures import TableEntry

#: A module whose method ``x.run`` does something with the function at the beginning of the table.
METHOD = """%dylink %making
    {imports}
    (func $given {given} (result i32) i32.const 1)
    {helpers}
    (func $run (param i32 i32) (result i32) {does})
    (elem (global.get $tb) func $given $run)
    (data (i32.add (global.get $mb) (i32.const 200)) {text})
    %second"""


def given(*tables: str, **parts: str) -> list[TableEntry]:
    parts = {"imports": "", "helpers": "", "given": "(param i32)", "text": '"?\\00"'} | parts
    entries = recovered_from(read_module(assemble(METHOD.format(**parts)))).entries
    return [one for one in entries if one.table in tables]


@pytest.mark.parametrize(
    ("function", "text", "places"),
    [
        ("PyArg_ParseTuple", "O&", [0]),
        ("PyArg_ParseTuple", "iO&:name_O&", [4]),
        ("PyArg_ParseTuple", "s#O&;why O&", [8]),
        ("PyArg_ParseTuple", "es#O!(dO&)|$p", [24]),
        ("PyArg_ParseTuple", "OO", []),
        ("PyArg_ParseTuple", "O!O&O&", [8, 16]),
        ("PyArg_ParseTuple", "LdO&", [8]),
        ("_PyArg_ParseTuple_SizeT", "etO&", [8]),
        # Numbers of 64 bits lie at a multiple of eight.
        ("Py_BuildValue", "(iO&)", [4]),
        ("Py_BuildValue", "idO&", [16]),
        ("Py_BuildValue", "{s:L,s:O&}", [20]),
        ("Py_BuildValue", "y#DO&", [12]),
    ],
)
def test_a_format_says_where_the_functions_are(function: str, text: str, places: list[int]) -> None:
    assert list(function_places(text, load_formats()[function])) == places


@pytest.mark.parametrize("text", ['"iO&:run\\00"', '"iOO:run\\00"'])
def test_a_converter_that_a_method_hands_over_is_found(text: str) -> None:
    entries = given(
        "PyArg_ParseTuple",
        imports='(import "env" "PyArg_ParseTuple" (func $parse (param i32 i32 i32) (result i32)))',
        text=text,
        does="""(i32.store offset=304 (global.get $mb) (global.get $tb))
            (call $parse (local.get 1) (i32.add (global.get $mb) (i32.const 200))
              (i32.add (global.get $mb) (i32.const 300)))""",
    )
    found = [(one.name, str(one.target.type), str(one.prototype.type), one.certainty) for one in entries]
    row = ("x.run", "(i32)->(i32)", "(i32,i32)->(i32)", Certainty.CERTAIN)
    assert found == [row] * ("&" in text)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_what_several_functions_hand_on_is_found(depth: int) -> None:
    helpers = "".join(
        f"(func $hand{level} (param i32 i32) {LONG} {inner})"
        for level, inner in enumerate(
            [
                "(call $sort (local.get 0) (i32.const 4) (i32.const 4) (local.get 1))",
                *[f"(call $hand{one} (local.get 0) (local.get 1))" for one in range(depth - 1)],
            ],
            0,
        )
    )
    (entry,) = given(
        "qsort",
        imports='(import "env" "qsort" (func $sort (param i32 i32 i32 i32)))',
        helpers=helpers,
        does=f"{LONG} (call $hand{depth - 1} (local.get 0) (global.get $tb)) i32.const 0",
    )
    assert (entry.name, entry.certainty) == ("x.run", Certainty.CERTAIN)


@pytest.mark.parametrize(("text", "found"), [("run", True), ("walk", False)])
def test_strings_that_are_compared_decide_which_way_is_gone(text: str, *, found: bool) -> None:
    entries = given(
        "qsort",
        imports="""(import "env" "qsort" (func $sort (param i32 i32 i32 i32)))
            (import "env" "strcmp" (func $compare (param i32 i32) (result i32)))""",
        text=f'"{text}\\00"',
        does="""(if (i32.eqz (call $compare (i32.add (global.get $mb) (i32.const 2))
              (i32.add (global.get $mb) (i32.const 200))))
            (then (call $sort (local.get 0) (i32.const 4) (i32.const 4) (global.get $tb))))
            i32.const 0""",
    )
    assert [one.certainty for one in entries] == [Certainty.CERTAIN] * found
