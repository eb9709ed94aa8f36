"""``ar`` archives, which static libraries are: GNU's and BSD's forms, read without copying."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.errors import WasmError
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.wasm.cursor import Bytes

MAGIC = b"!<arch>\n"
THIN_MAGIC = b"!<thin>\n"
_HEADER = 60
_END_OF_HEADER = b"`\n"
_INDEXES = frozenset({"/", "/SYM64/", "__.SYMDEF", "__.SYMDEF SORTED", "__.SYMDEF_64"})
_LONG_NAMES = "//"
_BSD_NAME = "#1/"


@value
class ArchiveMember:
    """A file in an archive.

    Attributes:
        name: without folders; names may repeat. In a thin archive, the path of the file from the archive's.
        header: Where the member's header begins in the archive.
        offset: The place of its bytes in the archive.
        data: A view of its bytes.
    """

    name: str
    header: int
    offset: int
    data: memoryview


def read_archive(data: Bytes) -> tuple[ArchiveMember, ...]:
    """The members, in order; symbol indexes are left out.

    Raises:
        WasmError: it is not an archive, or is cut off, or is a thin one, which holds no files.
    """
    view = memoryview(data)
    magic = bytes(view[: len(MAGIC)])
    if magic == THIN_MAGIC:
        raise WasmError(
            "archive: a thin one, which names files and does not hold them",
            offset=0,
            hint="make it anew without ar's T option",
        )
    if magic != MAGIC:
        raise WasmError("not an ar archive", offset=0)
    return tuple(_members(view))


def read_thin_archive(data: Bytes) -> tuple[str, ...]:
    """The files that a thin archive names, in order; paths from the folder of the archive.

    Raises:
        WasmError: it is not a thin archive, or is cut off.
    """
    view = memoryview(data)
    if bytes(view[: len(THIN_MAGIC)]) != THIN_MAGIC:
        raise WasmError("not a thin ar archive", offset=0)
    return tuple(member.name for member in _members(view, thin=True))


def read_index(data: Bytes) -> dict[int, list[str]]:
    """The symbols that members define according to the archive's index, by the places of their headers.

    GNU's and COFF's form (``/``, ``/SYM64/``) and BSD's (``__.SYMDEF``). Empty where there is none, or where
    it is not what its name says: linkers for WebAssembly do not depend on it.

    Args:
        data: an archive, thin or not.
    """
    view = memoryview(data)
    header = bytes(view[len(MAGIC) : len(MAGIC) + _HEADER])
    name, start = header[:16].decode("latin-1").rstrip(), len(MAGIC) + _HEADER
    if len(header) < _HEADER or not header[48:58].strip().isdigit():
        return {}
    body = bytes(view[start : start + int(header[48:58])])
    if name.startswith(_BSD_NAME) and name[len(_BSD_NAME) :].isdigit():
        length = int(name[len(_BSD_NAME) :])
        name, body = body[:length].rstrip(b"\0").decode("latin-1"), body[length:]
    if name not in _INDEXES:
        return {}
    wide = 8 if name in {"/SYM64/", "__.SYMDEF_64"} else 4
    found: dict[int, list[str]] = {}
    for place, symbol in (_gnu_index if name[0] == "/" else _bsd_index)(body, wide):
        found.setdefault(place, []).append(symbol)
    return found


def _gnu_index(body: bytes, wide: int) -> Iterator[tuple[int, str]]:
    """A count and so many places, from the greatest byte on, then the names, each ended by a zero byte."""
    count = int.from_bytes(body[:wide], "big")
    names = body[wide * (count + 1) :].split(b"\0")
    for number in range(min(count, len(names))):
        place = body[wide * (number + 1) : wide * (number + 2)]
        yield int.from_bytes(place, "big"), names[number].decode(errors="replace")


def _bsd_index(body: bytes, wide: int) -> Iterator[tuple[int, str]]:
    """Pairs of a name's place and a member's behind their size in bytes, then the names behind theirs."""
    numbers = [int.from_bytes(body[at : at + wide], "little") for at in range(0, len(body), wide)]
    pairs = (numbers[0] if numbers else 0) // wide
    names = body[wide * (pairs + 2) :]
    for name, place in zip(numbers[1 : pairs + 1 : 2], numbers[2 : pairs + 1 : 2], strict=False):
        yield place, names[name:].partition(b"\0")[0].decode(errors="replace")


def _members(view: memoryview, *, thin: bool = False) -> Iterator[ArchiveMember]:
    position, long_names = len(MAGIC), b""
    while position < len(view):
        header = bytes(view[position : position + _HEADER])
        if len(header) < _HEADER or header[58:] != _END_OF_HEADER:
            raise WasmError("archive: not a member's header", offset=position)
        name, size = header[:16].decode("latin-1").rstrip(), _number(header[48:58], position + 48)
        start = position + _HEADER
        # A thin archive holds its tables, and of its members the headers alone.
        end = start + (0 if thin and name not in _INDEXES and name != _LONG_NAMES else size)
        if end > len(view):
            raise WasmError(f"archive: a member of {size} bytes is cut off", offset=position)
        if name == _LONG_NAMES:
            long_names = bytes(view[start:end])
        elif name not in _INDEXES:
            name, start = _full_name(name, view, start, end, long_names)
            if name not in _INDEXES:
                yield ArchiveMember(name=name, header=position, offset=start, data=view[start:end])
        position = end + end % 2


def _full_name(name: str, view: memoryview, start: int, end: int, long_names: bytes) -> tuple[str, int]:
    """The name, and where the contents begin behind a name that is kept with them."""
    if name.startswith(_BSD_NAME):
        length = _number(name[len(_BSD_NAME) :].encode("latin-1"), start)
        if length > end - start:
            raise WasmError("archive: a name is longer than its member", offset=start)
        return bytes(view[start : start + length]).rstrip(b"\0").decode(errors="replace"), start + length
    if name.startswith("/"):
        place = _number(name[1:].encode("latin-1"), start - _HEADER)
        if place >= len(long_names):
            raise WasmError("archive: a name lies beyond the table of names", offset=start - _HEADER)
        raw = long_names[place:].partition(b"\n")[0]
        return raw.removesuffix(b"/").decode(errors="replace"), start
    return name.removesuffix("/"), start


def _number(field: bytes, offset: int) -> int:
    text = field.strip()
    if not text.isdigit():
        raise WasmError(f"archive: {field!r} is not a number", offset=offset)
    return int(text)
