"""Predictions for the engines: what each refuses, in which order, and with which words."""

from __future__ import annotations

import pytest
from predicting import CONSTANT, EXNREF, RELAXED, first_text, problems

from pyodide_abi.linker import Cause
from pyodide_abi.platforms.engine_documents import engine_names

FUNCTION = '(import "env" "function" (func))'
SMALL = '(import "env" "memory" (memory 1000))'


@pytest.mark.parametrize(
    ("text", "node20", "node24"),
    [
        (
            FUNCTION,
            (
                'Import #0 module="env" function="function" error: imported function does not match the '
                "expected type"
            ),
            'Import #0 "env" "function": imported function does not match the expected type',
        ),
        (
            SMALL,
            "memory import 0 is smaller than initial 1000, got 480",
            (
                'Import #0 "env" "memory": memory import has 480 pages which is smaller than the declared '
                "initial of 1000"
            ),
        ),
        (
            '(import "env" "memory" (memory 1 100))',
            "memory import 0 has a larger maximum size 65536 than the module's declared maximum 100",
            (
                'Import #0 "env" "memory": memory import has a larger maximum size 65536 than the module\'s '
                "declared maximum 100"
            ),
        ),
        (
            '(import "env" "memory" (memory 1 65536 shared))',
            "mismatch in shared state of memory, declared = 1, imported = 0",
            'Import #0 "env" "memory": mismatch in shared state of memory, declared = 1, imported = 0',
        ),
        (
            '(import "env" "__indirect_function_table" (table 1 9 funcref))',
            "table import 0 has no maximum length, expected 9",
            "table import 0 has no maximum length; required: 9",
        ),
        (
            '(import "env" "data" (global v128))',
            'Import #0 module="env" function="data" error: imported global does not match the expected type',
            'Import #0 "env" "data": imported global does not match the expected type',
        ),
        (
            '(import "env" "script" (global (mut v128)))',
            (
                'Import #0 module="env" function="script" error: global import of type v128 must be a '
                "WebAssembly.Global"
            ),
            'Import #0 "env" "script": global import of type v128 must be a WebAssembly.Global',
        ),
    ],
)
def test_words(text: str, node20: str, node24: str) -> None:
    call = "LinkError: WebAssembly.Instance(): "
    assert first_text(text, "node20") == call + node20
    assert first_text(text, "node24") == call + node24


def test_memory_is_checked_first_by_the_newer_one() -> None:
    assert "function=" in first_text(FUNCTION + SMALL, "node20")
    assert "480 pages" in first_text(FUNCTION + SMALL, "node24")


def test_a_foreign_module() -> None:
    text = FUNCTION + '(import "foo" "f" (func))'
    reason = "module is not an object or function"
    at = "TypeError: WebAssembly.Instance(): Import #1 "
    assert first_text(text, "node20") == f'{at}module="foo" error: {reason}'
    assert first_text(text, "node24") == f'{at}"foo": {reason}'


def test_a_segment_beyond_the_memory() -> None:
    text = '(import "env" "memory" (memory 1)) (data (i32.const -3) "abcdef")'
    call = "RuntimeError: WebAssembly.Instance(): data segment "
    assert first_text(text, "node20") == call + "is out of bounds"
    assert first_text(text, "node24") == call + (
        "0 is out of bounds (offset 4294967293, length 6, memory size 31457280)"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (EXNREF, "Invalid opcode 0x1f"),
        (RELAXED, "simd opcode not available, enable with --experimental-relaxed-simd"),
        (CONSTANT, "opcode i32.add is not allowed in constant expressions"),
        ("(type (struct))", "Unknown type code 0x5f, enable with --experimental-wasm-gc"),
        ('(import "env" "memory" (memory 1)) (memory 1)', "At most one memory is supported"),
    ],
)
def test_what_only_the_older_one_refuses(text: str, said: str) -> None:
    (problem,) = problems(text, "node20")
    assert problem.cause is Cause.FEATURE
    assert problem.text.startswith("CompileError: WebAssembly.Module(): ")
    assert problem.text.endswith(said)
    assert not problem.exact
    assert first_text(text, "node24") == "loads"


def test_both_encodings_of_exceptions_in_one_module() -> None:
    text = "(func try nop catch_all end)" + EXNREF
    assert first_text(text, "node24") == "loads"
    assert first_text(text, "node20").endswith("Invalid opcode 0x1f")
    assert first_text(text, "chromium").endswith(
        "module uses a mix of legacy and new exception handling instructions"
    )
    assert first_text(EXNREF, "chromium") == "loads"


def test_no_import_is_looked_at_in_what_does_not_compile() -> None:
    assert first_text(FUNCTION + EXNREF, "node20").startswith("CompileError")


#: What each engine was seen to say of one faulty import in 314.0.7, behind the class of the error.
SEEN = {
    FUNCTION: {
        "bun": (
            "imported function env:function signature doesn't match the provided WebAssembly function's "
            "signature (evaluating 'new WebAssembly.Instance(module, info)')"
        ),
        "webkit": (
            "imported function env:function signature doesn't match the provided WebAssembly function's "
            "signature (evaluating 'new WebAssembly.Instance(module,info)')"
        ),
        "firefox": "imported function 'env.function' signature mismatch",
        "deno": 'WebAssembly.Instance(): Import #0 "env" "function": imported function does not match the '
        "expected type",
    },
    '(import "env" "nobody" (global (mut i32)))': {
        "bun": (
            "imported global env:nobody must be a WebAssembly.Global object since it is mutable "
            "(evaluating 'new WebAssembly.Instance(module, info)')"
        ),
        "firefox": "import object field 'nobody' is not a Number",
    },
    '(import "env" "__memory_base" (global i64))': {
        "bun": (
            "imported global env:__memory_base must be a BigInt "
            "(evaluating 'new WebAssembly.Instance(module, info)')"
        ),
        "firefox": "import object field '__memory_base' is not a BigInt",
    },
    SMALL: {
        "bun": (
            "Memory import env:memory provided a 'size' that is smaller than the module's declared 'initial' "
            "import memory size (evaluating 'new WebAssembly.Instance(module, info)')"
        ),
        "firefox": "imported Memory with incompatible size",
    },
}


@pytest.mark.parametrize(
    ("text", "engine", "said"),
    [(text, engine, said) for text, words in SEEN.items() for engine, said in words.items()],
)
def test_words_of_other_engines(text: str, engine: str, said: str) -> None:
    assert first_text(text, engine) == f"LinkError: {said}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('(import "env" "memory" (memory 1 100))', "imported Memory with incompatible size"),
        ('(import "env" "memory" (memory 1 600))', "imported Memory with incompatible maximum size"),
        ('(import "env" "memory" (memory 1 65536 shared))', "imported unshared memory but shared required"),
        ('(import "env" "memory" (memory i64 1))', "imported memory with incompatible address type i32"),
        ('(import "env" "__memory_base" (global (mut i32)))', "imported global mutability mismatch"),
        ('(import "env" "nobody" (tag))', "import object field 'nobody' is not a Tag"),
    ],
)
def test_words_of_firefox(text: str, said: str) -> None:
    assert first_text(text, "firefox") == f"LinkError: {said}"


FOREIGN = '(import "foo" "f" (func))'
MISSING = '(import "env" "nobody" (global i32))'


@pytest.mark.parametrize(
    ("engine", "faults"),
    [
        ("node24", ["foo", "memory", "function", "nobody"]),
        ("node20", ["foo", "function", "memory", "nobody"]),
        ("firefox", ["nobody", "foo", "function", "memory"]),
        ("webkit", ["function", "memory", "nobody", "foo"]),
    ],
)
def test_each_has_an_order_of_its_own(engine: str, faults: list[str]) -> None:
    small = SMALL if "(import" in SMALL else ""
    found = problems(FUNCTION + small + MISSING + FOREIGN, engine)
    assert [(problem.symbol or "").split(".")[0] for problem in found] == faults


@pytest.mark.parametrize(
    ("text", "refusing"),
    [
        ("(func try nop catch_all end)" + EXNREF, {"node26", "deno", "chromium", "bun", "webkit", "node20"}),
        (RELAXED, {"node20", "webkit"}),
        ('(import "env" "memory" (memory 1)) (memory 1)', {"node20", "webkit"}),
        ('(import "env" "memory" (memory i64 1))', {"node20", "webkit", "bun"}),
    ],
)
def test_who_refuses_to_compile(text: str, refusing: set[str]) -> None:
    assert {
        engine
        for engine in engine_names()
        if any(problem.cause is Cause.FEATURE for problem in problems(text, engine))
    } == refusing


TABLE = (
    "CompileError: WebAssembly.Module(): initial table size (10000001 elements) is larger than implementation"
)


@pytest.mark.parametrize(
    ("length", "engine", "text"),
    [
        (10_000_000, "node24", "loads"),
        (10_000_001, "node24", f"{TABLE} limit (10000000 elements) @+"),
        (10_000_000, "node20", "loads"),
        (10_000_001, "node20", f"{TABLE.replace('Compile', 'Range').replace('Module', 'Instance')} limit (1"),
        (10_000_000, "firefox", "loads"),
        (10_000_001, "firefox", "RuntimeError: too many table elements"),
        (10_000_000, "bun", "loads"),
        (10_000_001, "bun", "LinkError: couldn't create Table"),
        (9_999_999, "webkit", "loads"),
        (10_000_000, "webkit", "LinkError: couldn't create Table"),
    ],
)
def test_how_long_a_table_of_its_own_may_be(length: int, engine: str, text: str) -> None:
    assert first_text(f"(table {length} funcref)", engine).startswith(text)


def test_imports_come_before_a_table_that_is_too_long_for_an_instance() -> None:
    found = problems(f"{FUNCTION} (table 10000001 funcref)", "firefox")
    assert ["signature mismatch" in found[0].text, found[1].text] == [
        True,
        "RuntimeError: too many table elements",
    ]


@pytest.mark.parametrize(
    ("engine", "text"),
    [
        ("node24", "Error: bad export type for 'promise': object ([object WebAssembly.Suspending])"),
        ("firefox", "Error: bad export type for 'promise': object ([object Object])"),
        ("bun", "loads"),
    ],
)
def test_the_address_of_what_switches_stacks(engine: str, text: str) -> None:
    assert first_text('(import "GOT.func" "promise" (global (mut i32)))', engine) == text


def test_the_address_of_a_memory_is_refused_with_its_kind() -> None:
    text = "Error: bad export type for 'memory': object ([object WebAssembly.Memory])"
    assert first_text('(import "GOT.mem" "memory" (global (mut i32)))', "firefox") == text


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ("9999999", "loads"),
        ("10000000", "LinkError: couldn't create Table"),
        (
            "10000001",
            (
                "CompileError: WebAssembly.Module doesn't parse: Table's initial page count of 10000001 is "
                "too big, maximum 10000000 (evaluating 'new WebAssembly.Module(binary)')"
            ),
        ),
    ],
)
def test_a_bound_that_is_told_in_two_ways(entries: str, said: str) -> None:
    """jsc 2.50.6: as it makes the instance, or as it reads the module."""
    assert first_text(f"(table {entries} funcref)", "webkit").startswith(said)
