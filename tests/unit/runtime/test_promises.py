"""A runtime as its platform promises it, and with one thing after another that is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pyodide_abi.platforms import load_platform, load_surface
from pyodide_abi.platforms.surface import SymbolKind
from pyodide_abi.runtime.learning.promises import Aspect, Checked, Harm, broken_facts
from pyodide_abi.runtime.learning.reading import Reading
from pyodide_abi.runtime.learning.recognising import Recognition
from pyodide_abi.values import replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyodide_abi.runtime.learning.reading import Symbols

PLATFORM = load_platform("314_0")
BEFORE = PLATFORM.releases[-1]
OFFERED = dict(load_surface(PLATFORM).symbols(BEFORE.version))
SYMBOLS: Symbols = {name: (symbol.kind, symbol.type) for name, symbol in OFFERED.items()}
TABLE = "__indirect_function_table"
VARIABLES: Mapping[str, str | int | None] = {
    "EXT_SUFFIX": ".cpython-314-wasm32-emscripten.so",
    "SOABI": "cpython-314-wasm32-emscripten",
    "SIZEOF_LONG": 4,
    "SIZEOF_SIZE_T": 4,
    "SIZEOF_VOID_P": 4,
    "PYODIDE_ABI_VERSION": "2026_0",
    "PYEMSCRIPTEN_PLATFORM_VERSION": "2026_0",
    "PYEMSCRIPTEN_ABI_VERSION": "2026_0",
}
TAKEN = {
    "micropip": tuple(tag.tag for tag in PLATFORM.tags if BEFORE.version in tag.releases),
    "packaging": tuple(tag.tag for tag in PLATFORM.tags if BEFORE.version in tag.packaging),
}
GOOD = Reading(
    python="3.14.9",
    emscripten="5.0.3",
    suffixes=BEFORE.suffixes,
    sysconfig=VARIABLES,
    library_path=PLATFORM.search.library_path,
    libraries={library.name: library.version for library in PLATFORM.libraries if library.version},
    accepted=TAKEN,
    symbols=SYMBOLS,
)
KNOWN = Recognition(generation=3, nearest=3, seen="314.0.7", changed=(), installers=("0.28.2",))


def broken(reading: Reading = GOOD, recognition: Recognition = KNOWN, **changes: Any) -> list[Any]:
    checked = Checked(
        reading=reading, recognition=recognition, platform=PLATFORM, before=BEFORE, offered=OFFERED
    )
    return [(one.aspect, one.harm, one.what) for one in broken_facts(replace(checked, **changes))]


def memory(type_: str) -> Symbols:
    return {"memory": (SymbolKind.MEMORY, type_)}


def table(type_: str) -> Symbols:
    return {TABLE: (SymbolKind.TABLE, type_)}


LONG_TAG: Symbols = {"__c_longjmp": (SymbolKind.TAG, "(i64)->()")}


def without(name: str) -> dict[str, Any]:
    return {"symbols": {key: form for key, form in SYMBOLS.items() if key != name}}


def test_nothing_is_broken_where_all_is_kept() -> None:
    assert broken() == []
    places = ("/first", *GOOD.library_path, "/last")
    assert broken(replace(GOOD, suffixes=(*GOOD.suffixes, ".more.so"), library_path=places)) == []
    grown = SYMBOLS | {
        "memory": (SymbolKind.MEMORY, "min=9999 max=65536"),
        TABLE: (SymbolKind.TABLE, "funcref min=9"),
    }
    assert broken(replace(GOOD, symbols=grown)) == []


@pytest.mark.parametrize(
    ("changes", "aspect", "what"),
    [
        ({"python": "3.15.0"}, Aspect.PYTHON, ""),
        ({"python": "3.1.4"}, Aspect.PYTHON, ""),
        ({"emscripten": "5.0.4"}, Aspect.COMPILER, "Emscripten"),
        (without("__cpp_exception"), Aspect.UNWINDING, "C++ exceptions"),
        (without("__c_longjmp"), Aspect.UNWINDING, "setjmp/longjmp"),
        (
            {"symbols": SYMBOLS | LONG_TAG},
            Aspect.UNWINDING,
            "__c_longjmp",
        ),
        (without("memory"), Aspect.MEMORY, "memory"),
        (
            {"symbols": SYMBOLS | memory("min=480 max=32768")},
            Aspect.MEMORY,
            "memory",
        ),
        (
            {"symbols": SYMBOLS | memory("min=480 max=65536 shared")},
            Aspect.MEMORY,
            "memory",
        ),
        (
            {"symbols": SYMBOLS | table("funcref min=8733 max=9000")},
            Aspect.TABLE,
            TABLE,
        ),
        ({"symbols": SYMBOLS | table("externref min=8733")}, Aspect.TABLE, TABLE),
        ({"library_path": GOOD.library_path[::-1]}, Aspect.SEARCH, "LD_LIBRARY_PATH"),
        ({"library_path": GOOD.library_path[:1]}, Aspect.SEARCH, "LD_LIBRARY_PATH"),
        ({"suffixes": (".cpython-314-wasm32-emscripten.so", ".so")}, Aspect.SUFFIX, ".abi3.so"),
        ({"sysconfig": {**VARIABLES, "EXT_SUFFIX": ".so"}}, Aspect.VARIABLE, "EXT_SUFFIX"),
        ({"sysconfig": {**VARIABLES, "PYODIDE_ABI_VERSION": None}}, Aspect.VARIABLE, "PYODIDE_ABI_VERSION"),
        ({"sysconfig": {**VARIABLES, "SIZEOF_LONG": 8}}, Aspect.VARIABLE, "SIZEOF_LONG"),
        ({"accepted": {**TAKEN, "packaging": ()}}, Aspect.TAG, "pyemscripten_2026_0_wasm32"),
        ({"libraries": {**GOOD.libraries, "zlib": "1.2.13"}}, Aspect.LIBRARY, "zlib"),
        ({"libraries": {"zlib": "1.3.1", "sqlite3": "3.39.0", "lzma": "5.2.2"}}, Aspect.LIBRARY, "bzip2"),
    ],
)
def test_one_promise_after_another(changes: dict[str, Any], aspect: Aspect, what: str) -> None:
    found = broken(replace(GOOD, **changes))
    assert found[0] == (aspect, Harm.ERROR, what)
    assert {each[0] for each in found} == {aspect}


@pytest.mark.parametrize(
    ("changes", "aspect", "what"),
    [
        ({"suffixes": GOOD.suffixes[::-1]}, Aspect.SUFFIX, ""),
        ({"libraries": {**GOOD.libraries, "zlib": "1.3.2"}}, Aspect.LIBRARY, "zlib"),
        ({"accepted": None}, Aspect.TAG, "pyemscripten_2026_0_wasm32"),
    ],
)
def test_what_may_do_no_harm(changes: dict[str, Any], aspect: Aspect, what: str) -> None:
    found = broken(replace(GOOD, **changes))
    assert found[0] == (aspect, Harm.WARNING, what)
    assert {each[:2] for each in found} == {(aspect, Harm.WARNING)}


def test_loaders() -> None:
    new = replace(KNOWN, generation=None, changed=("updateGOT",))
    assert broken(recognition=new) == [(Aspect.LOADER, Harm.WARNING, "")]
    assert broken(recognition=replace(KNOWN, generation=2)) == [(Aspect.LOADER, Harm.ERROR, "")]


def test_the_first_release_of_a_platform() -> None:
    assert broken(before=None, offered={}) == []
