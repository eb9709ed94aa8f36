"""What functions of the C library do to memory, as far as it is known what they are given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.signatures.layouts import WORD
from pyodide_abi.signatures.memory import MOST_AT_ONCE
from pyodide_abi.signatures.symbolic import HEAP, Pointer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyodide_abi.signatures.layouts import Layouts
    from pyodide_abi.signatures.memory import Memory
    from pyodide_abi.signatures.symbolic import Value

_LARGEST_COPY, _LARGEST_COMPARED = 1 << 16, 1 << 10
#: So many bytes are moved, or filled, in the time of an instruction; to compare two takes as long as so many.
_BYTES_MOVED, _COMPARING = 8, 2
_BITS = 0xFFFFFFFF
#: Characters of the shortest ``std::string`` that does not hold them itself, and the bit that says so.
_SHORTEST_ELSEWHERE, _ELSEWHERE = 11, 0x80000000


class Library:
    """The functions that make room, move bytes, and look at them."""

    def __init__(self, layouts: Layouts, memory: Memory, spend: Callable[[int], None]) -> None:
        """Begin.

        Args:
            layouts: which functions do what.
            memory: what they work on.
            spend: is told of work, in instructions.
        """
        self._spend = spend
        self._memory = memory
        self._room = layouts.allocating
        #: How many arguments each takes, and what it does.
        self._functions: dict[str, tuple[int, Callable[..., Value]]] = {
            **dict.fromkeys(layouts.growing, (2, self._grow)),
            **dict.fromkeys(layouts.copying, (3, self.copy)),
            **dict.fromkeys(layouts.filling, (3, self.fill)),
            **dict.fromkeys(layouts.random, (2, self._fill_randomly)),
            **dict.fromkeys(layouts.comparing, (3, self._compare)),
            **dict.fromkeys(layouts.comparing_texts, (2, self._compare_texts)),
            **dict.fromkeys(layouts.measuring, (1, self._measure)),
            **dict.fromkeys(layouts.guarding, (1, self._guard)),
            **dict.fromkeys(layouts.strings, (3, self._make_string)),
        }

    @staticmethod
    def working(layouts: Layouts) -> frozenset[str]:
        """Names of the functions that only look at memory, change it and make room."""
        working = layouts.comparing | layouts.comparing_texts | layouts.measuring
        return working | layouts.copying | layouts.filling | layouts.growing | layouts.allocating.keys()

    def has(self, name: str) -> bool:
        """Whether a function is one of these."""
        return name in self._room or name in self._functions

    def call(self, name: str, args: Sequence[Value]) -> Value:
        """Call one of these, with arguments of whatever number."""
        if name in self._room:
            return self._memory.make(HEAP, self._room[name])
        number, function = self._functions[name]
        return function(*args) if len(args) == number else None

    def copy(self, target: Value, source: Value, size: Value) -> Value:
        """Copy bytes, where it is known which."""
        known = type(target) is Pointer and type(source) is Pointer
        if known and type(size) is int and size <= _LARGEST_COPY:
            self._spend(min(size, MOST_AT_ONCE) // _BYTES_MOVED)
            self._memory.copy(target, source, size)  # type: ignore[arg-type] # pointers
        return target

    def fill(self, target: Value, byte: Value, size: Value) -> Value:
        """Fill with a byte, likewise."""
        if type(target) is Pointer and type(byte) is int and type(size) is int:
            self._spend(min(size, MOST_AT_ONCE) // _BYTES_MOVED)
            self._memory.fill(target, byte, size)
        return target

    def _fill_randomly(self, target: Value, size: Value) -> Value:
        """Fill with random bytes: any do, so zeros do."""
        self.fill(target, 0, size)
        return 0

    def _grow(self, room: Value, _size: Value) -> Value:
        return room if room != 0 else self._memory.make(HEAP)

    def _compare(self, left: Value, right: Value, size: Value) -> Value:
        """Whether bytes are the same, and else which are less."""
        if type(left) is not Pointer or type(right) is not Pointer or type(size) is not int:
            return None
        self._spend(_COMPARING * min(size, _LARGEST_COMPARED))
        for step in range(min(size, _LARGEST_COMPARED)):
            first, second = (
                self._memory.load_part(Pointer(one.region, one.offset + step), 1) for one in (left, right)
            )
            if type(first) is not int or type(second) is not int:
                return None
            if first != second:
                return 1 if first > second else -1 & _BITS
        return 0 if size <= _LARGEST_COMPARED else None

    def _compare_texts(self, left: Value, right: Value) -> Value:
        """Whether strings that are not empty are the same, and else which is less."""
        first, second = map(self._memory.text, (left, right))
        self._spend((len(first) + len(second)) // WORD)
        if not first or not second:
            return None
        return 0 if first == second else 1 if first > second else -1 & _BITS

    def _measure(self, text: Value) -> Value:
        """The length of a string, in bytes."""
        known = self._memory.text(text)
        self._spend(len(known) // WORD)
        return len(known.encode("utf-8", "replace")) or None

    def _guard(self, guard: Value) -> Value:
        """A static variable is made now, and not again.

        Code asks where the guard's first byte is zero (Itanium C++ ABI, section 3.3.3).
        """
        if type(guard) is Pointer:
            self._memory.store_part(guard, 1, 1)
        return 1

    def _make_string(self, made: Value, text: Value, size: Value) -> Value:
        """Make a ``std::string``: twelve bytes that hold it, or where it is, its size and its room.

        The last byte is the size of what is held there, and has its highest bit set where the string is
        elsewhere (libc++'s header ``string``, the layout of its second ABI).
        """
        if type(made) is not Pointer or type(size) is not int or size > _LARGEST_COPY:
            return None
        memory = self._memory
        short = size < _SHORTEST_ELSEWHERE
        room = made if short else memory.make(HEAP)
        if short:
            self.fill(made, 0, _SHORTEST_ELSEWHERE + 1)
        self.copy(room, text, size)
        memory.store_part(Pointer(room.region, room.offset + size), 1, 0)
        if short:
            memory.store_part(Pointer(made.region, made.offset + _SHORTEST_ELSEWHERE), 1, size)
            return None
        words: tuple[Value, ...] = (room, size, size + 1 | _ELSEWHERE)
        for place, word in enumerate(words):
            memory.store(Pointer(made.region, made.offset + WORD * place), word)
        return None
