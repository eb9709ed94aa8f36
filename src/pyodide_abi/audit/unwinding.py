"""Symbols that show how a module unwinds the stack: by JavaScript, or by WebAssembly.

They are the compiler's own names for the two ways, the same in every Emscripten (loader.md, section 8).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import MADE_WHEN_CALLED, UNWINDING_TAGS
from pyodide_abi.platforms.model import Unwinding
from pyodide_abi.wasm import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.linker import Facts, Import
    from pyodide_abi.platforms.model import Platform

_JAVASCRIPT = frozenset(
    {
        "__resumeException",
        "__THREW__",
        "__threwValue",
        "_emscripten_throw_longjmp",
        "emscripten_longjmp",
        "getTempRet0",
        "llvm_eh_typeid_for",
        "saveSetjmp",
        "setTempRet0",
        "setThrew",
        "testSetjmp",
    }
)
#: Without one of these nothing is ever caught in JavaScript.
_GUARDS = (*MADE_WHEN_CALLED, "emscripten_longjmp", "saveSetjmp", "testSetjmp")
_WEBASSEMBLY = frozenset(
    {*UNWINDING_TAGS, "__wasm_longjmp", "__wasm_lpad_context", "_Unwind_CallPersonality"}
)


def way_of(symbol: str) -> Unwinding | None:
    """The way that a symbol belongs to, None for any other symbol."""
    if symbol in _WEBASSEMBLY:
        return Unwinding.WEBASSEMBLY
    if symbol in _JAVASCRIPT or symbol.startswith(MADE_WHEN_CALLED):
        return Unwinding.JAVASCRIPT
    return None


def signs(facts: Facts, way: Unwinding) -> Iterator[Import]:
    """The imports that prove that a module unwinds in this way.

    For JavaScript these are the guarded calls; for WebAssembly the tags, which are all that it needs.
    """
    for entry in facts.imports:
        if way is Unwinding.WEBASSEMBLY:
            proof = entry.kind is Kind.TAG
        else:
            proof = entry.kind is Kind.FUNCTION and entry.name.startswith(_GUARDS)
        if proof:
            yield entry


def wrong_way(platform: Platform) -> Unwinding:
    """The way that modules of a platform must not use."""
    if platform.exceptions is Unwinding.JAVASCRIPT:
        return Unwinding.WEBASSEMBLY
    return Unwinding.JAVASCRIPT


def unwinds_wrongly(facts: Facts, platform: Platform) -> bool:
    """The module is built for the other way."""
    return any(True for _ in signs(facts, wrong_way(platform)))
