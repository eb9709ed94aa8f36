"""Changes to a module that keep most of it readable: sections, counts, lengths, dylink subsections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fuzz.mutate_bytes import EDGES, NAMES, leb
from fuzz.mutate_bytes import mutate as mutate_blindly

if TYPE_CHECKING:
    import random

_HEADER = b"\0asm\x01\0\0\0"
_CUSTOM, _TYPE, _CODE = 0, 1, 10
_NAMES = (b"dylink.0", b"dylink", b"linking", b"name", b"producers", b"target_features", b"reloc.CODE", b"x")
#: A section or a subsection: its id and its contents.
Part = tuple[int, bytes]


def mutate(data: bytes, source: random.Random, others: list[bytes]) -> bytes:
    """One to three changes to a module.

    Args:
        data: the module.
        source: of chance.
        others: modules to take sections from.
    """
    head, parts = data[: len(_HEADER)], _split(data[len(_HEADER) :])
    if not parts or source.random() < 0.15:
        return mutate_blindly(data, source)
    for _ in range(source.randint(1, 3)):
        _change(parts, source, others)
    return head + _join(parts, source)


def _split(data: bytes) -> list[Part]:
    """As many sections as can be told apart; whatever follows is dropped."""
    parts: list[Part] = []
    position = 0
    while position < len(data):
        id_, start, size = data[position], position + 1, 0
        for shift in range(0, 35, 7):
            if start >= len(data):
                return parts
            byte = data[start]
            start += 1
            size |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
        parts.append((id_, data[start : start + size]))
        position = start + size
    return parts


def _join(parts: list[Part], source: random.Random) -> bytes:
    """With true sizes, mostly."""
    lie = source.randrange(len(parts)) if parts and source.random() < 0.15 else -1
    out = bytearray()
    for place, (id_, body) in enumerate(parts):
        size = len(body)
        if place == lie:
            size = source.choice((size + 1, max(size - 1, 0), *EDGES))
        out += bytes([id_]) + (leb(size, source) if place == lie else _plain(size)) + body
    return bytes(out)


def _plain(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def _change(parts: list[Part], source: random.Random, others: list[bytes]) -> None:  # noqa: C901, PLR0912 - a menu
    if not parts:
        return
    place = source.randrange(len(parts))
    id_, body = parts[place]
    match source.randrange(12):
        case 0:
            del parts[place]
        case 1:
            parts.insert(source.randrange(len(parts) + 1), (id_, body))
        case 2:
            parts[place] = (source.randrange(16), body)
        case 3:
            other = source.randrange(len(parts))
            parts[place], parts[other] = parts[other], parts[place]
        case 4 | 5:
            # The first number of nearly every section counts what follows.
            parts[place] = (id_, leb(source.choice(EDGES) & 0xFFFFFFFF, source) + body[1:])
        case 6:
            parts[place] = (id_, _number_inside(body, source))
        case 7:
            foreign = _split(source.choice(others)[len(_HEADER) :])
            if foreign:
                new = source.choice(foreign)
                alike = [at for at, part in enumerate(parts) if part[0] == new[0]]
                parts[alike[0] if alike else place] = new
        case 8:
            parts[place] = (id_, _name_inside(body, source))
        case 9:
            parts.insert(source.randrange(len(parts) + 1), _custom(source, body))
        case 10 if id_ == _CUSTOM:
            parts[place] = (id_, _dylink(body, source))
        case _:
            parts[place] = (id_, mutate_blindly(body, source))


def _number_inside(body: bytes, source: random.Random) -> bytes:
    at = source.randrange(len(body) + 1)
    return body[:at] + leb(source.choice(EDGES) & 0xFFFFFFFF, source) + body[at + 1 :]


def _name_inside(body: bytes, source: random.Random) -> bytes:
    """Put another name where one may be, with its true length."""
    runs = [at for at, byte in enumerate(body) if 0 < byte < 60 and body[at + 1 : at + 1 + byte].isascii()]
    if not runs:
        return mutate_blindly(body, source)
    at = source.choice(runs)
    name = source.choice(NAMES).encode("utf-8", "surrogatepass")
    return body[:at] + _plain(len(name)) + name + body[at + 1 + body[at] :]


def _custom(source: random.Random, body: bytes) -> Part:
    name = source.choice(_NAMES)
    return _CUSTOM, _plain(len(name)) + name + source.choice((b"", body, source.randbytes(20)))


def _dylink(body: bytes, source: random.Random) -> bytes:
    """Change one subsection of a custom section that is made of subsections."""
    start = 1 + body[0] if body else 0
    subsections = _split(body[start:])
    if not subsections:
        return mutate_blindly(body, source)
    place = source.randrange(len(subsections))
    id_, content = subsections[place]
    match source.randrange(5):
        case 0:
            subsections[place] = (source.randrange(10), content)
        case 1:
            subsections.insert(place, (id_, content))
        case 2:
            subsections[place] = (id_, leb(source.choice(EDGES) & 0xFFFFFFFF, source) + content[1:])
        case 3:
            subsections[place] = (id_, _name_inside(content, source))
        case _:
            subsections[place] = (id_, _number_inside(content, source))
    return body[:start] + _join(subsections, source)
