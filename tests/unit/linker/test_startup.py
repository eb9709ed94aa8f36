"""Code that runs during a load: loader.md, section 3."""

from __future__ import annotations

import pytest
from assembling import assemble

from pyodide_abi.linker import Installed, Outcome, read_library, resolve
from pyodide_abi.linker.startup import Run, follow_startup
from pyodide_abi.platforms import load_platform
from pyodide_abi.platforms.surface import Symbol, SymbolKind
from pyodide_abi.wasm import read_module

SYMBOLS = {
    symbol.name: symbol
    for symbol in (
        Symbol("memory", SymbolKind.MEMORY, "min=320 max=65536"),
        Symbol("__indirect_function_table", SymbolKind.TABLE, "funcref min=6000"),
        Symbol("there", SymbolKind.JS_FUNCTION, "()->()"),
    )
}
IMPORTS = '(import "env" "absent" (func $absent)) (import "env" "there" (func $there))'


def text_of(fields: str, platform: str = "2025_0") -> str:
    data = assemble(f"%dylink {IMPORTS} {fields} %init")
    prediction = resolve(
        "x.so",
        Installed(libraries={"x.so": read_library("x.so", data)}),
        platform=load_platform(platform),
        symbols=SYMBOLS,
        extension=True,
    )
    return "" if prediction.outcome is Outcome.LOADS else prediction.problems[0].text


def constructors(code: str, more: str = "") -> Run:
    fields = f'{IMPORTS} {more} (func (export "__wasm_call_ctors") {code})'
    return follow_startup(read_module(assemble(fields))).constructors


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("", Run()),
        ("(call $there) (call $absent)", Run(("there", "absent"))),
        ("(block (loop (call $absent))) unreachable", Run(("absent",), traps=True)),
        ("(drop (i64.add (i64.const -1) (i64.const 5))) (call $absent)", Run(("absent",))),
        ("(drop (f64.const 1)) (drop (f32.const 1)) unreachable", Run(traps=True)),
        ("return unreachable", Run()),
        ("(if (i32.const 1) (then (call $absent))) unreachable", Run()),
        ("(block (br_if 0 (i32.const 1)) (call $absent)) unreachable", Run()),
        ("(call $deep)", Run(("there", "absent"))),
        ("(call $endless) (call $absent)", Run()),
    ],
)
def test_straight_code_is_followed_up_to_a_decision(code: str, expected: Run) -> None:
    more = "(func $deep (call $there) (call $absent)) (func $endless (call $endless))"
    assert constructors(code, more) == expected


def test_what_does_not_come_back_ends_certainty() -> None:
    run = constructors("(call $throw) (call $absent)", '(import "env" "__cxa_throw" (func $throw))')
    assert run == Run(("__cxa_throw",))


def test_memory_instructions_are_gone_over() -> None:
    code = """(i32.store offset=300 (i32.const 0) (i32.load (i32.const 4)))
    (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)) (call $absent)"""
    assert constructors(code, "(memory 1)") == Run(("absent",))


@pytest.mark.parametrize("hook", ["__wasm_call_ctors", "__wasm_apply_data_relocs"])
def test_what_the_loader_calls(hook: str) -> None:
    missing = "Error: Dynamic linking error: cannot resolve symbol absent"
    assert text_of(f'(func (export "{hook}") (call $there) (call $absent))') == missing
    assert text_of(f'(func (export "{hook}") unreachable)') == "RuntimeError: unreachable"
    assert text_of(f'(func (export "{hook}") (call $there))') == ""
    assert text_of(f'(func (export "{hook}") (call $absent)) (func (export "absent"))') == ""


def test_what_the_engine_calls_has_no_exports_yet() -> None:
    text = "TypeError: Cannot read properties of undefined (reading 'absent')"
    assert text_of("(func $s (call $absent)) (start $s)") == text
    assert text_of('(func $s (call $absent)) (start $s) (func (export "absent"))') == text
    assert text_of("(func $s unreachable) (start $s)") == "RuntimeError: unreachable"


def test_segments_at_constant_places() -> None:
    memory = '(import "env" "memory" (memory 1))'
    table = '(import "env" "__indirect_function_table" (table 1 funcref)) (func $f)'
    assert text_of(f'{memory} (data (i32.const 20971519) "x")') == ""
    assert text_of(f'{memory} (data (i32.const 0) "") (data (i32.const 20971519) "xy")') == (
        "RuntimeError: WebAssembly.Instance(): data segment 1 is out of bounds "
        "(offset 20971519, length 2, memory size 20971520)"
    )
    assert text_of(f"{table} (elem (i32.const 5999) func $f)") == ""
    outside = "RuntimeError: WebAssembly.Instance(): table index is out of bounds"
    assert text_of(f"{table} (elem (i32.const 6000) func $f)") == outside
