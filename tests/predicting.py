"""Predictions for made modules against a made-up runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assembling import assemble

from pyodide_abi.linker import Installed, read_library, resolve
from pyodide_abi.platforms import load_platform
from pyodide_abi.platforms.engines import find_engine
from pyodide_abi.platforms.surface import Symbol, SymbolKind

if TYPE_CHECKING:
    from pyodide_abi.linker import Prediction, Problem

#: Code of features that not every engine takes.
EXNREF = "(func (block (try_table (catch_all 0))))"
RELAXED = "(func (drop (i8x16.relaxed_swizzle (v128.const i64x2 0 0) (v128.const i64x2 0 0))))"
CONSTANT = '(import "env" "data" (global $d i32)) (global i32 (i32.add (global.get $d) (i32.const 1)))'


#: What the runtime has.
SYMBOLS = {
    symbol.name: symbol
    for symbol in (
        Symbol("function", SymbolKind.WASM_FUNCTION, "(i32)->(i32)"),
        Symbol("script", SymbolKind.JS_FUNCTION, "()->(f64)"),
        Symbol("untyped", SymbolKind.JS_FUNCTION, None),
        Symbol("placeholder", SymbolKind.STUB, None),
        Symbol("data", SymbolKind.DATA, "i32"),
        Symbol("number", SymbolKind.DATA, None),
        Symbol("stack", SymbolKind.GLOBAL, "i32 mut"),
        Symbol("promise", SymbolKind.OTHER, ""),
        Symbol("memory", SymbolKind.MEMORY, "min=480 max=65536"),
        Symbol("__indirect_function_table", SymbolKind.TABLE, "funcref min=100"),
        Symbol("__cpp_exception", SymbolKind.TAG, "(i32)->()"),
    )
}


def predict(text: str, platform: str = "314_0", **others: str) -> Prediction:
    """Of a module ``x``, with other libraries beside it by their names without ``.so``."""
    libraries = {f"{name}.so": read_library(f"{name}.so", assemble(other)) for name, other in others.items()}
    libraries["x.so"] = read_library("x.so", assemble(text))
    return resolve(
        "x.so",
        Installed(libraries=libraries),
        platform=load_platform(platform),
        symbols=SYMBOLS,
        extension=True,
    )


def problems(text: str, engine: str) -> tuple[Problem, ...]:
    """Of a module with something in it, in an engine."""
    library = read_library("x.so", assemble(f"%dylink {text} %init"), sought=find_engine(engine).sought)
    installed = Installed(libraries={"x.so": library})
    platform = load_platform("314_0")
    return resolve(
        "x.so", installed, platform=platform, symbols=SYMBOLS, extension=True, engine=engine
    ).problems


def first(prediction: Prediction) -> str:
    """The text of what a load ends with; empty for none."""
    return prediction.problems[0].text if prediction.problems else ""


def first_text(text: str, engine: str) -> str:
    """The first of :func:`problems`."""
    found = problems(text, engine)
    return found[0].text if found else "loads"
