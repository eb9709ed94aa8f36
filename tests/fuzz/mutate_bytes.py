"""Changes that know nothing of the format, and numbers that readers trip over."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

#: Edges of every width that a format here counts in.
EDGES = (
    *(0, 1, 2, 0x3F, 0x40, 0x7F, 0x80, 0xFF, 0x100, 1000, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 1_000_000),
    *(0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF, 1 << 32, 1 << 33, (1 << 63) - 1, (1 << 64) - 1),
)
#: Names and pieces of names that terminals, file systems or other readers take for more than a name.
NAMES = (
    *("", ".", "..", "/", "\\", "C:", "a/../b", "a//b", "a\0b", "a\nb", "a\rb", "\x1b[2J", "\x1b]0;x\x07"),
    *("\x9b2J", "\N{RIGHT-TO-LEFT OVERRIDE}txt", "\ufeff", "\u2028", "\ud7ff", "\U0010ffff", "[bold]", "{x}"),
    *("%s%n", "x" * 5000, "PyInit_", "PyInitU_", "PyInit_spam", "invoke_", "__em_js__", "env", "GOT.func"),
    *(
        "memory",
        "__memory_base",
        "libham.so",
        "spam.so",
        "$ORIGIN",
        "$ORIGIN/..",
        "\u0130",
        "ß",
        "=",
        ",",
        '"',
    ),
)


def mutate(data: bytes, source: random.Random) -> bytes:
    """One to four blind changes."""
    changed = bytearray(data)
    for _ in range(source.randint(1, 4)):
        _change(changed, source)
    return bytes(changed)


def _change(data: bytearray, source: random.Random) -> None:
    place = source.randrange(len(data) + 1)
    length = min(1 << source.randrange(8), len(data) - place)
    match source.randrange(8):
        case 0 if place < len(data):
            data[place] ^= 1 << source.randrange(8)
        case 1 if place < len(data):
            data[place] = source.choice((0, 1, 0x0B, 0x7F, 0x80, 0xFF, source.randrange(256)))
        case 2:
            del data[place : place + length]
        case 3:
            data[place:place] = source.randbytes(source.randint(1, 8))
        case 4:
            other = source.randrange(len(data) + 1)
            data[other:other] = data[place : place + length]
        case 5:
            number = source.choice(EDGES)
            size = source.choice((1, 2, 4, 8))
            data[place : place + size] = (number & ((1 << 8 * size) - 1)).to_bytes(size, "little")
        case 6:
            del data[place:]
        case _:
            data[place:place] = source.choice(NAMES).encode("utf-8", "surrogatepass")


def leb(number: int, source: random.Random) -> bytes:
    """LEB128, now and then padded, too long or without an end."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    match source.randrange(12):
        case 0:
            out[-1] |= 0x80
            out += b"\x80" * source.choice((0, 1, 3, 8, 40)) + b"\x00"
        case 1:
            # One that never ends, as far as its bytes go.
            out = bytearray(b"\xff" * source.choice((4, 5, 9, 10, 200)))
        case _:
            pass
    return bytes(out)
