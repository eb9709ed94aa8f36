"""The function with which a linker has a module's addresses filled in, and what it fills in.

It is a list of stores of one form, of which large modules have a hundred thousand. Each is read by one
regular expression, and kept in two arrays.
"""

from __future__ import annotations

import itertools
import re
from array import array
from bisect import bisect_left
from functools import lru_cache
from typing import TYPE_CHECKING

from pyodide_abi.signatures.bodies_kept import decoded
from pyodide_abi.signatures.layouts import WORD
from pyodide_abi.wasm.cursor import Cursor
from pyodide_abi.wasm.instructions import locals_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from pyodide_abi.wasm.cursor import Bytes

#: Stores that are read of one module: a tenth of a second.
_MOST = 30_000
_SHIFT = 32
_BITS = (1 << _SHIFT) - 1
_SUBTRACT, _END = b"\x6b", b"\x0b"
#: The byte behind those that go on ends the number, whatever it is; saying so again takes time to compile.
_LEB = rb"([\x80-\xff]*+.)"
#: An address: a global, a constant added to it or taken from it, which a local variable may keep; or what one
#: has kept.
_ADDRESS = (
    rb"(?:(?:\x23" + _LEB + rb"(?:\x41" + _LEB + rb"([\x6a\x6b]))?|\x41" + _LEB + rb"\x23" + _LEB + rb"\x6a)"
    rb"(?:\x22" + _LEB + rb")?|\x20" + _LEB + rb")"
)  # fmt: skip
_STORE = re.compile(_ADDRESS + _ADDRESS + rb"\x36[\x00-\x02]" + _LEB, re.DOTALL)
_GROUPS = 7
#: Globals, and distances from an address, are few.
_known = lru_cache(maxsize=1 << 10)(decoded)


class Relocations:
    """What is stored where: addresses, as a global and a distance from what it holds.

    Attributes:
        rest: the position of the first instruction that was not read; None where all was.
        kept: what local variables hold there, by index.
    """

    def __init__(self, body: Bytes, base: int) -> None:
        """Read the body of the function.

        Args:
            body: The locals and instructions of the function.
            base: the global that is the module's place in memory.

        Raises:
            WasmError: its locals are malformed.
        """
        self._base = base
        self._places, self._addresses = array("q"), array("q")
        self._kept: dict[bytes, int] = {}
        cursor = Cursor(body, within="code section")
        for _ in locals_of(cursor):
            pass
        position = self._read(body, cursor.position)
        self.rest = None if body[position : position + 1] == _END else position
        self._sort()

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, place: int) -> bool:
        return self.find(place) is not None

    @property
    def kept(self) -> dict[int, tuple[int, int]]:
        """What local variables hold at the end: the index of each, a global, and a distance from it."""
        return {decoded(local): _unpacked(packed) for local, packed in self._kept.items()}

    @property
    def globals(self) -> set[int]:
        """The globals that addresses come from."""
        return {packed >> _SHIFT for packed in self._addresses}

    def pairs(self, first: Collection[int], second: Collection[int]) -> Iterator[tuple[int, int, int]]:
        """Two addresses that are stored one behind the other.

        Args:
            first: the globals that the first may come from.
            second: those that the second may come from.

        Yields:
            the place of the first, and the distance of each from what its global holds.
        """
        places, addresses = self._places, self._addresses
        # Most addresses are no functions': those are sorted out in one go.
        for at in [at for at, packed in enumerate(addresses) if packed >> _SHIFT in second]:
            if at and places[at] == places[at - 1] + WORD and addresses[at - 1] >> _SHIFT in first:
                yield places[at - 1], _unpacked(addresses[at - 1])[1], _unpacked(addresses[at])[1]

    def find(self, place: int) -> tuple[int, int] | None:
        """What is stored at a distance from the memory base: a global and a distance from what it holds."""
        at = bisect_left(self._places, place)
        if at == len(self._places) or self._places[at] != place:
            return None
        return _unpacked(self._addresses[at])

    def _read(self, body: Bytes, position: int) -> int:
        for _ in range(_MOST):
            match = _STORE.match(body, position)
            if match is None:
                break
            groups = match.groups()
            place, address = self._address(groups[:_GROUPS]), self._address(groups[_GROUPS : 2 * _GROUPS])
            if place is None or address is None:
                break
            if place >> _SHIFT == self._base:
                self._places.append(_unpacked(place)[1] + _known(groups[-1]))
                self._addresses.append(address)
            position = match.end()
        return position

    def _address(self, groups: tuple[bytes | None, ...]) -> int | None:
        """An address, packed into one number; None for a local variable of which nothing is known."""
        base, addend, operation, first, second, tee, local = groups
        if local is not None:
            return self._kept.get(local)
        index, written = base or second, addend or first
        assert index is not None
        packed = _known(index) << _SHIFT
        if written is not None:
            distance = decoded(written, negative=written[-1] & 0x40)
            packed |= (-distance if operation == _SUBTRACT else distance) & _BITS
        if tee is not None:
            self._kept[tee] = packed
        return packed

    def _sort(self) -> None:
        places = self._places
        if all(before <= after for before, after in itertools.pairwise(places)):
            return
        # Of two stores at one place the second counts, which the first to be found is to be.
        order = sorted(range(len(places)), key=lambda index: (places[index], -index))
        self._places = array("q", [places[index] for index in order])
        self._addresses = array("q", [self._addresses[index] for index in order])


def _unpacked(packed: int) -> tuple[int, int]:
    distance = packed & _BITS
    return packed >> _SHIFT, distance - (1 << _SHIFT) if distance >> (_SHIFT - 1) else distance
