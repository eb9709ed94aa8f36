"""What a module's memory, globals and part of the function table hold before any of its code runs."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import (
    GOT_FUNC,
    GOT_MEM,
    MANGLED_BYTES,
    MEMORY_BASE,
    STACK_POINTER,
    TABLE_BASE,
)
from pyodide_abi.errors import WasmError
from pyodide_abi.signatures.memory import Image
from pyodide_abi.signatures.operations import NUMERIC
from pyodide_abi.signatures.symbolic import (
    DATA_NAMED,
    FUNCTION_NAMED,
    MEMORY,
    OWN_FUNCTIONS,
    STACK,
    TABLE,
    Pointer,
)
from pyodide_abi.wasm import Kind, SectionId
from pyodide_abi.wasm.constant import GLOBAL_GET, I32_CONST, read_expression
from pyodide_abi.wasm.cursor import Cursor
from pyodide_abi.wasm.sections.globals import initial_places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pyodide_abi.signatures.symbolic import Value
    from pyodide_abi.wasm.constant import Expression
    from pyodide_abi.wasm.frame import Frame

_CONTINUES, _PAYLOAD, _BITS = 0x80, 0x7F, 0xFFFFFFFF
_BASES = {MEMORY_BASE: Pointer(MEMORY, 0), TABLE_BASE: Pointer(TABLE, 0)}


class Table:
    """The module's part of the function table."""

    def __init__(self, module: Frame, globals_: Globals) -> None:
        self._module = module
        self._globals = globals_
        self._parts: list[tuple[int, _Indices]] | None = None

    def function(self, address: Value) -> int | str | None:
        """The function that an address means: its index, or its name where the loader finds it by that."""
        if type(address) is not Pointer:
            return None
        if address.region == TABLE:
            return self._at(address.offset)
        if address.region.startswith(FUNCTION_NAMED) and not address.offset:
            return address.region.removeprefix(FUNCTION_NAMED)
        return None

    def _at(self, place: int) -> int | None:
        """The function at a place; None where there is none."""
        if place >= OWN_FUNCTIONS:
            return place - OWN_FUNCTIONS
        if self._parts is None:
            self._parts = list(self._read())
        for start, functions in self._parts:
            if start <= place < start + len(functions):
                return functions[place - start]
        return None

    def _read(self) -> Iterator[tuple[int, _Indices]]:
        for segment in self._module.elements:
            start = None if segment.start is None else evaluate(segment.start, self._globals.value)
            if type(start) is Pointer and start.region == TABLE and not segment.flags & 4:
                yield start.offset, _Indices(segment.items)


class _Indices:
    """The indices of an element segment; large modules have a hundred thousand, and few are asked for."""

    #: Indices are counted in so many bytes at once, and decoded together.
    _AT_ONCE = 1 << 12
    _CONTINUING = bytes(range(_CONTINUES, 256))

    def __init__(self, items: bytes) -> None:
        self._items = items
        #: Of each piece, how many indices end before it.
        self._before = [0]
        for start in range(0, len(items), self._AT_ONCE):
            ends = items[start : start + self._AT_ONCE].translate(None, self._CONTINUING)
            self._before.append(self._before[-1] + len(ends))
        self._decoded: dict[int, array[int]] = {}

    def __len__(self) -> int:
        return self._before[-1]

    def __getitem__(self, place: int) -> int:
        piece = bisect_right(self._before, place) - 1
        if piece not in self._decoded:
            self._decoded[piece] = self._decode(piece)
        return self._decoded[piece][place - self._before[piece]]

    def _decode(self, piece: int) -> array[int]:
        """The indices that end in a piece; the first may begin before it."""
        start = piece * self._AT_ONCE
        end = start + self._AT_ONCE
        while start and self._items[start - 1] & _CONTINUES:
            start -= 1
        found = array("I")
        number = shift = 0
        for byte in self._items[start:end]:
            number |= (byte & _PAYLOAD) << shift
            if byte & _CONTINUES:
                shift += 7
            else:
                found.append(number & _BITS)
                number = shift = 0
        return found


def image_of(module: Frame, globals_: Globals) -> Image:
    """What the module's data segments put into memory."""
    section = module.find(SectionId.DATA)
    dylink = module.dylink
    size = dylink.memory.memory_size if dylink and dylink.memory else 0
    if section is None:
        return Image([], size)
    view = module.view(section)
    parts = []
    for segment in module.data_segments:
        start = None if segment.start is None else evaluate(segment.start, globals_.value)
        if type(start) is Pointer and start.region == MEMORY:
            begin = segment.offset - section.contents
            parts.append((start.offset, view[begin : begin + segment.size]))
    return Image(parts, size)


class Globals:
    """What globals hold in the beginning; those that the module defines are read when one is asked for."""

    def __init__(self, module: Frame, own: Mapping[int, tuple[Kind, int, bytes]]) -> None:
        """Begin.

        Args:
            module: The module.
            own: the module's own exports that imported addresses are, by the global of each.
        """
        self._module = module
        self._imported = _imported_globals(module.imported.globals)
        self._first = len(module.imported.types[Kind.GLOBAL])
        self._places: array[int] | None = None
        for global_, (kind, index, _) in own.items():
            if kind is Kind.GLOBAL:
                # The loader adds the place of the module that it comes from.
                held = self.value(index) if index >= self._first else None
                if type(held) is int:
                    self._imported[global_] = Pointer(MEMORY, held)
            elif global_ not in self._imported:
                self._imported[global_] = Pointer(TABLE, OWN_FUNCTIONS + index)
        memory = Pointer(MEMORY, 0)
        #: The one that is the module's place in memory.
        self.base = next((index for index, held in self._imported.items() if held == memory), None)

    def value(self, index: int) -> Value:
        """What the global of an index holds; None where that is not known."""
        if index < self._first:
            return self._imported.get(index)
        at = index - self._first
        section = self._module.find(SectionId.GLOBAL)
        if section is None:
            return None
        contents = self._module.view(section)
        if self._places is None:
            self._places = initial_places(contents)
        if at >= len(self._places):
            return None
        return evaluate(read_expression(Cursor(contents, start=self._places[at])), self._imported.get)


def function_bases(globals_: Mapping[int, tuple[str, bytes]]) -> list[int]:
    """The globals that addresses of functions come from."""
    return [
        index
        for index, (space, name) in globals_.items()
        if (space == GOT_FUNC and not name.startswith(MANGLED_BYTES)) or name == TABLE_BASE.encode()
    ]


def evaluate(expression: Expression, value_of: Callable[[int], Value]) -> Value:
    """The value of a constant expression.

    Args:
        expression: A constant expression of the module.
        value_of: gives what a global holds.
    """
    cursor = Cursor(expression.code, within="constant expression")
    stack: list[Value] = []
    try:
        for opcode in expression.opcodes:
            cursor.u8()
            if opcode == I32_CONST:
                stack.append(cursor.s32() & _BITS)
            elif opcode == GLOBAL_GET:
                stack.append(value_of(cursor.u32()))
            elif opcode in NUMERIC:
                right, left = stack.pop(), stack.pop()
                stack.append(NUMERIC[opcode][1](left, right))
            else:
                return None
    except (WasmError, IndexError):
        return None
    return stack[-1] if stack else None


def _imported_globals(imports: Mapping[int, tuple[str, bytes]]) -> dict[int, Value]:
    """What imported globals hold, from the space and the name of each, by index."""
    found: dict[int, Value] = {}
    for index, (space, written) in imports.items():
        name = written.decode("utf-8", "replace")
        if written.startswith(MANGLED_BYTES):
            continue  # Some readers do not know those.
        if space == GOT_FUNC:
            found[index] = Pointer(FUNCTION_NAMED + name, 0)
        elif space == GOT_MEM:
            found[index] = Pointer(DATA_NAMED + name, 0)
        elif name in _BASES:
            found[index] = _BASES[name]
        elif name == STACK_POINTER:
            found[index] = Pointer(STACK, 0)
    return found
