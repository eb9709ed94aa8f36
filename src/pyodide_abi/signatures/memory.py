"""What a module's memory holds while its code is followed: its data, and what was stored since.

Everything that changes is kept in one dictionary with a record of what was there before, so that going back
to an earlier point costs as much as happened since then.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from operator import itemgetter
from typing import TYPE_CHECKING

from pyodide_abi.signatures.layouts import WORD
from pyodide_abi.signatures.symbolic import (
    GLOBAL,
    MEMORY,
    PARAMETER,
    RESULT,
    Pair,
    Parts,
    Pointer,
    add,
    either,
    halves,
    is_function,
)
from pyodide_abi.wasm.instructions import I32_LOAD, I32_STORE, I32_STORE8, I32_STORE16, I64_STORE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pyodide_abi.signatures.relocations import Relocations
    from pyodide_abi.signatures.symbolic import Value
    from pyodide_abi.wasm.cursor import Bytes

#: Bytes that one instruction copies or fills at most.
MOST_AT_ONCE = 16_384
_LONGEST_TEXT = 400
#: Characters of a region's name.
_LONGEST_REGION = 200
#: Bytes of a structure that are looked at to know what kind it is.
_LOOKED_AT = 32
_BITS = 0xFFFFFFFF
_I64_LOAD, _F64_STORE = 0x29, 0x39
#: Loads of one and two bytes, with a sign and without, and stores of them.
_SIGNED_PARTS, _UNSIGNED_PARTS = {0x2C: 1, 0x2E: 2}, {0x2D: 1, 0x2F: 2, 0x31: 1, 0x33: 2, 0x35: 4}
_PARTS = {I32_STORE8: 1, I32_STORE16: 2, 0x3C: 1, 0x3D: 2}
_I64_STORE32 = 0x3E
_MISSING = object()
_start: Callable[[tuple[int, Bytes]], int] = itemgetter(0)


class Image:
    """What the data segments say: parts, each with its distance from the memory base."""

    def __init__(self, parts: Iterable[tuple[int, Bytes]], size: int) -> None:
        """Take the segments.

        Args:
            parts: distance from the memory base, and contents.
            size: The size of the module's memory; behind the segments it is zero.
        """
        # There can be a hundred thousand, and each word that is loaded is looked for.
        self.parts = sorted(((start, contents) for start, contents in parts), key=_start)
        self._size = size
        last = self.parts[-1:]
        self._end = sum(start + len(contents) for start, contents in last)
        #: Nothing has run yet that may have changed what is behind the segments.
        self.fresh = True

    def read(self, start: int, number: int) -> bytes | None:
        """Some bytes, zeros behind the last one of the module's memory; None where none is in it."""
        if start < 0:
            return None
        end = start + number
        at = bisect_right(self.parts, start, key=_start) - 1
        if at >= 0:
            first, contents = self.parts[at]
            if start - first < len(contents):
                return bytes(contents[start - first : end - first]).ljust(number, b"\0")
        return bytes(number) if start < self._size and (self.fresh or start < self._end) else None

    def has(self, some: bytes) -> bool:
        """Whether some bytes are anywhere in the segments."""
        return any(some in bytes(contents) for _, contents in self.parts)

    def text(self, start: int) -> str:
        """The string that begins there; empty where there is none."""
        found = self.read(start, _LONGEST_TEXT)
        if found is None:
            return ""
        ended, zero, _ = found.partition(b"\0")
        return ended.decode("utf-8", "replace") if zero else ""


class Memory:
    """Words by region and distance; a word is four bytes at a multiple of one byte.

    Attributes:
        arbitrary: words that come from random bytes: of two that one can be, the later is as good as any.
    """

    def __init__(self, image: Image, *, initial_global: Callable[[int], Value]) -> None:
        """Begin.

        Args:
            image: What the data segments say.
            initial_global: gives what a global holds in the beginning, by its index.
        """
        self._image = image
        self._initial_global = initial_global
        self._relocations: Relocations | None = None
        self._words: dict[Pointer, Value] = {}
        self._before: list[tuple[Pointer, object]] = []
        self._regions = 0
        self.arbitrary: set[Pointer] = set()
        #: What new room holds, by region.
        self._initial: dict[str, Value] = {}

    @property
    def now(self) -> int:
        """A point to which :meth:`go_back` can go."""
        return len(self._before)

    def make(self, kind: str, holds: Value = None) -> Pointer:
        """A new region, all of whose words hold the same."""
        self._regions += 1
        region = f"{kind}{self._regions}" if kind == RESULT else f"{kind} {self._regions}"
        if holds is not None:
            self._initial[region] = holds
        return Pointer(region, 0)

    def load(self, place: Pointer) -> Value:
        """A word."""
        word = self._held(place)
        return None if type(word) is Parts else word

    def _held(self, place: Pointer) -> Value:
        """A word, of which only some bytes may be known."""
        found = self._words.get(place, _MISSING)
        if found is not _MISSING:
            return found  # type: ignore[return-value] # what was stored
        inside = place.offset % WORD
        if inside and place.region != GLOBAL:
            start = place.offset - inside
            if any(Pointer(place.region, one) in self._words for one in (start, start + WORD)):
                return self.load_part(place, WORD)
        return self._unstored(place)

    def _unstored(self, place: Pointer) -> Value:
        """A word as it was in the beginning."""
        region, offset = place
        if region == GLOBAL:
            return self._initial_global(offset)
        if region == MEMORY:
            found = self._relocations.find(offset) if self._relocations else None
            if found is not None:
                return add(self.load(Pointer(GLOBAL, found[0])), found[1] & _BITS)
            read = self._image.read(offset, WORD)
            return None if read is None else int.from_bytes(read, "little")
        if region.startswith(PARAMETER):
            # What a parameter points to is given with it; of a long way of pointers nobody asks for the end.
            if len(region) > _LONGEST_REGION:
                return None
            return Pointer(f"{region}.{offset}", 0)
        return self._initial.get(region)

    def store(self, place: Pointer, word: Value) -> None:
        """Store a word."""
        self._before.append((place, self._words.get(place, _MISSING)))
        self._words[place] = word

    def store_one_of(self, place: Pointer, earlier: Value, later: Value) -> None:
        """Store a word that is one of two."""
        self.store(place, later if place in self.arbitrary else either(earlier, later))

    def begin(self) -> None:
        """The module is loaded: the zeros that are stored then say what is so anyway."""
        zeros = [place for place, word in self._words.items() if word == 0 and place.region == MEMORY]
        for place in zeros:
            before = self._words.pop(place)
            if self._unstored(place) != before:
                self._words[place] = before
        self._before.clear()

    def begin_use(self) -> None:
        """The module is made, and any of its functions may have run: variables hold anything.

        Only those behind the data segments are told from constants.
        """
        self._image.fresh = False

    def place_of(self, word: Value) -> Pointer | None:
        """Where in the module's data a word was stored among the last hundred."""
        places = (place for place, _ in self._before[:-100:-1] if place.region == MEMORY)
        return next((place for place in places if self._words.get(place) == word), None)

    def relocate(self, relocations: Relocations) -> None:
        """Have the module's addresses filled in."""
        self._relocations = relocations

    def load_part(self, place: Pointer, size: int) -> Value:
        """One to four bytes, wherever they lie."""
        parts = [self._byte(Pointer(place.region, place.offset + step)) for step in range(size)]
        known = [part for part in parts if part is not None]
        return int.from_bytes(bytes(known), "little") if len(known) == size else None

    def _byte(self, place: Pointer) -> int | None:
        word, inside = self._around(place)
        if type(word) is Parts:
            return word[inside]
        return word >> 8 * inside & 0xFF if type(word) is int else None

    def store_part(self, place: Pointer, size: int, part: Value) -> None:
        """Store one to four bytes, likewise."""
        for step in range(size):
            byte = part >> 8 * step & 0xFF if type(part) is int else None
            self._store_byte(Pointer(place.region, place.offset + step), byte)

    def _store_byte(self, place: Pointer, byte: int | None) -> None:
        word, inside = self._around(place)
        held = word.to_bytes(WORD, "little") if type(word) is int else word if type(word) is Parts else ()
        parts: list[int | None] = [*held] or [None] * WORD
        parts[inside] = byte
        known = [one for one in parts if one is not None]
        whole = int.from_bytes(bytes(known), "little") if len(known) == WORD else None
        partly = Parts(*parts) if known else None
        self.store(Pointer(place.region, place.offset - inside), partly if whole is None else whole)

    def _around(self, place: Pointer) -> tuple[Value, int]:
        inside = place.offset % WORD
        return self._held(Pointer(place.region, place.offset - inside)), inside

    def copy(self, target: Pointer, source: Pointer, size: int) -> None:
        """Copy bytes, whole words of them."""
        words = [
            self._held(Pointer(source.region, source.offset + step))
            for step in range(0, min(size, MOST_AT_ONCE), WORD)
        ]
        for number, word in enumerate(words):
            self.store(Pointer(target.region, target.offset + WORD * number), word)

    def fill(self, target: Pointer, byte: int, size: int) -> None:
        """Fill with a byte, whole words."""
        word = (byte & 0xFF) * 0x01010101
        if not word and not self._words and target.region == MEMORY:
            return  # A linker's own way to say that what has no data is zero.
        for step in range(0, min(size, MOST_AT_ONCE), WORD):
            place = Pointer(target.region, target.offset + step)
            if self._held(place) != word:
                self.store(place, word)

    def load_as(self, opcode: int, place: Pointer) -> Value:
        """What a load instruction makes of what is there."""
        # Of a word that is only moved, what is known of it moves along.
        if opcode == I32_LOAD:
            return self._held(place)
        if opcode == _I64_LOAD:
            low, high = self._held(place), self._held(Pointer(place.region, place.offset + WORD))
            return low | high << 32 if type(low) is int and type(high) is int else Pair(low, high)
        if opcode in _UNSIGNED_PARTS:
            return self.load_part(place, _UNSIGNED_PARTS[opcode])
        if opcode in _SIGNED_PARTS:
            size = _SIGNED_PARTS[opcode]
            part = self.load_part(place, size)
            negative = type(part) is int and part >> (8 * size - 1)
            return (part - (1 << 8 * size)) & _BITS if negative else part  # type: ignore[operator] # an int
        return None

    def store_as(self, opcode: int, place: Pointer, content: Value) -> None:
        """Store as a store instruction does."""
        if opcode == I32_STORE and place.offset % WORD and type(content) is int:
            self.store_part(place, WORD, content)
        elif opcode in {I32_STORE, _I64_STORE32}:
            self.store(place, content & _BITS if type(content) is int else content)
        elif opcode in _PARTS:
            self.store_part(place, _PARTS[opcode], content)
        else:
            low, high = halves(content) if opcode == I64_STORE else (None, None)
            self.store(place, low)
            if opcode in {I64_STORE, _F64_STORE}:
                self.store(Pointer(place.region, place.offset + WORD), high)

    def text(self, place: Value) -> str:
        """The string that a pointer points to; empty where that is not known."""
        if type(place) is not Pointer or place.unsure:
            return ""
        found = self._image.text(place.offset) if place.region == MEMORY else ""
        return found or self._stored_text(place)

    def _stored_text(self, place: Pointer) -> str:
        """A string that was put together at run time."""
        found = b""
        for step in range(0, _LONGEST_TEXT, WORD):
            word = self._held(Pointer(place.region, place.offset + step))
            found += _beginning(word)
            ended, zero, _ = found.partition(b"\0")
            if zero:
                return ended.decode("utf-8", "replace")
            if len(found) < step + WORD:
                break
        return ""

    def holds_function(self, place: Value, within: tuple[str, ...]) -> bool:
        """Whether something in some regions begins with words of which one is the address of a function."""
        if type(place) is not Pointer or not place.region.startswith(within):
            return False
        steps = range(place.offset, place.offset + _LOOKED_AT, WORD)
        return any(is_function(self.load(Pointer(place.region, step))) for step in steps)

    def changes(self, first: int, last: int) -> dict[Pointer, Value]:
        """What was stored between two points, as it is at the second, which is not behind now."""
        # What was there before the first of several changes remains.
        after = dict(reversed(self._before[last:]))
        return {
            place: after[place] if place in after else self._words[place]  # type: ignore[misc] # what was stored
            for place, _ in self._before[first:last]
        }

    def go_back(self, point: int) -> None:
        """Undo what happened since then."""
        words = self._words
        for place, before in reversed(self._before[point:]):
            if before is _MISSING:
                words.pop(place, None)
            else:
                words[place] = before  # type: ignore[assignment] # what was stored
        del self._before[point:]

    def join(self, point: int) -> None:
        """What happened since then may have happened."""
        first: dict[Pointer, object] = {}
        for place, before in self._before[point:]:
            first.setdefault(place, before)
        for place, before in first.items():
            earlier = self._unstored(place) if before is _MISSING else before
            after = self._words[place]
            if earlier != after:
                self.store_one_of(place, earlier, after)  # type: ignore[arg-type] # what was stored


def _beginning(word: Value) -> bytes:
    """The first bytes of a word, as far as they are known."""
    if type(word) is int:
        return word.to_bytes(WORD, "little")
    parts = word if type(word) is Parts else ()
    return bytes([one for one in itertools.takewhile(lambda one: one is not None, parts) if one is not None])
