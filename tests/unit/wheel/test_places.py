"""Archives whose members have extra fields, other encodings of names, and sizes behind them."""

from __future__ import annotations

import io
import struct
import zipfile
from typing import TYPE_CHECKING

import pytest

from pyodide_abi.errors import WheelError
from pyodide_abi.wheel.places import check_places

if TYPE_CHECKING:
    from collections.abc import Callable

#: Identifiers of extra fields: sizes of 64 bits, Info-ZIP's name in Unicode, and one of no meaning here.
ZIP64, NAME, OTHER = 0x0001, 0x7075, 0x6666


def field(number: int, content: bytes) -> bytes:
    return struct.pack("<2H", number, len(content)) + content


def check(data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        check_places(archive.infolist(), io.BytesIO(data), directory=archive.start_dir, where="a.whl")


def archive(extra: bytes = b"", name: str = "a.py", content: bytes = b"x = 1\n") -> bytes:
    """One stored member; its extra field stands in its header and in the directory."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        info = zipfile.ZipInfo(name)
        info.extra = extra
        made.writestr(info, content)
    return out.getvalue()


def with_header(data: bytes, change: Callable[[bytearray], None]) -> bytes:
    """Change the first member's own header, not the directory."""
    changed = bytearray(data)
    change(changed)
    return bytes(changed)


def unicode_name(name: str) -> bytes:
    return field(NAME, b"\1" + bytes(4) + name.encode())


@pytest.mark.parametrize("name", ["a.py", "é.py"])
def test_the_name_that_info_zip_adds_is_the_members(name: str) -> None:
    check(archive(unicode_name(name), name))
    with pytest.raises(WheelError, match="is of two names"):
        check(archive(unicode_name("b.py"), name))


def test_all_parts_of_an_extra_field_are_read() -> None:
    other = field(OTHER, b"12345")
    check(archive(other + unicode_name("a.py")))
    with pytest.raises(WheelError, match="is of two names"):
        check(archive(other + other + unicode_name("b.py")))
    # What is cut off is no part.
    check(archive(other + unicode_name("b.py")[:3]))


def large(sizes: bytes) -> bytes:
    """An archive whose header has the sizes of 6 bytes in its extra field."""
    return with_header(
        archive(field(ZIP64, sizes)),
        lambda data: data.__setitem__(slice(18, 26), b"\xff" * 8),
    )


def test_sizes_of_64_bits() -> None:
    six, seven = struct.pack("<Q", 6), struct.pack("<Q", 7)
    check(large(six + six))
    for wrong in (six + seven, seven + six, six, six + six[:7], b""):
        with pytest.raises(WheelError, match="is of two sizes"):
            check(large(wrong))


def test_a_size_that_the_extra_field_lacks_is_none() -> None:
    one = with_header(archive(content=b"x"), lambda data: data.__setitem__(slice(18, 26), b"\xff" * 8))
    with pytest.raises(WheelError, match="is of two sizes"):
        check(one)


def test_only_a_size_that_is_marked_stands_in_the_extra_field() -> None:
    data = with_header(
        archive(field(ZIP64, struct.pack("<Q", 6))), lambda data: data.__setitem__(slice(18, 22), b"\xff" * 4)
    )
    check(data)


def test_a_name_without_the_mark_of_utf_8_is_in_the_old_encoding() -> None:
    data = archive(name="é.py")
    flags = 6, data.index(b"PK\1\2") + 8
    old = bytearray(data.replace("é.py".encode(), b"\x82.pyX"))
    for place in flags:
        old[place + 1] &= ~0x08
    # The old encoding has one byte for the letter, so that both names get another one behind it.
    check(bytes(old))
    with zipfile.ZipFile(io.BytesIO(old)) as opened:
        assert opened.namelist() == ["é.pyX"]
    new = bytearray(old)
    new[flags[0] + 1] |= 0x08
    with pytest.raises(WheelError, match="is of two names"):
        check(bytes(new))


class Unseekable(io.RawIOBase):
    """What zipfile cannot go back in, so that it writes sizes behind each member."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        self.data += bytes(data)  # type: ignore[call-overload]
        return len(bytes(data))  # type: ignore[call-overload]


def described() -> bytes:
    """An archive with a checksum and two sizes behind its member."""
    out = Unseekable()
    with zipfile.ZipFile(out, "w") as made, made.open("a.py", "w") as member:
        member.write(b"x = 1\n")
    return bytes(out.data)


def test_sizes_behind_a_member() -> None:
    data = described()
    check(data)
    start = data.index(b"PK\7\x08")
    for place in range(start + 4, start + 16):
        changed = bytearray(data)
        changed[place] ^= 1
        with pytest.raises(WheelError, match="what follows it and the directory differ"):
            check(bytes(changed))


def test_sizes_behind_a_member_need_no_mark() -> None:
    data = described()
    start = data.index(b"PK\7\x08")
    bare = bytearray(data[:start] + data[start + 4 :])
    end = bare.index(b"PK\5\6")
    place = struct.unpack_from("<I", bare, end + 16)[0]
    struct.pack_into("<I", bare, end + 16, place - 4)
    check(bytes(bare))
