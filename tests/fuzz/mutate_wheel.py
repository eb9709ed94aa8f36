"""Changes to a wheel: to what lies in it, to what it says of itself, and to the archive's own headers."""

from __future__ import annotations

import csv
import io
import struct
import zipfile
from typing import TYPE_CHECKING

from fuzz import mutate_wasm, seeds
from fuzz.mutate_bytes import EDGES, NAMES
from fuzz.mutate_bytes import mutate as mutate_blindly

from pyodide_abi.values import value

if TYPE_CHECKING:
    import random

_LOCAL, _CENTRAL, _END, _END64, _LOCATOR = b"PK\3\4", b"PK\1\2", b"PK\5\6", b"PK\6\6", b"PK\6\7"


@value
class _Field:
    offset: int
    size: int


#: Numbers of the headers by where they stand (APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16).
_LOCAL_FIELDS = [_Field(offset=at, size=size) for at, size in
                 ((4, 2), (6, 2), (8, 2), (10, 4), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2))]  # fmt: skip
_CENTRAL_FIELDS = [_Field(offset=at, size=size) for at, size in
                   ((4, 2), (5, 1), (6, 2), (8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2),
                    (32, 2), (34, 2), (36, 2), (38, 4), (40, 2), (42, 4))]  # fmt: skip
_END_FIELDS = [_Field(offset=at, size=size) for at, size in
               ((4, 2), (6, 2), (8, 2), (10, 2), (12, 4), (16, 4), (20, 2))]  # fmt: skip
_LINES = (
    *(
        "Root-Is-Purelib: maybe",
        "Wheel-Version: 2.0",
        "Wheel-Version: 1." + "9" * 5000,
        "Tag:",
        "Tag: a-b",
        "",
    ),
    *("Tag: py3-none-any", "Build: x", " folded", "Generator: \x1b[31m", ": ", "Wheel-Version: \u0661.0"),
)
_ROWS = ("a", "a,b", "a,,x", 'a,"b', "a,sha256=,0", "a,md5=x,1", ",,", "a,sha256=x,1" + "0" * 5000, '"' * 999)


def mutate(data: bytes, source: random.Random, modules: list[bytes]) -> bytes:
    """One way of changing a wheel.

    Args:
        data: the wheel.
        source: of chance.
        modules: to take sections from.
    """
    match source.randrange(8):
        case 0:
            return mutate_blindly(data, source)
        case 1 | 2:
            return _headers(data, source)
        case 3:
            return _ends(data, source)
        case _:
            return _repacked(data, source, modules)


def _headers(data: bytes, source: random.Random) -> bytes:
    """A number of a header; half the time the same one in the directory, so that the two agree."""
    changed = bytearray(data)
    for _ in range(source.randint(1, 3)):
        magic, fields = source.choice(
            ((_LOCAL, _LOCAL_FIELDS), (_CENTRAL, _CENTRAL_FIELDS), (_END, _END_FIELDS))
        )
        places = _places(changed, magic)
        if not places:
            continue
        at = source.randrange(len(places))
        field, number = source.choice(fields), source.choice(EDGES)
        _put(changed, places[at] + field.offset, field.size, number)
        twins = _places(changed, _CENTRAL)
        if magic == _LOCAL and at < len(twins) and source.random() < 0.5:
            # From the compression's method to the sizes, the directory repeats the header two bytes later.
            _put(changed, twins[at] + field.offset + 2, field.size, number)
    return bytes(changed)


def _places(data: bytes | bytearray, magic: bytes) -> list[int]:
    places, at = [], data.find(magic)
    while at >= 0:
        places.append(at)
        at = data.find(magic, at + 1)
    return places


def _put(data: bytearray, place: int, size: int, number: int) -> None:
    data[place : place + size] = (number & ((1 << 8 * size) - 1)).to_bytes(size, "little")


def _ends(data: bytes, source: random.Random) -> bytes:
    """Before, after and around the directory: prefixes, comments, second directories, ZIP64 records."""
    end = data.rfind(_END)
    if end < 0:
        return mutate_blindly(data, source)
    match source.randrange(5):
        case 0:
            return source.randbytes(source.randint(1, 100)) + data
        case 1:
            length = source.choice((1, 100, 0xFFFF))
            return data[: end + 20] + struct.pack("<H", length) + source.randbytes(length)
        case 2:
            return data + data[end:]
        case 3:
            central = data.find(_CENTRAL)
            return data[:end] + data[central:end] + data[end:]
        case _:
            numbers = [source.choice(EDGES) for _ in range(4)]
            record = struct.pack("<4sQ2H2L4Q", _END64, 44, 45, 45, 0, 0, *numbers)
            locator = struct.pack("<4sLQL", _LOCATOR, 0, source.choice((end, *EDGES)), 1)
            tail = bytearray(data[end:])
            _put(tail, source.choice((8, 10)), 2, 0xFFFF)
            _put(tail, 16, 4, 0xFFFFFFFF)
            return data[:end] + record + locator + bytes(tail)


def _repacked(data: bytes, source: random.Random, modules: list[bytes]) -> bytes:
    """A sound archive with something else in it."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            contents = {info.filename: archive.read(info) for info in archive.infolist()}
    except Exception:  # noqa: BLE001 - a mutated wheel may be broken in any way; then only blind changes are left
        return mutate_blindly(data, source)
    # Mostly one or two; now and then several members at once, as faults may need one another.
    for _ in range(source.choice((1, 1, 2, 2, 3, 5, 8)) if contents else 0):
        _change(contents, source, modules)
    folders = [name for name in contents if name.endswith(".dist-info/RECORD")]
    if source.random() < 0.7:
        # Without a RECORD of its own `pack` writes the right one.
        for name in folders:
            del contents[name]
    return seeds.pack(contents, method=source.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED)))


def _change(contents: dict[str, bytes], source: random.Random, modules: list[bytes]) -> None:
    name = source.choice(list(contents))
    native = [name for name in contents if contents[name].startswith(b"\0asm")]
    match source.randrange(9):
        case 0 | 1 | 2 if native:
            name = source.choice(native)
            contents[name] = mutate_wasm.mutate(contents[name], source, modules)
        case 7 if native:
            for name in source.sample(native, source.randint(1, len(native))):
                contents[name] = mutate_wasm.mutate(contents[name], source, modules)
        case 8 if native:
            # A copy under another name or in another folder, or two that take each other's places.
            first, second = source.choice(native), source.choice(native)
            contents[first], contents[second] = contents[second], contents[first]
            contents[source.choice(("x/", "spam.libs/", "spam/")) + first.rpartition("/")[2]] = contents[
                first
            ]
        case 3:
            new = source.choice((name + source.choice(NAMES), source.choice(NAMES) + name, *NAMES))
            contents[new.encode("utf-8", "replace").decode()[:60_000] or "x"] = contents[name]
        case 4:
            wheel = next((name for name in contents if name.endswith(".dist-info/WHEEL")), name)
            contents[wheel] = _lines(contents[wheel], source, _LINES)
        case 5:
            record = next((name for name in contents if name.endswith(".dist-info/RECORD")), None)
            base = contents[record] if record else _rows(contents)
            contents[record or f"{seeds.INFO}/RECORD"] = _lines(base, source, _ROWS)
        case _:
            contents[name] = mutate_blindly(contents[name], source)


def _lines(text: bytes, source: random.Random, new: tuple[str, ...]) -> bytes:
    lines = text.split(b"\n")
    at = source.randrange(len(lines))
    match source.randrange(3):
        case 0:
            lines.insert(at, source.choice(new).encode())
        case 1:
            lines[at] = source.choice(new).encode()
        case _:
            lines[at] = mutate_blindly(lines[at], source)
    return b"\n".join(lines)


def _rows(contents: dict[str, bytes]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows((name, "", len(data)) for name, data in contents.items())
    return out.getvalue().encode("utf-8", "replace")
