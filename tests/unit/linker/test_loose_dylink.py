"""The dylink section as loaders read it: loader.md, section 1."""

from __future__ import annotations

import pytest
from assembling import assemble

from pyodide_abi.linker import Installed, read_library, resolve
from pyodide_abi.linker.dylink import read_loosely
from pyodide_abi.linker.facts import dylink_of
from pyodide_abi.platforms import load_platform
from pyodide_abi.platforms.surface import Symbol, SymbolKind
from pyodide_abi.wasm.sections.dylink0 import MemoryInfo

SYMBOLS = {
    "__indirect_function_table": Symbol("__indirect_function_table", SymbolKind.TABLE, "funcref min=6000")
}


def module(content: str, name: str = "dylink.0") -> bytes:
    return assemble(f'(@custom "{name}" (before first) "{content}")')


def error(data: bytes, platform: str = "2025_0") -> str:
    prediction = resolve(
        "x.so",
        Installed(libraries={"x.so": read_library("x.so", data)}),
        platform=load_platform(platform),
        symbols=SYMBOLS,
        extension=True,
    )
    return prediction.problems[0].text


def test_lists_that_come_twice() -> None:
    data = assemble('(@dylink.0 (needed "a" "b") (runtime-path "x") (needed "c") (runtime-path "y"))')
    dylink = dylink_of(data)
    assert (dylink.needed, dylink.needed_last, dylink.run_paths) == (("a", "b", "c"), ("c",), ("y",))


@pytest.mark.parametrize(("platform", "missing"), [("2025_0", '"b.so"'), ("314_0", '"b.so"')])
def test_later_loaders_take_the_last_list(platform: str, missing: str) -> None:
    assert missing in error(assemble('(@dylink.0 (needed "a.so") (needed "b.so"))'), platform)


def test_entries_count_and_sizes_do_not() -> None:
    # The subsection says that it has three bytes and nine names; the first name is all that is there.
    data = module(r"\02\04\09\02ab")
    assert dylink_of(data).needed[0] == "ab"
    assert error(data) == 'Error: Unexpected call to locateFile("ab")'


def test_an_endless_count_is_not_believed() -> None:
    assert len(dylink_of(module(r"\02\06\ff\ff\ff\ff\0f")).needed) < 10


def test_the_old_section() -> None:
    dylink = dylink_of(module(r"\80\01\02\03\00\01\04libs", "dylink"))
    assert dylink.memory is not None
    assert (dylink.memory.memory_size, dylink.memory.table_size, dylink.needed) == (128, 3, ("libs",))


@pytest.mark.parametrize("data", [b"\0asm\1\0\0\0\0\x05x", b"hello"])
def test_a_file_that_is_no_row_of_words(data: bytes) -> None:
    assert error(data) == "RangeError: byte length of Uint32Array should be a multiple of 4"


def test_a_table_that_no_engine_makes() -> None:
    text = "(@dylink.0 (mem-info (memory 4 2) (table {} 0)))"
    wide = "RangeError: WebAssembly.Table.grow(): failed to grow table by 9994001"
    assert error(assemble(text.format(9_994_001))) == wide
    assert "PyInit_x" in error(assemble(text.format(9_994_000)))


@pytest.mark.parametrize(("platform", "name"), [("2025_0", ""), ("314_0", ".")])
def test_a_library_without_a_name(platform: str, name: str) -> None:
    text = f'Error: Unexpected call to locateFile("{name}")'
    assert error(assemble('(@dylink.0 (needed "") (runtime-path "elsewhere"))'), platform) == text


def test_what_is_behind_the_end_is_zero() -> None:
    name = b"\x08dylink.0"
    data = b"\0asm\1\0\0\0\0" + bytes([len(name) + 6]) + name + b"\x01\x04"
    assert read_loosely(data, legacy=False).memory == MemoryInfo(
        memory_size=0, memory_align=0, table_size=0, table_align=0
    )
