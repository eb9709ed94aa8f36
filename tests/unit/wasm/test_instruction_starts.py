from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from pyodide_abi.wasm import encode
from pyodide_abi.wasm.cursor import Cursor
from pyodide_abi.wasm.instruction_starts import LONGEST, surely_begins_none
from pyodide_abi.wasm.instructions import instructions

#: An instruction of each form, as long as an engine takes it; most hold bytes like those of others.
_PADDED_32, _PADDED_64 = b"\x81\x80\x80\x80\x00", b"\xc1\x80\x80\x80\x80\x80\x80\x80\x80\x00"
LONG = (
    b"\x41\xfc\x93\xfc\x93\x04",
    b"\x41\xa0\xfc\x93\x04",
    b"\x42\xfc\x93\xfd\x80\x82\x80\x80\x80\x80\x00",
    b"\x20" + _PADDED_32,
    b"\x10\xfc\x93\x80\x80\x00",
    b"\x11" + _PADDED_32 + _PADDED_32,
    b"\x44\xfc\x13\xfc\x14\xfd\x80\x02\x1f",
    b"\x28\xc2\x80\x80\x80\x00" + _PADDED_32 + _PADDED_64,
    b"\xfc\x8a\x80\x80\x80\x00" + _PADDED_32 + _PADDED_32,
    b"\xfd\x8c\x80\x80\x80\x00" + b"\xfc\x13\xfd\x80\x02\xc1\x80\x80\x01\x1f\x40\x01\x00\x00\x0e\xff",
    b"\xfd\xd4\x80\x80\x80\x00" + b"\xc2\x80\x80\x80\x00" + _PADDED_32 + _PADDED_64 + b"\x03",
    b"\x02\x64\xf0\xff\xff\xff\x7f",
)
SHORT = (
    b"\x6a",
    b"\x1a",
    b"\x0b",
    b"\x20\x1f",
    b"\x20\x0e",
    b"\xfc\x13",
    b"\xfd\x80\x02",
    b"\x41\x7f",
    b"\x00",
)


def listed(label: int, padding: int, number: int) -> bytes:
    """A ``br_table`` of one label, written with so many bytes more than it needs."""
    plain = encode.unsigned(label)
    padded = plain[:-1] + bytes([plain[-1] | 0x80]) + b"\x80" * (padding - 1) + b"\x00" if padding else plain
    return b"\x0e" + encode.unsigned(number) + padded * (number + 1)


def caught(number: int) -> bytes:
    """A ``try_table`` with so many clauses."""
    return b"\x1f\x40" + encode.unsigned(number) + b"\x00\xfc\x13\xfd\x80\x02" * number


LABELS = (1, 31, 0x9FC, 14_576, 30_960)
code = st.lists(
    st.one_of(
        st.sampled_from(SHORT),
        st.sampled_from(SHORT),
        st.sampled_from(LONG),
        st.builds(listed, st.sampled_from(LABELS), st.integers(0, 2), st.integers(0, 90)),
        st.builds(caught, st.integers(0, 30)),
    ),
    min_size=10,
    max_size=200,
)


def places_of(body: bytes) -> set[int]:
    return {one.offset for one in instructions(Cursor(body, start=1))}


@given(code)
def test_where_an_instruction_begins_it_is_never_denied(parts: list[bytes]) -> None:
    body = b"\0" + b"".join(parts)
    begins = set(itertools.accumulate(map(len, parts[:-1]), initial=1))
    assert begins == places_of(body)
    assert not any(surely_begins_none(Cursor(body), place) for place in begins)


def test_what_only_looks_like_one_in_the_middle_of_code_is_told() -> None:
    parts = (
        b"\x20\x02",
        b"\x41\xc0\x84\xbd\x01",
        b"\x6a",
        b"\x28\x02\x10",
        b"\x21\x05",
        b"\x10\x8a\x01",
    ) * 40
    between = (b"\x41\xfc\x13", b"\x1a")
    body = b"\0" + b"".join((*parts, *between, *parts))
    place = body.index(b"\xfc\x13")
    assert surely_begins_none(Cursor(body), place)
    assert place not in places_of(body)
    # Where nothing is known of what stands before, nothing is said.
    assert not surely_begins_none(Cursor(body[place - 40 :]), 40)


def test_no_instruction_without_a_list_is_longer() -> None:
    assert all(len(list(instructions(Cursor(part)))) == 1 for part in LONG)
    assert max(map(len, LONG)) <= LONGEST
