from __future__ import annotations

import pytest

from pyodide_abi.errors import WasmError
from pyodide_abi.wasm import encode
from pyodide_abi.wasm.cursor import Cursor


class TestUnsigned:
    """u32: at most ceil(32/7) bytes; unused bits of the last byte are zero (core specification 5.2.2)."""

    @pytest.mark.parametrize(
        ("code", "value"),
        [
            (b"\x00", 0),
            (b"\x7f", 127),
            (b"\x80\x01", 128),
            (b"\xff\xff\xff\xff\x0f", 2**32 - 1),
            (b"\x83\x00", 3),
            (b"\x83\x80\x80\x80\x00", 3),
        ],
    )
    def test_read(self, code: bytes, value: int) -> None:
        cursor = Cursor(code + b"rest")
        assert cursor.u32() == value
        assert cursor.position == len(code)

    @pytest.mark.parametrize(
        "code",
        [b"\xff\xff\xff\xff\x1f", b"\x83\x80\x80\x80\x80\x00", b"\x80" * 1000, b"\xff" * 5],
    )
    def test_too_long_or_too_large(self, code: bytes) -> None:
        with pytest.raises(WasmError, match="more than 32 bits") as caught:
            Cursor(code, base=100).u32()
        assert caught.value.offset == 100

    @pytest.mark.parametrize("code", [b"", b"\x80", b"\xff\xff"])
    def test_cut_off(self, code: bytes) -> None:
        with pytest.raises(WasmError, match="ends in the middle") as caught:
            Cursor(code).u32()
        assert caught.value.offset == len(code)

    def test_sixty_four_bits(self) -> None:
        assert Cursor(b"\xff" * 9 + b"\x01").u64() == 2**64 - 1
        with pytest.raises(WasmError, match="more than 64 bits"):
            Cursor(b"\xff" * 9 + b"\x02").u64()


class TestSigned:
    """sN: the unused bits of the last byte repeat the sign."""

    @pytest.mark.parametrize(
        ("code", "value"),
        [
            (b"\x7f", -1),
            (b"\x40", -64),
            (b"\x3f", 63),
            (b"\x80\x7f", -128),
            (b"\xff\xff\xff\xff\x7f", -1),
            (b"\x80\x80\x80\x80\x78", -(2**31)),
            (b"\xff\xff\xff\xff\x07", 2**31 - 1),
        ],
    )
    def test_read(self, code: bytes, value: int) -> None:
        assert Cursor(code).s32() == value

    @pytest.mark.parametrize("code", [b"\xff\xff\xff\xff\x0f", b"\x80\x80\x80\x80\x70", b"\x80" * 6])
    def test_out_of_range(self, code: bytes) -> None:
        with pytest.raises(WasmError, match="more than 32 bits"):
            Cursor(code).s32()

    def test_thirty_three_bits_hold_every_index(self) -> None:
        assert Cursor(encode.signed(2**32 - 1)).s33() == 2**32 - 1
        assert Cursor(b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7f").s64() == -(2**63)


class TestBounds:
    def test_a_count_is_checked_before_anybody_allocates(self) -> None:
        with pytest.raises(WasmError, match=r"claims 4294967295 items where engines accept 1000000"):
            Cursor(b"\xff\xff\xff\xff\x0f").count()
        with pytest.raises(WasmError, match="claims 3 items in 5 bytes"):
            Cursor(b"\x03abcde").count(smallest=2)

    def test_a_stretch_ends_where_it_ends(self) -> None:
        outer = Cursor(b"\x01\x02\x03\x04", base=10)
        part = outer.part(2, "part")
        assert (part.u8(), part.u8()) == (1, 2)
        with pytest.raises(WasmError, match="part: ends") as caught:
            part.u8()
        assert caught.value.offset == 12
        assert outer.u8() == 3

    def test_a_part_cannot_be_larger_than_the_whole(self) -> None:
        with pytest.raises(WasmError, match="wants 5 more bytes where 4 are left"):
            Cursor(b"abcd").part(5, "part")

    def test_names_are_utf8(self) -> None:
        assert Cursor(b"\x02\xc3\xa9").name() == "é"
        with pytest.raises(WasmError, match="not UTF-8") as caught:
            Cursor(b"\x03a\xffb", base=20).name()
        assert caught.value.offset == 22

    def test_what_is_left_is_a_fault(self) -> None:
        with pytest.raises(WasmError, match="has 1 bytes after its last item"):
            Cursor(b"x").finish()
