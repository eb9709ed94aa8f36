"""What of a module is more than an engine accepts, at each bound and one beyond it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from large_modules import joined, pieces

from pyodide_abi.platforms.engine_documents import engine_names, least_sizes
from pyodide_abi.platforms.engines import find_engine
from pyodide_abi.wasm import encode as enc
from pyodide_abi.wasm import read_module
from pyodide_abi.wasm.sizes import Size, excesses

if TYPE_CHECKING:
    from pyodide_abi.wasm.sizes import Excess

#: Numbers for which the bounds of engines make a module too long for a unit test.
LOWERED = {
    *(Size.TYPES, Size.IMPORTS, Size.FUNCTIONS, Size.TABLES, Size.GLOBALS, Size.TAGS, Size.EXPORTS),
    *(Size.ELEMENT_SEGMENTS, Size.DATA_SEGMENTS),
}
#: Those that only the reader sees, which has the engines' bound.
READ = {Size.GROUP, Size.ELEMENTS}


@pytest.mark.parametrize("size", Size)
def test_a_module_at_the_least_bound_and_one_beyond(size: Size) -> None:
    bounds = dict(least_sizes())
    if size in LOWERED:
        bounds[size] = 2000
    most = bounds[size]
    if size not in READ:
        assert not found_in(joined(pieces(size, most)), bounds)
    assert (size, most + 1) in found_in(joined(pieces(size, most + 1)), bounds)


def found_in(module: bytes, bounds: dict[str, int]) -> list[tuple[Size, int]]:
    return [(one.size, one.number) for one in excesses(read_module(module), bounds)]


def test_every_bound_of_an_engine_is_one_that_is_looked_for() -> None:
    known = {size.value for size in Size}
    for name in engine_names():
        assert find_engine(name).sizes.keys() <= known
    assert least_sizes().keys() == known


def function(*bodies: bytes, more: bytes = b"") -> bytes:
    number = len(bodies)
    return (
        b"\0asm\1\0\0\0\1\5\1\x60\1\x7f\0"
        + bytes([3])
        + enc.sized(enc.unsigned(number) + bytes(number))
        + bytes([10])
        + enc.sized(enc.vector([enc.sized(body) for body in bodies]))
        + more
    )


BOUNDS = {Size.BODY.value: 7_654_321, Size.LOCALS.value: 50_000, Size.BRANCHES.value: 65_520}


class TestCode:
    def found(self, *bodies: bytes) -> tuple[Excess, ...]:
        return excesses(read_module(function(*bodies)), BOUNDS)

    def test_locals_of_several_groups_are_added_and_parameters_count(self) -> None:
        group = enc.unsigned(12_500) + b"\x7f"
        assert [one.number for one in self.found(b"\4" + 4 * group + b"\x0b")] == [50_001]
        assert self.found(b"\4" + 3 * group + enc.unsigned(12_499) + b"\x7f\x0b") == ()

    def test_many_groups_of_one(self) -> None:
        body = enc.unsigned(50_000) + 50_000 * b"\1\x7f" + b"\x0b"
        assert [one.number for one in self.found(body)] == [50_001]

    def test_the_numbers_end_in_padding_or_are_of_references(self) -> None:
        assert self.found(b"\1\xd0\x86\x83\x80\0\x7f\x0b")
        assert self.found(b"\1\xd0\x86\x03\x63\x70\x0b")
        assert self.found(b"\2\x01\x63\x70\xd0\x86\x03\x7f\x0b")

    def test_the_function_and_the_place_are_told(self) -> None:
        sound = b"\0\x0b"
        bad = b"\1" + enc.unsigned(60_000) + b"\x7f\x0b"
        data = function(sound, bad)
        (found,) = excesses(read_module(data), BOUNDS)
        assert found.index == 1
        assert found.place == data.index(enc.unsigned(60_000))

    def test_what_looks_like_a_long_table_is_none(self) -> None:
        """The bytes of the instruction are a part of a constant."""
        constant = b"\x42" + b"\x8e\x80\x84\x80\x0e" + b"\x1a"
        data = b"\x43\x0e\x80\x80\x04\x1a"
        assert self.found(b"\0" + 40_000 * data + constant + b"\x0b") == ()

    def test_a_long_table_behind_many_instructions(self) -> None:
        body = b"\0" + 10_000 * b"\x41\1\x1a" + b"\x41\0\x0e" + enc.unsigned(65_521) + bytes(65_522) + b"\x0b"
        assert [one.size for one in self.found(body)] == [Size.BRANCHES]

    def test_a_body_whose_size_is_padded(self) -> None:
        body = b"\0" + (7_654_322 - 2) * b"\1" + b"\x0b"
        size = enc.unsigned(len(body))
        size = size[:-1] + bytes([size[-1] | 0x80, 0])
        code = b"\1" + size + body
        data = b"\0asm\1\0\0\0\1\4\1\x60\0\0\3\2\1\0\x0a" + enc.sized(code)
        (found,) = excesses(read_module(data), BOUNDS)
        assert data[found.place or 0 :].startswith(size)
