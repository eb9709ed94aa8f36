"""What happens to a call through JavaScript between two types."""

from __future__ import annotations

import pytest

from pyodide_abi.linker.js_conversion import parse_type, throws
from pyodide_abi.platforms.engines import find_engine
from pyodide_abi.wasm import FuncType, ValueType


def function(text: str) -> FuncType:
    params, results = parse_type(text)
    return FuncType(tuple(map(ValueType, params)), tuple(map(ValueType, results)))


@pytest.mark.parametrize(
    ("declared", "actual", "fault"),
    [
        ("(i32)->(i32)", "(i32)->(i32)", None),
        ("(i32)->(i32)", "(i32,f64)->(f64)", None),
        ("(i32,i32)->(i32)", "()->()", None),
        ("(i32)->()", "(i32)->(i64)", None),
        ("(i64)->()", "(i64)->()", None),
        ("(i32)->()", "(i64)->()", "Cannot convert a number to a BigInt"),
        ("(i64)->()", "(i32)->()", "Cannot convert a BigInt value to a number"),
        ("()->()", "(i64)->()", "Cannot convert undefined to a BigInt"),
        ("()->(i64)", "()->(i32)", "Cannot convert a number to a BigInt"),
        ("()->(i32)", "()->(i64)", "Cannot convert a BigInt value to a number"),
        ("()->(i64)", "()->()", "Cannot convert undefined to a BigInt"),
    ],
)
def test_what_cannot_be_converted_throws(declared: str, actual: str, fault: str | None) -> None:
    found = throws(function(declared), function(actual))
    assert (found and find_engine("node24").say(found)) == fault


def test_a_type_is_read_back_from_its_text() -> None:
    assert str(function("(i32,i64)->(f64)")) == "(i32,i64)->(f64)"
    assert str(function("()->()")) == "()->()"
