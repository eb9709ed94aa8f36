"""A module that arrives in pieces is what it is as a whole, wherever it is cut."""

from __future__ import annotations

import itertools
import zlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from assembling import OWN_ADDRESSES, assemble
from hypothesis import given, settings
from hypothesis import strategies as st
from made_modules import native_file

from pyodide_abi.linker.budget import Budget
from pyodide_abi.linker.elide.outline import outline_of, settle
from pyodide_abi.linker.elide.stream import outline_stream
from pyodide_abi.linker.module_facts import anatomy_of
from pyodide_abi.linker.plain_reading import Read
from pyodide_abi.signatures import recovered_from
from pyodide_abi.wasm import SectionId, read_module
from pyodide_abi.wasm.bodies import windows
from pyodide_abi.wasm.features import Feature

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


CORPUS = Path(__file__).parents[3] / "corpus"
KNOWN = frozenset({b"_Zknown"})
ENTRY = "(global (mut i32))"
NAMES = "".join(
    f'(import "env" "_ZN{index}{"long" * (index % 60)}Ev" (func)) (import "GOT.func" "_Zboth{index}" {ENTRY})'
    for index in range(60)
)
IMPORTS = f"""(import "env" "__cxa_throw" (func $throw (param i32 i32 i32)))
    (import "env" "_Zcalled" (func $called)) (import "GOT.mem" "_ZTI5Class" {ENTRY})
    (import "GOT.func" "plain" {ENTRY}) (import "env" "memory" (memory 1)) {NAMES}"""
EXPORTS = """(func (export "_ZN3Ev")) (func (export "_Zboth7")) (func (export "_Zknown"))
    (func (export "_Zother") (param i32)) (func (export "plain"))
    (global (export "_ZTI5Class") i32 (i32.const 8))"""
CONSTANTS = "(drop (i32.add (i32.const 77) (i32.const 31)))" * 700
TEXTS = {
    "forward": f"""%dylink {IMPORTS}
        (func (export "__wasm_call_ctors") {CONSTANTS} (call $called) (call $deep)) (func)
        (func $deep {CONSTANTS} (call $throw (i32.const 1) (i32.const 2) (i32.const 3)))
        {EXPORTS} (data (i32.const 0) "/home/me/project/file.cpp\\00") %init""",
    "start": f"""%dylink {IMPORTS} (func $start (call $called) unreachable) (start $start)
        (func (export "__wasm_apply_data_relocs") (if (i32.const 1) (then))) {EXPORTS} %init""",
    "legacy": f"""%dylink {IMPORTS} (tag $t (param i32)) {EXPORTS} (func {CONSTANTS})
        (func try (call $called) catch_all end) (func (block try_table end end)) %init""",
    "standard": f"""%dylink {IMPORTS} (tag $t (param i32)) {EXPORTS}
        (func (block try_table end end)) %init""",
    "untagged": f"""%dylink {IMPORTS} {EXPORTS} (func {CONSTANTS})
        (func try (call $called) catch_all end) %init""",
    "addresses": OWN_ADDRESSES.replace("(data", '(import "env" "_Zplain" (global (mut i32))) (data', 1),
    "nothing": "%dylink",
}


@cache
def module_of(name: str) -> bytes:
    return assemble(TEXTS[name])


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    ends = sorted({place % (len(data) + 1) for place in places} | {0, len(data)})
    return [data[start:end] for start, end in itertools.pairwise(ends)]


def streamed(data: bytes, places: Sequence[int], again: Sequence[int], **options: Any) -> Read | None:
    """What is found in a file as it arrives, cut at places; None where it has to be read whole."""
    file = native_file(data, pieces=lambda: iter(cut(data, places)), again=lambda: iter(cut(data, again)))
    found = outline_stream(file, file.pieces(), **options)
    if found is None:
        return None
    outline, anatomy, recovered = found
    (library,) = settle([outline], lambda _, place: f"export {place}")
    return Read(library, anatomy, recovered)


def whole(data: bytes, sought: frozenset[Feature]) -> Read:
    """The same from a file that is held."""
    module = read_module(data)
    outline = outline_of("x.so", data, module, known=lambda: KNOWN, sought=sought)
    (library,) = settle([outline], lambda _, place: f"export {place}")
    anatomy = anatomy_of(outline.library, module, checksum=zlib.crc32(data))
    return Read(library, anatomy, recovered_from(module))


places = st.lists(st.integers(min_value=0, max_value=1 << 20), max_size=30)
sought = st.sampled_from([frozenset(), frozenset({Feature.EXNREF}), frozenset({Feature.SIMD128, Feature.GC})])


@pytest.mark.parametrize("name", TEXTS)
@settings(max_examples=25, deadline=None)
@given(places=places, again=places, sought=sought)
def test_pieces_make_no_difference(
    name: str, places: list[int], again: list[int], sought: frozenset[Feature]
) -> None:
    data = module_of(name)
    found = streamed(data, places, again, known=lambda: KNOWN, sought=sought, budget=Budget())
    assert found is not None
    assert found == whole(data, sought)


@pytest.mark.parametrize("name", ["exnref", "gc", "instructions", "legacy-exceptions", "linked", "side"])
@settings(max_examples=20, deadline=None)
@given(places=places)
def test_pieces_make_no_difference_to_what_compilers_wrote(name: str, places: list[int]) -> None:
    data = (CORPUS / f"{name}.wasm").read_bytes()
    found = streamed(data, places, [], known=lambda: KNOWN, sought=(), budget=Budget())
    assert found is None or found == whole(data, frozenset())


@settings(max_examples=50, deadline=None)
@given(places=places, change=st.integers(min_value=0, max_value=1 << 20), byte=st.integers(0, 255))
def test_a_damaged_module_is_read_alike_or_left_to_the_careful_reader(
    places: list[int], change: int, byte: int
) -> None:
    data = bytearray(module_of("forward"))
    data[change % len(data)] = byte
    found = streamed(bytes(data), places, [], known=lambda: KNOWN, sought=(), budget=Budget())
    assert found is None or found == whole(bytes(data), frozenset())


def test_a_body_that_has_gone_by_is_left_to_the_careful_reader() -> None:
    constructors = '(func (export "__wasm_call_ctors") (call $early))'
    data = assemble(f"%dylink {IMPORTS} (func $early (call $called)) {constructors} %init")
    assert (
        streamed(data, range(0, len(data), 10), [], known=lambda: KNOWN, sought=(), budget=Budget()) is None
    )
    assert streamed(data, [], [], known=lambda: KNOWN, sought=(), budget=Budget()) is not None


def test_names_that_are_others_at_the_second_reading_are_left_to_the_careful_reader() -> None:
    data = module_of("forward")
    other = data.replace(b"_Zcalled", b"_Zcabbed")
    file = native_file(data, again=lambda: iter([other]))
    assert outline_stream(file, [data], known=lambda: KNOWN, sought=(), budget=Budget()) is None


@settings(max_examples=25, deadline=None)
@given(places=places)
def test_bodies_are_those_of_the_section(places: list[int]) -> None:
    module = read_module(module_of("forward"))
    section = module.find(SectionId.CODE)
    assert section is not None
    cursor = module.cursor(section)
    expected = [cursor.take(cursor.u32()) for _ in range(cursor.u32())]

    def bodies() -> Iterator[bytes]:
        for window in windows(cut(module.contents(section), places), section):
            for index in range(window.first, window.last):
                body = window.body(index)
                at = window.body_at(body.position)
                assert at is not None
                assert (at.position, at.end) == (body.position, body.end)
                yield body.rest()

    assert list(bodies()) == expected
