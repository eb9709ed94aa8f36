"""Names that are a module's own business are left out, and nothing that is predicted depends on them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from assembling import assemble
from made_modules import native_file

from pyodide_abi.linker import Installed, Resolver, read_library
from pyodide_abi.linker.budget import Budget
from pyodide_abi.linker.dylink import CutOffError, read_loosely
from pyodide_abi.linker.elide.outline import outline_of, settle
from pyodide_abi.linker.elide.stream import outline_stream
from pyodide_abi.platforms import load_platform, load_platforms
from pyodide_abi.platforms.surface import Symbol, SymbolKind
from pyodide_abi.wasm import read_module

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyodide_abi.linker import Library

KNOWN = frozenset({b"_Zknown"})
SYMBOLS = {
    symbol.name: symbol
    for symbol in (
        Symbol("memory", SymbolKind.MEMORY, "min=320 max=65536"),
        Symbol("__indirect_function_table", SymbolKind.TABLE, "funcref min=6000"),
        Symbol("_Zknown", SymbolKind.WASM_FUNCTION, "()->()"),
    )
}
ENTRY = "(global (mut i32))"
#: Each exports some of what it imports; `b` asks `a` for what `a` keeps to itself.
TEXTS = {
    "a.so": f"""%dylink
        (import "env" "_Zown" (func $own)) (import "GOT.func" "_Zown" {ENTRY})
        (import "GOT.mem" "_Zdata" {ENTRY}) (import "env" "_Zlost" (func)) (import "env" "plain" (func))
        (import "env" "_Zother" (func (param i32))) (import "GOT.func" "_Zknown" {ENTRY})
        (import "GOT.func" "_Zboth" {ENTRY})
        (func (export "_Zown")) (func (export "_Zasked")) (func (export "_Zother")) (func (export "plain"))
        (func (export "_Zknown")) (func (export "_Zboth")) (func (export "_Zquiet"))
        (global (export "_Zdata") i32 (i32.const 4)) (global (export "_Zwide") i64 (i64.const 4))
        (func (export "PyInit_a") (result i32) i32.const 0)""",
    "b.so": f"""(@dylink.0 (mem-info (memory 64 4)) (needed "a.so") (runtime-path "$ORIGIN"))
        (import "env" "_Zasked" (func)) (import "GOT.func" "_Zboth" {ENTRY})
        (import "GOT.mem" "_Zdata" {ENTRY}) (import "GOT.func" "_Zmissing" {ENTRY})
        (import "env" "_Zcalled" (func $called))
        (func (export "_Zboth")) (func $start (export "_Zstart") (call $called))
        (func (export "_Zcalled")) (start $start)
        (func (export "PyInit_b") (result i32) i32.const 0)""",
}


def outlined(texts: Mapping[str, str], *, whole: bool = False) -> dict[str, Library]:
    outlines = []
    for path, text in texts.items():
        data = assemble(text)
        if whole:
            outlines.append(outline_of(path, data, read_module(data), known=lambda: KNOWN))
        else:
            file = native_file(data, path=path, pieces=partial(iter, [data[:50], data[50:]]))
            found = outline_stream(file, file.pieces(), known=lambda: KNOWN, sought=(), budget=Budget())
            assert found is not None
            outlines.append(found[0])

    def reread(path: str, place: int) -> str:
        return read_module(assemble(texts[path])).exports[place].name

    return {library.path: library for library in settle(outlines, reread)}


@pytest.mark.parametrize("whole", [True, False])
def test_what_others_or_the_runtime_know_stays(whole: bool) -> None:
    facts = outlined(TEXTS, whole=whole)["a.so"].facts
    assert facts is not None
    assert [(entry.index, entry.module, entry.name) for entry in facts.imports] == [
        (3, "env", "_Zlost"),
        (4, "env", "plain"),
        (5, "env", "_Zother"),
        (6, "GOT.func", "_Zknown"),
    ]
    # What `b` asks for is back, at its place: `_Zboth` it has itself.
    assert list(facts.exports) == ["_Zasked", "_Zother", "plain", "_Zknown", "_Zdata", "_Zwide", "PyInit_a"]
    assert facts.inner.shown == {"_Zasked", "_Zdata"}
    assert facts.inner.number == 5
    # `_Zown` and `_Zquiet`; `b` imports `_Zboth` too.
    assert (facts.inner.unused, facts.inner.functions, facts.inner.again) == (2, 2, 1)
    assert (facts.inner.length, facts.inner.again_length) == (5 + 7, 5)
    assert (facts.inner.shortest, facts.inner.place) == ("_Zown", 0)


@pytest.mark.parametrize("name", [platform.name for platform in load_platforms()])
@pytest.mark.parametrize("path", TEXTS)
def test_predictions_are_those_of_all_names(name: str, path: str) -> None:
    platform = load_platform(name)
    full = {name: read_library(name, assemble(text)) for name, text in TEXTS.items()}
    predictions = [
        Resolver(Installed(libraries=libraries), platform=platform, symbols=SYMBOLS).resolve(
            path, extension=True
        )
        for libraries in (full, outlined(TEXTS))
    ]
    assert predictions[0] == predictions[1]
    assert predictions[0].problems or predictions[0].undefined_calls


def test_the_shortest_name_is_looked_up_again_where_none_of_those_kept_will_do() -> None:
    shared = "".join(f'(func (export "_Z{index}"))' for index in range(200, 400))
    again = "".join(f'(import "env" "_Z{index}" (func))' for index in range(200, 400))
    long = '(func (export "_Zlong_and_its_own"))'
    libraries = outlined({"a.so": f"%dylink {again} {shared} {long}", "b.so": f"%dylink {again} {shared}"})
    facts = libraries["a.so"].facts
    assert facts is not None
    assert (facts.inner.number, facts.inner.unused) == (201, 1)
    assert facts.inner.shortest == "_Zlong_and_its_own"
    longer = '(func (export "_Zlonger_and_its_own_as_well"))'
    libraries = outlined(
        {"a.so": f"%dylink {again} {shared} {longer} {long}", "b.so": f"%dylink {again} {shared}"}
    )
    facts = libraries["a.so"].facts
    assert facts is not None
    assert facts.inner.shortest == "_Zlong_and_its_own"


@pytest.mark.parametrize(
    "data",
    [
        b"no module",
        b"\0asm\1\0\0\0\7\5\1\1a\0\7",  # an export of nothing
        b"\0asm\1\0\0\0\7\4\1\2\xc3\xa4\0\7",  # in a name that is not ASCII
        b"\0asm\1\0\0\0\7\x09\1\2_Z\0\7",  # cut off
    ],
)
def test_what_is_not_quite_as_usual_is_read_whole(data: bytes) -> None:
    assert outline_stream(native_file(data), [data], known=lambda: KNOWN, sought=(), budget=Budget()) is None


def test_the_beginning_of_a_file_says_when_it_is_not_enough() -> None:
    data = assemble(TEXTS["b.so"])
    end = data.index(b"_Zasked") - 20
    assert read_loosely(data, legacy=False) == read_loosely(data[: end + 20], legacy=False, whole=False)
    with pytest.raises(CutOffError):
        read_loosely(data[:20], legacy=False, whole=False)
