"""What certainly happens when a module's own code runs during its load (loader.md, section 3).

Three functions run then: the start function, that which relocates data, and the constructors. Whether they
get through is decided by running them, which nobody does here. But code that is reached without any decision
is certain: a call of a function that nobody provides there, or an ``unreachable``, makes every load fail. So
a function is followed from its beginning, through calls of the module's own functions, up to the first
branch. What comes after that is not known and not claimed.
"""

from __future__ import annotations

import enum
import itertools
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import APPLY_DATA_RELOCS, CALL_CTORS, CXA_THROW
from pyodide_abi.errors import WasmError
from pyodide_abi.values import value
from pyodide_abi.wasm import Kind, SectionId
from pyodide_abi.wasm.constant import I32_CONST
from pyodide_abi.wasm.cursor import Cursor

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from pyodide_abi.wasm import Module
    from pyodide_abi.wasm.bodies import Window
    from pyodide_abi.wasm.constant import Expression

#: Imports that do not come back, or not to where they were called.
_LEAVING = frozenset(
    {
        b"abort",
        b"exit",
        b"_exit",
        b"_Exit",
        b"emscripten_force_exit",
        b"proc_exit",
        b"__assert_fail",
        CXA_THROW.encode(),
        b"__cxa_rethrow",
        b"__resumeException",
        b"_Unwind_RaiseException",
        b"_Unwind_Resume",
        b"longjmp",
        b"emscripten_longjmp",
        b"__wasm_longjmp",
    }
)
_MOST_INSTRUCTIONS = 20_000
#: So many plain instructions are gone over in one step, where there are as many.
_MANY = 500
_DEEPEST = 40

_UNREACHABLE, _END, _RETURN, _CALL = 0x00, 0x0B, 0x0F, 0x10
#: ``block`` and ``loop``; entering an ``if`` is a decision.
_BLOCKS = frozenset({0x02, 0x03})
_LEB = rb"[\x80-\xff]*+[\x00-\x7f]"
#: The rest of a 32-bit integer that goes on.
_MORE = rb"(?:[\x80-\xff]{0,2}+[\x00-\x7f]|[\x80-\xff]{3}[\x00-\x0f])"
#: One instruction that always goes on to the next one (core specification, section 5.4): without operands;
#: with an index or a constant; an access, where a bit of the alignment says that a memory's index follows; a
#: number of floating point; behind the prefix 0xfc, by how many indices follow, padded or not.
_PLAIN = (
    rb"[\x01\x1a\x1b\xd1\x45-\xc4]"
    rb"|[\x20-\x26\x3f-\x42\xd0\xd2]" + _LEB
    + rb"|[\x28-\x3e](?:(?:[\x00-\x3f]|[\x80-\xbf]" + _MORE + rb")|(?:[\x40-\x7f]|[\xc0-\xff]" + _MORE
    + rb")" + _LEB + rb")" + _LEB
    + rb"|\x43[\x00-\xff]{4}|\x44[\x00-\xff]{8}"
    rb"|\xfc(?:(?:[\x00-\x07]|[\x80-\x87]\x80{0,3}+\x00)"
    rb"|(?:[\x09\x0b\x0d\x0f-\x11]|[\x89\x8b\x8d\x8f-\x91]\x80{0,3}+\x00)" + _LEB
    + rb"|(?:[\x08\x0a\x0c\x0e]|[\x88\x8a\x8c\x8e]\x80{0,3}+\x00)" + _LEB + _LEB + rb")"
)  # fmt: skip
_REFERENCES = (0x63, 0x64)


class Ending(enum.Enum):
    """How a function ends, as far as that is certain."""

    RETURNS = enum.auto()
    TRAPS = enum.auto()
    UNKNOWN = enum.auto()


@value(kw_only=False)
class Run:
    """What a function certainly does.

    Attributes:
        calls: imports that it calls, in order, up to where nothing is certain any more.
        traps: behind those calls it runs into an ``unreachable``.
    """

    calls: tuple[str, ...] = ()
    traps: bool = False


@value
class Startup:
    """The functions that run during a load.

    Attributes:
        start: What the start function does, which the engine runs before any export is known.
        relocations: What the relocation of data does, which the loader runs when all addresses are known.
        constructors: What the constructors do, which the loader runs after that.
    """

    start: Run = Run()
    relocations: Run = Run()
    constructors: Run = Run()


@value
class Fixed:
    """An active segment that goes to a constant place, which is not the loader's to choose.

    Attributes:
        kind: a memory's or a table's segment.
        index: The segment's place in its section.
        start: address or table index.
        size: bytes or entries.
    """

    kind: Kind
    index: int
    start: int
    size: int


def fixed_segments(module: Module) -> tuple[Fixed, ...]:
    """The segments that a module puts at constant places of the imported memory or table.

    Raises:
        WasmError: a section of segments is malformed.
    """
    found = [
        Fixed(kind=Kind.TABLE, index=index, start=start, size=entries.number)
        for index, entries in enumerate(module.elements)
        if (start := _constant(entries.start)) is not None and not entries.table
    ]
    found += [
        Fixed(kind=Kind.MEMORY, index=index, start=start, size=segment.size)
        for index, segment in enumerate(module.data_segments)
        if (start := _constant(segment.start)) is not None and not segment.memory
    ]
    return tuple(found)


def _constant(expression: Expression | None) -> int | None:
    """The value of an expression that is one 32-bit constant, taken as unsigned."""
    if expression is None or expression.opcodes != (I32_CONST,):
        return None
    return Cursor(expression.code[1:], within="constant expression").s32() & 0xFFFFFFFF


def follow_startup(module: Module) -> Startup:
    """Follow the functions of a module that run during its load.

    Raises:
        WasmError: the module is malformed elsewhere than in its code, which may be anything.
    """
    following = Following(module)
    following.finish(_Bodies(module).find)
    return following.startup(lambda index: module.imported.functions[index].decode())


class Following:
    """Follows the functions that run during a load, as far as their bodies are at hand."""

    def __init__(self, module: Module) -> None:
        """Begin with a module of which all is known but its code.

        Raises:
            WasmError: as for :func:`follow_startup`.
        """
        exported = {entry.name: entry.index for entry in module.exports if entry.kind is Kind.FUNCTION}
        hooks = (exported.get(APPLY_DATA_RELOCS), exported.get(CALL_CTORS))
        self._paths = [_Path(module, index) for index in (module.start, *hooks)]

    @property
    def done(self) -> bool:
        """No body is wanted any more."""
        return all(path.wanted is None for path in self._paths)

    def take(self, window: Window) -> bool:
        """Go on with the next bodies; false where a body is wanted that has gone by."""
        for path in self._paths:
            while path.wanted is not None and path.wanted < window.last:
                if path.wanted < window.first:
                    return False
                path.go_on(window.body(path.wanted))
        return True

    def finish(self, find: Callable[[int], Cursor | None]) -> None:
        """Go on to the end.

        Args:
            find: gives the body of a function, by its index among those that the module defines; None where
                there is none.
        """
        for path in self._paths:
            while path.wanted is not None:
                path.go_on(find(path.wanted))

    @property
    def called(self) -> frozenset[int]:
        """The imported functions that are called, by index."""
        return frozenset(itertools.chain.from_iterable(path.calls for path in self._paths))

    def startup(self, name_of: Callable[[int], str]) -> Startup:
        """What was seen.

        Args:
            name_of: gives the name of an imported function by its index.
        """
        start, relocations, constructors = (
            Run(tuple(map(name_of, path.calls)), traps=path.ending is Ending.TRAPS) for path in self._paths
        )
        return Startup(start=start, relocations=relocations, constructors=constructors)


class _Path:
    """One function and what it calls, gone along until nothing is certain any more.

    Attributes:
        wanted: the function whose body comes next, among those that the module defines; None at the end.
        calls: imported functions that were called, by index.
        ending: The way that the function ends.
    """

    def __init__(self, module: Module, index: int | None) -> None:
        self._imports = module.imported.functions
        self._left = _MOST_INSTRUCTIONS
        self.calls: list[int] = []
        self.ending = Ending.UNKNOWN
        self.wanted: int | None = None
        if index is not None:
            self._steps = self._follow(index, depth=0)
            self.go_on(None)

    def go_on(self, body: Cursor | None) -> None:
        """Go on with the body that was wanted; None where there is none."""
        try:
            self.wanted = self._steps.send(body)
        except StopIteration as stop:
            self.wanted, self.ending = None, stop.value
        except WasmError:
            # The engine will refuse such code; that is another matter.
            self.wanted = None

    def _follow(self, index: int, *, depth: int) -> Generator[int, Cursor | None, Ending]:
        if index < len(self._imports):
            self.calls.append(index)
            return Ending.UNKNOWN if self._imports[index] in _LEAVING else Ending.RETURNS
        cursor = yield index - len(self._imports)
        if cursor is None or depth > _DEEPEST:
            return Ending.UNKNOWN
        declarations = cursor.count(smallest=2)
        # They count as instructions, so that a function with a million of them is not gone through often.
        self._left = max(self._left - declarations, 0)
        for _ in range(declarations if self._left else 0):
            cursor.u32()
            _skip_type(cursor)
        return (yield from self._walk(cursor, depth))

    def _walk(self, cursor: Cursor, depth: int) -> Generator[int, Cursor | None, Ending]:
        """Go along a body until it ends or is no straight line any more."""
        ending, open_blocks = Ending.RETURNS, 0
        while ending is Ending.RETURNS and self._left:
            self._skip_plain(cursor)
            if not self._left:
                break
            self._left -= 1
            opcode = cursor.u8()
            if opcode == _RETURN or (opcode == _END and not open_blocks):
                return ending
            if opcode in _BLOCKS:
                _skip_type(cursor)
                open_blocks += 1
            elif opcode == _END:
                open_blocks -= 1
            elif opcode == _UNREACHABLE:
                ending = Ending.TRAPS
            elif opcode == _CALL:
                ending = yield from self._follow(cursor.u32(), depth=depth + 1)
            else:
                ending = Ending.UNKNOWN
        return ending if self._left else Ending.UNKNOWN

    def _skip_plain(self, cursor: Cursor) -> None:
        """Go over instructions that always go on to the next one, at most as many as may be gone over."""
        for number in (_MANY, 1):
            plain = _plain(number)
            while self._left >= number and (match := plain.match(cursor.data, cursor.position, cursor.end)):
                cursor.position = match.end()
                self._left -= number


@lru_cache
def _plain(number: int) -> re.Pattern[bytes]:
    """So many plain instructions, one after another."""
    return re.compile(b"(?:" + _PLAIN + b"){%d}+" % number)


def _skip_type(cursor: Cursor) -> None:
    """A value type or a block's type."""
    first = cursor.u8()
    if first in _REFERENCES or first & 0x80:
        while cursor.u8() & 0x80:
            pass


class _Bodies:
    """Where functions' bodies are; found as far as they are asked for."""

    def __init__(self, module: Module) -> None:
        section = module.find(SectionId.CODE)
        self._found: list[tuple[int, int]] = []
        self._cursor: Cursor | None = None
        self._number = 0
        if section is not None:
            self._cursor = module.cursor(section)
            self._number = self._cursor.count(smallest=2)

    def find(self, index: int) -> Cursor | None:
        """A cursor over the body of a defined function; None where there is none."""
        cursor = self._cursor
        if cursor is None or index >= self._number:
            return None
        try:
            while len(self._found) <= index:
                size = cursor.u32()
                start = cursor.position
                # Checked before it is kept: a body that goes beyond the section stays not found.
                cursor.skip(size)
                self._found.append((start, cursor.position))
        except WasmError:
            return None
        start, end = self._found[index]
        return Cursor(cursor.data, start=start, end=end, base=cursor.base, within=cursor.within)
