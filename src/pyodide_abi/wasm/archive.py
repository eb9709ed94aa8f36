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
        name: without folders; names may repeat.
        offset: of its bytes in the archive.
        data: its bytes, a view.
    """

    name: str
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


def _members(view: memoryview) -> Iterator[ArchiveMember]:
    position, long_names = len(MAGIC), b""
    while position < len(view):
        header = bytes(view[position : position + _HEADER])
        if len(header) < _HEADER or header[58:] != _END_OF_HEADER:
            raise WasmError("archive: not a member's header", offset=position)
        name, size = header[:16].decode("latin-1").rstrip(), _number(header[48:58], position + 48)
        start = position + _HEADER
        end = start + size
        if end > len(view):
            raise WasmError(f"archive: a member of {size} bytes is cut off", offset=position)
        if name == _LONG_NAMES:
            long_names = bytes(view[start:end])
        elif name not in _INDEXES:
            name, start = _full_name(name, view, start, end, long_names)
            if name not in _INDEXES:
                yield ArchiveMember(name=name, offset=start, data=view[start:end])
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
