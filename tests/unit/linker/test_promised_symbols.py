"""Every known release against those before it: the symbols that were taken away or changed."""

from __future__ import annotations

import pytest

from pyodide_abi.linker.promised_symbols import broken_symbols
from pyodide_abi.platforms import load_platform, load_surface
from pyodide_abi.platforms.surface import decode_surface
from pyodide_abi.platforms.surface_encoding import encode_surface, surface_tables

#: By release, the symbols of the release before it that modules find no more, or not as they were.
KNOWN = {
    "0.26.2": {"restoreExceptionState", "restorePythonState", "saveExceptionState", "savePythonState"},
    "0.26.3": {"Buffer_dealloc", "_pyproxy_apply_promising", "syncifyHandler"},
    "0.27.0": {"JsProxy_compute_typeflags", "JsProxy_create_with_this"},
    "0.27.1": {"_PyEM_CountFuncParams", "_PyEM_detect_type_reflection"},
    "0.27.6": {"python2js_custom", "python2js_custom__create_jscontext"},
    "0.27.7": {"_hiwire_table_init", "hiwire_incref_deduplicate"},
    "314.0.3": {
        "__gcov_dump",
        "__gcov_reset",
        "__llvm_write_custom_profile",
        "reset_fn_list",
        "writeout_fn_list",
    },
}


@pytest.mark.parametrize("name", ["2024_0", "2025_0", "314_0", "2026_5"])
def test_neighbours(name: str) -> None:
    platform = load_platform(name)
    whole = load_surface(platform)
    tables = surface_tables(whole)
    every = list(whole.releases)
    gone: set[str] = set()
    for place, release in enumerate(every[1:], 1):
        views = {key: table for key, table in tables.items() if key[0] == release}
        data = encode_surface(platform=name, releases=(release,), engines=whole.engines, tables=views)
        surface = decode_surface(data, file=release)
        broken = broken_symbols(platform, whole, every[max(0, place - 2) : place], surface, "node24")
        lasted = {symbol.name for symbol in broken if symbol.lasted}
        assert (release, lasted) == (release, KNOWN.get(release, set()))
        gone |= lasted
        assert {symbol.name for symbol in broken} <= gone


def test_what_becomes_of_modules() -> None:
    platform = load_platform("2024_0")
    whole = load_surface(platform)
    tables = surface_tables(whole)
    views = {key: table for key, table in tables.items() if key[0] == "0.27.6"}
    data = encode_surface(platform="2024_0", releases=("0.27.6",), engines=whole.engines, tables=views)
    surface = decode_surface(data, file="x")
    (custom, context) = broken_symbols(platform, whole, ["0.27.5"], surface, "node24")
    assert custom.had == "0.27.5"
    assert custom.promised == "wasm-function (i32,i32,externref,externref,externref)->(externref)"
    assert custom.effect == "modules that import it do not load"
    assert context.effect == "modules load, and the first call ends the interpreter"
