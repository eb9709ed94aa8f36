"""What an engine is asked, so that each entry of its data is held against what it does.

A probe is a small module and the piece of JavaScript that the loader would run with it, written as in the
minified loader because JavaScriptCore repeats it in its texts. Nothing of Pyodide is needed.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import wasmtime

from pyodide_abi.platforms.engines import Check, Text
from pyodide_abi.values import value
from pyodide_abi.wasm.features import Feature

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: How the loader makes an instance.
INSTANCE = "new WebAssembly.Instance(module,info)"
#: Bytes of the memory that :data:`HELPER` and ``probing.mjs`` provide.
_MEMORY = 480 * 65536
#: What modules import: see ``probing.mjs`` for the rest.
HELPER = """
(func (export "function") (param i32) (result i32) (local.get 0))
(func (export "big") (param i64))
(global (export "constant") i32 (i32.const 1))
(global (export "variable") (mut i32) (i32.const 1))
(tag (export "tag") (param i32))
"""
_CALLER = '(import "env" "table" (table 1 funcref)) (type $t (func (param f64)))'


@value
class Probe:
    """A question to an engine.

    Attributes:
        text: the text whose wording it shows.
        module: the module's fields, in the text format.
        script: what is run; it has the names ``module``, ``info``, ``binary`` and those of ``probing.mjs``.
        details: what fills the placeholders of the text, beside the call and the import's place.
        message: the text is that of an error without its class.
        unsaid: a pattern for words about this very call, which the data do not have, and what they have
            instead.
        needs: the features without which the text is never said.
    """

    text: Text
    module: str = ""
    script: str = INSTANCE
    details: Mapping[str, object] = {}
    message: bool = False
    unsaid: tuple[str, str] = ("", "")
    needs: frozenset[Feature] = frozenset()


def _imports(text: Text, name: str, type_: str, **details: object) -> Probe:
    """A probe with one import of ``env``."""
    return Probe(text=text, module=f'(import "env" "{name}" {type_})', details={"name": name, **details})


_WIDE = frozenset({Feature.MEMORY64})
PROBES = (
    Probe(
        text=Text.MODULE_MISSING,
        module='(import "foo" "x" (func))',
        details={"module": "foo", "name": "x"},
    ),
    *(_imports(Text.FUNCTION_MISSING, name, "(func)") for name in ("constant", "memory", "number")),
    _imports(Text.FUNCTION_TYPE, "function", "(func)"),
    _imports(Text.GLOBAL_MISSING, "script", "(global i32)"),
    _imports(Text.GLOBAL_MISSING, "function", "(global f64)"),
    _imports(Text.GLOBAL_MISSING, "memory", "(global i32)"),
    _imports(Text.BIGINT_MISSING, "script", "(global i64)"),
    _imports(Text.BIGINT_MISSING, "number", "(global i64)"),
    *(_imports(Text.REFERENCE_MISSING, name, "(global funcref)") for name in ("script", "number", "memory")),
    *(_imports(Text.VECTOR_MISSING, name, "(global v128)") for name in ("script", "function", "memory")),
    _imports(Text.VECTOR_NUMBER, "number", "(global v128)"),
    *(
        _imports(Text.MUTABLE_VECTOR, name, "(global (mut v128))")
        for name in ("script", "function", "memory")
    ),
    _imports(Text.MUTABLE_VECTOR_NUMBER, "number", "(global (mut v128))"),
    *(
        _imports(Text.MUTABLE_MISSING, name, "(global (mut i32))")
        for name in ("script", "function", "memory")
    ),
    *(_imports(Text.MUTABLE_BIGINT, name, "(global (mut i64))") for name in ("script", "number", "memory")),
    _imports(Text.MUTABLE_NUMBER, "number", "(global (mut i32))"),
    _imports(Text.GLOBAL_MUTABILITY, "constant", "(global (mut i32))"),
    _imports(Text.GLOBAL_MUTABILITY, "variable", "(global i32)"),
    _imports(Text.GLOBAL_UNLIKE, "variable", "(global f32)"),
    _imports(Text.GLOBAL_UNLIKE, "constant", "(global (mut f32))"),
    *(_imports(Text.GLOBAL_TYPE, "constant", f"(global {type_})") for type_ in ("f32", "i64", "v128")),
    _imports(Text.GLOBAL_TYPE, "variable", "(global (mut i64))"),
    _imports(Text.TAG_MISSING, "script", "(tag)"),
    _imports(Text.TAG_TYPE, "tag", "(tag (param f64))"),
    _imports(Text.MEMORY_MISSING, "script", "(memory 1)"),
    _imports(Text.MEMORY_SMALL, "memory", "(memory 1000)", have=480, wanted=1000),
    _imports(Text.MEMORY_LARGE, "memory", "(memory 1 1000)", have=65536, wanted=1000),
    _imports(Text.MEMORY_BEYOND, "memory", "(memory 1 100)", have=65536, wanted=100),
    _imports(Text.MEMORY_UNSHARED, "memory", "(memory 1 65536 shared)"),
    _imports(Text.TABLE_MISSING, "script", "(table 1 funcref)"),
    _imports(Text.TABLE_SMALL, "table", "(table 1000 funcref)", have=100, wanted=1000),
    _imports(Text.TABLE_UNBOUNDED, "table", "(table 1 1000 funcref)", wanted=1000),
    _imports(Text.TABLE_BEYOND, "table", "(table 1 9 funcref)", wanted=9),
    _imports(Text.TABLE_TYPE, "table", "(table 1 externref)"),
    Probe(
        text=Text.MEMORY_ADDRESS,
        module='(import "env" "memory" (memory i64 1))',
        details={"name": "memory"},
        needs=_WIDE,
    ),
    Probe(
        text=Text.TABLE_ADDRESS,
        module='(import "env" "table" (table i64 1 funcref))',
        details={"name": "table"},
        needs=_WIDE,
    ),
    Probe(
        text=Text.DATA_OUTSIDE,
        module='(import "env" "memory" (memory 1)) (data (i32.const -3) "abcdef")',
        details={"segment": 0, "offset": 2**32 - 3, "length": 6, "size": _MEMORY},
    ),
    Probe(
        text=Text.ELEMENTS_OUTSIDE,
        module='(import "env" "table" (table 1 funcref)) (func $f) (elem (i32.const 100000) $f)',
    ),
    Probe(text=Text.TABLE_GROWTH, script="wasmTable.grow(size)", details={"size": 10_000_000}),
    Probe(text=Text.ODD_LENGTH, script="new Uint32Array(new Uint8Array(binary.subarray(0,5)).buffer)"),
    Probe(text=Text.UNSIGNED_FUNCTION, script="sig.slice(1)"),
    Probe(text=Text.BIGINT_ADDRESS, script="value+=memoryBase"),
    Probe(text=Text.MISSING_AT_START, script="resolved=moduleExports[sym]", details={"symbol": "absent"}),
    Probe(text=Text.NOT_CALLABLE, script="lib.exports[symbol].stub"),
    Probe(
        text=Text.TABLE_GET_OUTSIDE,
        script="wasmTable.get(1000)",
        unsaid=(" 1000( in funcref table of size 100)?", ""),
    ),
    Probe(
        text=Text.UNREACHABLE,
        module='(func (export "f") unreachable)',
        script=f"init=({INSTANCE}).exports.f;init()",
    ),
    Probe(
        text=Text.WRONG_SIGNATURE,
        module=f'{_CALLER} (elem (i32.const 1) $f) (func $f) (func (export "f") '
        "(call_indirect (type $t) (f64.const 0) (i32.const 1)))",
        script=f"init=({INSTANCE}).exports.f;init()",
    ),
    Probe(
        text=Text.OUTSIDE_TABLE,
        module=f'{_CALLER} (func (export "f") (call_indirect (type $t) (f64.const 0) (i32.const 1000)))',
        script=f"init=({INSTANCE}).exports.f;init()",
    ),
    Probe(text=Text.UNDEFINED_TO_BIGINT, script="helper.big(undefined)", message=True),
    Probe(text=Text.NUMBER_TO_BIGINT, script="helper.big(5)", message=True, unsaid=(" 5 ", " a number ")),
    Probe(text=Text.BIGINT_TO_NUMBER, script="helper.function(5n)", message=True),
)

_V128 = "(v128.const i64x2 0 0)"
_I64 = "(i64.const 0)"
#: Modules that show a feature, by its name. The text of an engine's data is that for the first of them.
FEATURES: Mapping[Feature, tuple[str | bytes, ...]] = {
    Feature.ATOMICS: ("(memory 1) (func (drop (i32.atomic.load (i32.const 0))))",),
    Feature.CUSTOM_PAGE_SIZES: ("(memory 1 (pagesize 1))",),
    Feature.EXCEPTION_HANDLING: ("(tag (param i32)) (func (throw 0 (i32.const 0)))",),
    Feature.EXNREF: (
        "(func (block (try_table (catch_all 0))))",
        "(func (param exnref))",
        "(func (param exnref) (throw_ref (local.get 0)))",
    ),
    Feature.EXTENDED_CONST: (
        "(global i32 (i32.add (i32.const 1) (i32.const 2)))",
        "(global i64 (i64.mul (i64.const 1) (i64.const 2)))",
    ),
    Feature.GC: (
        "(type (struct))",
        "(type (array i8))",
        "(rec (type (func)) (type (func)))",
        "(type $t (func)) (func (param (ref null $t)) (call_ref $t (local.get 0)))",
        "(func (drop (ref.i31 (i32.const 0))))",
    ),
    # WebAssembly's text format lost these instructions: a function with try, end.
    Feature.LEGACY_EXCEPTIONS: (bytes.fromhex("0061736d01000000010401600000030201000a080106000640190b0b"),),
    Feature.MEMORY64: ("(memory i64 1)", "(table i64 1 funcref)"),
    Feature.MULTIMEMORY: ('(import "env" "memory" (memory 1)) (memory 1)', "(memory 1) (memory 1)"),
    Feature.MULTIVALUE: ("(func (result i32 i32) (i32.const 0) (i32.const 0))",),
    Feature.MUTABLE_GLOBALS: ('(global (export "g") (mut i32) (i32.const 0))',),
    Feature.REFERENCE_TYPES: ("(func (param externref))", "(table 1 externref)"),
    Feature.RELAXED_SIMD: (
        f"(func (drop (i8x16.relaxed_swizzle {_V128} {_V128})))",
        f"(func (drop (f32x4.relaxed_madd {_V128} {_V128} {_V128})))",
    ),
    Feature.SHARED_MEM: ("(memory 1 1 shared)",),
    Feature.SIMD128: (f"(func (drop (i8x16.swizzle {_V128} {_V128})))",),
    # Neither does the assembler know this type: a function with a parameter of it.
    Feature.STRINGREF: (bytes.fromhex("0061736d010000000105016001" + "6700"),),
    Feature.TAIL_CALL: (
        "(func $f (return_call $f))",
        "(table 1 funcref) (func (return_call_indirect (i32.const 0)))",
    ),
    Feature.WIDE_ARITHMETIC: (
        f"(func (result i64 i64) (i64.mul_wide_u {_I64} {_I64}))",
        f"(func (result i64 i64) (i64.add128 {_I64} {_I64} {_I64} {_I64}))",
    ),
}
#: A function with a try of the legacy encoding, and one with a try_table of the standard one.
MIXTURE = bytes.fromhex("0061736d0100000001040160000003030200000a0f0206000640190b0b06001f40000b0b")

#: For each check, an import that does not stand it.
_FAULTS: Mapping[Check, tuple[str, str]] = {
    Check.MODULE: ("foo", '"x" (func)'),
    Check.KIND: ("env", '"constant" (func)'),
    Check.MEMORY_KIND: ("env", '"script" (memory 1)'),
    Check.FUNCTION_TYPE: ("env", '"function" (func)'),
    Check.GLOBAL_TYPE: ("env", '"constant" (global f32)'),
    Check.TAG_TYPE: ("env", '"tag" (tag (param f64))'),
    Check.MEMORY_TYPE: ("env", '"memory" (memory 1000)'),
    Check.TABLE_TYPE: ("env", '"table" (table 1000 funcref)'),
}


def import_of(check: Check) -> str:
    """The text of an import that does not stand a check."""
    module, rest = _FAULTS[check]
    name, _, type_ = rest.partition(" ")
    return f'(import "{module}" {name} {type_})'


def pairs() -> Iterator[tuple[Check, Check]]:
    """Two checks that fail, in both orders; one memory is the most that every engine takes."""
    for pair in itertools.permutations(Check, 2):
        if set(pair) != {Check.MEMORY_KIND, Check.MEMORY_TYPE}:
            yield pair


def binary(module: str | bytes) -> bytes:
    """The bytes of a module."""
    return module if isinstance(module, bytes) else bytes(wasmtime.wat2wasm(f"(module {module})"))
