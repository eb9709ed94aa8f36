"""Predictions of init functions: which name counts, in what form, and what a load without one ends with."""

from __future__ import annotations

import pytest
from predicting import first, predict

from pyodide_abi.linker.checks.init import init_names
from pyodide_abi.platforms.loaders import load_loaders


class TestInit:
    """Section 6: what CPython looks for."""

    def test_names(self) -> None:
        first_loader, newest = load_loaders()[0], load_loaders()[-1]
        assert init_names(first_loader, "pkg/_core.cpython-312-wasm32-emscripten.so") == ("PyInit__core",)
        assert init_names(first_loader, "a/pkg/__init__.cpython-312-wasm32-emscripten.so") == ("PyInit_pkg",)
        assert init_names(newest, "m.so") == ("PyModExport_m", "PyInit_m")
        assert init_names(first_loader, "naïve.so") == ("PyInitU_nave_6pa",)

    @pytest.mark.parametrize(
        ("form", "old", "second", "newest"),
        [
            ("(func {} (result i32) unreachable)", "", "", ""),
            (
                "(func {} (param i32) (result i32) unreachable)",
                "",
                "signature mismatch",
                "signature mismatch",
            ),
            ("(func {})", "failed without raising", "signature mismatch", "signature mismatch"),
            ("(func {} (result i64) unreachable)", "BigInt value to a number", "mismatch", "mismatch"),
            (
                "(func {} (param i64) (result i32) unreachable)",
                "undefined to a BigInt",
                "mismatch",
                "mismatch",
            ),
            ("(global {} i32 (i32.const 0))", "Table.get()", "table index", "table index"),
            ("(memory {} 1)", "reading 'stub'", "reading 'stub'", "does not define module export"),
        ],
    )
    def test_forms(self, form: str, old: str, second: str, newest: str) -> None:
        text = "%dylink " + form.format('(export "PyInit_x")')
        for platform, expected in (("2024_0", old), ("2025_0", second), ("314_0", newest)):
            said = first(predict(text, platform))
            assert expected in said
            assert bool(said) is bool(expected)

    def test_a_trap_is_fatal_and_an_exception_is_not(self) -> None:
        assert predict('%dylink (func (export "PyInit_x"))', "314_0").problems[0].fatal
        assert not predict('%dylink (func (export "PyInit_x"))', "2024_0").problems[0].fatal
        assert not predict("%dylink", "314_0").problems[0].fatal

    def test_an_em_js_function_does_not_count(self) -> None:
        prediction = predict('%dylink (global (export "__em_js__PyInit_x") i32 (i32.const 0))')
        assert first(prediction) == "dynamic module does not define module export function (PyInit_x)"
