"""Places in code where no instruction begins, told from the bytes before them alone.

To know what a byte in the middle of a function means, a reader has to go over all that stands before it.
Often a little will do: nearly all instructions are short, so that one of them begins in any few bytes, and a
reader that begins at a wrong place is soon in step with one that began at the right one. If none that begins
in those few bytes comes to rest at a place, then no instruction begins there.
"""

from __future__ import annotations

import re
from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING

from pyodide_abi.errors import WasmError
from pyodide_abi.wasm.cursor import Cursor
from pyodide_abi.wasm.features import Feature
from pyodide_abi.wasm.instructions import (
    BLOCK,
    FAMILIES,
    IF,
    LOOP,
    TRY,
    TRY_TABLE,
    USUAL,
    locals_of,
    pattern,
    read_instruction,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyodide_abi.wasm.cursor import Bytes

#: No instruction is longer, in bytes, but for those that hold a list.
LONGEST = 40
_FOUR, _MOST_BLOCKS = 4, 1 << 21
#: What a block begins with, and its shortest form, in bytes.
_OPENING, _SHORTEST = bytes([BLOCK, LOOP, IF, TRY, TRY_TABLE]), 2
#: Such bytes are sought so far back, first near by, and no nearer than that; readers are soon in step.
_BACK, _NEAREST, _IN_STEP = (1 << 8, 1 << 13), 64, 24


def behind_locals(body: Cursor) -> Cursor:
    """A cursor at the first instruction of a body.

    Raises:
        WasmError: the declarations of locals are cut off.
    """
    cursor = Cursor(body.data, start=body.position, end=body.end, base=body.base, within=body.within)
    for _ in locals_of(cursor):
        pass
    return cursor


def reaches(cursor: Cursor, at: int) -> bool:
    """Go over instructions to a place of the data; true if one begins there.

    Raises:
        WasmError: what stands before the place is cut off, or no instruction that this knows.
    """
    usual = _usual()
    while cursor.position < at:
        # What goes beyond that place is not stepped over here.
        stepped = usual.match(cursor.data, cursor.position, at)
        if stepped is not None and stepped.end() > cursor.position:
            cursor.position = stepped.end()
        else:
            read_instruction(cursor)
    return cursor.position == at


def surely_begins_none(body: Cursor, at: int) -> bool:
    """Whether it is certain that no instruction begins at a place, in code that an engine accepts.

    Takes the time of some thousands of bytes of code, however long the function is.

    Args:
        body: the body of a function.
        at: a place of its data.

    Raises:
        WasmError: the declarations of locals are cut off.
    """
    data, begin = body.data, behind_locals(body).position
    if at - begin > _MOST_BLOCKS * _SHORTEST and _may_open(data[begin:at]) > _MOST_BLOCKS:
        return False
    place = _last_in_no_list(data, begin, at)
    if place is None:
        return False
    # The instruction that the last of the four bytes belongs to holds no list but, if any, one behind them.
    behind = place + _FOUR
    first = behind - LONGEST
    if first < begin:
        return False
    readers = _readers(data, range(first, behind), behind + _IN_STEP, at)
    return not any(_comes_to(data, start, at) for start in readers)


def _may_open(code: Bytes) -> int:
    """How many blocks there can be at most."""
    return len(code) - len(bytes(code).translate(None, _OPENING))


def _last_in_no_list(data: Bytes, begin: int, at: int) -> int | None:
    """Where the last four bytes are that stand in no list, some way before a place."""
    for back in _BACK:
        found = _in_no_list().finditer(data, max(begin, at - back), max(begin, at - _NEAREST))
        for last in deque(found, maxlen=1):
            return last.start()
    return None


def _readers(data: Bytes, starts: Iterable[int], mark: int, end: int) -> Iterator[int]:
    """Where readers are that began at some places, each at the first instruction behind a mark."""
    seen = set[int]()
    for start in starts:
        cursor = Cursor(data, start=start, end=end, within="code section")
        # From where another one has been, it goes the same way.
        while cursor.position not in seen:
            seen.add(cursor.position)
            if cursor.position >= mark:
                yield cursor.position
                break
            try:
                read_instruction(cursor)
            except WasmError:
                break  # Something there is no instruction, or goes beyond the end.


def _comes_to(data: Bytes, start: int, at: int) -> bool:
    """Whether a reader that begins at a place stops at another."""
    try:
        return reaches(Cursor(data, start=start, end=at, within="code section"), at)
    except WasmError:
        return False


@lru_cache(maxsize=1)
def _in_no_list() -> re.Pattern[bytes]:
    """Finds four bytes, and one behind them, that stand in no list.

    Lists are of labels, tags, clauses and types, and have no number of 22 bits or more unless a function has
    so many blocks. These bytes, where they are a number, are such a one.
    """
    return re.compile(rb"[\x80-\xff]{3}(?!\x80?\x00)[\x00-\xff]{2}")


@lru_cache(maxsize=1)
def _usual() -> re.Pattern[bytes]:
    """Steps over as many instructions as possible, if most code is made of them; it is compiled quickly."""
    legacy = (family for family in FAMILIES if family.feature is Feature.LEGACY_EXCEPTIONS)
    return re.compile(b"(?:" + pattern((*USUAL, *legacy), runs=True) + b")*+")
