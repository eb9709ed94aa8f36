"""Values of which only is known where they come from: ``memory base + 64``, ``table base + 3``.

A value is one of these:

- an integer, of 32 or 64 bits, without a sign;
- a :class:`Pointer`: a region and a distance from its beginning;
- :class:`Choice`: one of a few of these;
- a :class:`Pair`: two words that are on their way to somewhere else;
- :class:`Parts`: some bytes of a word, as memory holds them;
- None: anything.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_BITS = 0xFFFFFFFF
_SIGN = 0x80000000
_WRAP = 0x100000000
_MOST_CHOICES = 4
#: Regions are taken to begin at multiples of this.
_ALIGNED = 16

#: Where the loader puts the module's data, and its functions in the table.
MEMORY, TABLE = "memory", "table"
#: From here on the table stands for the module's functions by index, which have an address by their names.
OWN_FUNCTIONS = 1 << 24
#: Globals, at their indices.
GLOBAL = "global"
#: What functions keep local variables in that have an address.
STACK = "stack"
#: Room that was made, with a number.
HEAP = "heap"
#: What a module's own code fills, each apart from the others.
_FILLED = (MEMORY, STACK, HEAP)
#: Beginnings of the names of other regions: what may be null, and addresses of things by name.
RESULT, PARAMETER = "result ", "parameter "
FUNCTION_NAMED, DATA_NAMED = "function ", "data "
#: What addresses of functions point into.
_FUNCTIONS = (TABLE, FUNCTION_NAMED)


class Pointer(NamedTuple):
    """A place.

    Attributes:
        region: what it lies in.
        offset: bytes (of the function table: entries) from its beginning.
    """

    region: str
    offset: int

    @property
    def unsure(self) -> bool:
        """Nobody knows what it points to: a parameter, or the result of a function."""
        return self.region.startswith((RESULT, PARAMETER))


class Choice(NamedTuple):
    """One of several values."""

    options: frozenset[Value]


class Pair(NamedTuple):
    """A 64-bit value that was loaded from two words."""

    low: Value
    high: Value


class Parts(NamedTuple):
    """A word of which only some bytes are known, the lowest first."""

    first: int | None
    second: int | None
    third: int | None
    fourth: int | None


Value: TypeAlias = "int | Pointer | Choice | Pair | Parts | None"

NULL = 0


def signed(number: int) -> int:
    """A 32-bit integer taken with a sign."""
    return number - _WRAP if number & _SIGN else number


def halves(of: Value) -> tuple[Value, Value]:
    """The two words of a 64-bit value; of a pointer that was widened, itself and zero."""
    if type(of) is Pair:
        return of
    if type(of) is int:
        return of & _BITS, of >> 32
    return (of, 0) if type(of) is Pointer else (None, None)


def options(of: Value) -> tuple[Value, ...]:
    """All that a value can be."""
    return tuple(of.options) if type(of) is Choice else (of,)


def is_function(value: Value) -> bool:
    """Whether a value is the address of a function."""
    return type(value) is Pointer and value.region.startswith(_FUNCTIONS)


def are_known(values: Sequence[Value]) -> bool:
    """Whether what is computed of values can be known: numbers, and places in memory that is filled here."""
    return bool(values) and all(
        type(one) is int or (type(one) is Pointer and one.region.startswith(_FILLED)) for one in values
    )


def may_differ(values: Sequence[Value]) -> bool:
    """Whether among some values are addresses behind which may be something else the next time."""
    known = {MEMORY, TABLE}
    return any(type(one) is Pointer and not one.unsure and one.region not in known for one in values)


def either(first: Value, second: Value) -> Value:
    """One of two values."""
    if first == second:
        return first
    if type(first) is Parts or type(second) is Parts:
        return None
    found = frozenset((*options(first), *options(second)))
    return Choice(found) if len(found) <= _MOST_CHOICES else None


def add(left: Value, right: Value) -> Value:
    """The sum of 32-bit values."""
    if type(left) is int:
        if type(right) is int:
            return (left + right) & _BITS
        left, right = right, left
    if type(right) is int:
        if type(left) is Pointer:
            return Pointer(left.region, left.offset + signed(right))
        if type(left) is Choice:
            return each(lambda value: add(value, right), left)
    if type(left) is Pointer and type(right) is Pointer:
        return _from_parameter(left, right) or _from_parameter(right, left)
    return None


def _from_parameter(left: Pointer, right: Pointer) -> Pointer | None:
    """The sum of an address and what a parameter gives; None where none does."""
    if not left.region.startswith(PARAMETER):
        return None
    return Pointer(f"{left.region}+{left.offset} {right.region}+{right.offset}", 0)


def subtract(left: Value, right: Value) -> Value:
    """The difference of 32-bit values."""
    if type(right) is int:
        return add(left, -right & _BITS)
    if type(left) is Pointer and type(right) is Pointer and left.region == right.region:
        return (left.offset - right.offset) & _BITS
    return None


def mask(left: Value, right: Value) -> Value:
    """Bits that both have; of a pointer, the place where it is aligned to that."""
    if type(left) is int and type(right) is int:
        return left & right
    if type(left) is int:
        left, right = right, left
    if right == 0:
        return 0
    if type(left) is Pointer and type(right) is int and right & _SIGN:
        return Pointer(left.region, left.offset & signed(right))
    return None


def unite(left: Value, right: Value) -> Value:
    """Bits that one of two has; of a pointer to an aligned place, the place so many bytes behind it."""
    if type(left) is int and type(right) is int:
        return left | right
    if type(left) is int:
        left, right = right, left
    if right == 0:
        return left
    if type(left) is Pointer and type(right) is int and right < _ALIGNED and not left.offset & right:
        return Pointer(left.region, left.offset + right)
    return None


def is_zero(value: Value) -> bool | None:
    """Whether a value is zero; None where that is not known."""
    if type(value) is int:
        return value == 0
    if type(value) is Pointer and not value.unsure:
        return False
    if type(value) is Choice:
        found = set(map(is_zero, value.options))
        return found.pop() if len(found) == 1 else None
    return None


def equal(left: Value, right: Value) -> bool | None:
    """Whether two values are the same; None where that is not known."""
    if type(left) is int and type(right) is int:
        return left == right
    if right == 0:
        return is_zero(left)
    if left == 0:
        return is_zero(right)
    if type(left) is Pointer and type(right) is Pointer:
        if left.region == right.region:
            return left.offset == right.offset
        if left.region.startswith(_FILLED) and right.region.startswith(_FILLED):
            return False
    return None


def each(compute: Callable[..., Value], *given: Value) -> Value:
    """What is computed of values of which some are one of several."""
    found = {one for taken in itertools.product(*map(options, given)) for one in options(compute(*taken))}
    if len(found) == 1:
        return found.pop()
    return Choice(frozenset(found)) if None not in found and len(found) <= _MOST_CHOICES else None
