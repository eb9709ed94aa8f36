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
from pyodide_abi.wasm import Kind
from pyodide_abi.wasm.bodies import Bodies
from pyodide_abi.wasm.cursor import Cursor
from pyodide_abi.wasm.instructions import (
    BLOCK,
    CALL,
    CALL_INDIRECT,
    END,
    I32_CONST,
    LOOP,
    RETURN,
    UNREACHABLE,
    USUAL,
    feature_of,
    locals_of,
    pattern,
    read_instruction,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from pyodide_abi.wasm import Module
    from pyodide_abi.wasm.bodies import Window
    from pyodide_abi.wasm.constant import Expression
    from pyodide_abi.wasm.frame import Frame

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
#: So many are gone over one by one in less time than the other regular expression takes to compile.
_SOME = 2_000
_DEEPEST = 40

#: ``block`` and ``loop``; entering an ``if`` is a decision.
_BLOCKS = frozenset({BLOCK, LOOP})
#: What decides how code goes on. Everything else always goes on to the next instruction.
_CONTROL = frozenset({UNREACHABLE, *range(BLOCK, CALL_INDIRECT + 1)})


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


def fixed_segments(module: Frame) -> tuple[Fixed, ...]:
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
    exported = {entry.name: entry.index for entry in module.exports if entry.kind is Kind.FUNCTION}
    following = Following(module, exported)
    following.finish(Bodies(module).find)
    return following.startup(lambda index: module.imported.functions[index].decode())


class Following:
    """Follows the functions that run during a load, as far as their bodies are at hand."""

    def __init__(self, module: Frame, exported: Mapping[str, int]) -> None:
        """Begin with a module of which all is known but its code.

        Args:
            module: The module.
            exported: Indices of exported functions by name, at least of those that the loader calls.

        Raises:
            WasmError: as for :func:`follow_startup`.
        """
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

    def __init__(self, module: Frame, index: int | None) -> None:
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
        for _ in locals_of(cursor):
            # They count as instructions, so that a function with a million of them is not gone through often.
            self._left -= 1
            if not self._left:
                break
        return (yield from self._walk(cursor, depth))

    def _walk(self, cursor: Cursor, depth: int) -> Generator[int, Cursor | None, Ending]:
        """Go along a body until it ends or is no straight line any more."""
        ending, open_blocks = Ending.RETURNS, 0
        while ending is Ending.RETURNS and self._left:
            self._skip_plain(cursor)
            if not self._left:
                break
            self._left -= 1
            opcode, operands, _ = read_instruction(cursor)
            if opcode == RETURN or (opcode == END and not open_blocks):
                return ending
            if opcode in _BLOCKS:
                open_blocks += 1
            elif opcode == END:
                open_blocks -= 1
            elif opcode == UNREACHABLE:
                ending = Ending.TRAPS
            elif opcode == CALL:
                ending = yield from self._follow(operands[0], depth=depth + 1)
            elif opcode in _CONTROL or feature_of(opcode) is not None:
                ending = Ending.UNKNOWN
        return ending if self._left else Ending.UNKNOWN

    def _skip_plain(self, cursor: Cursor) -> None:
        """Go over instructions that always go on to the next one, at most as many as may be gone over."""
        # One by one first, as most code is short, and the other regular expression takes a while to compile.
        if self._skip(cursor, 1, times=_SOME) == _SOME:
            self._skip(cursor, _MANY)
            self._skip(cursor, 1)

    def _skip(self, cursor: Cursor, number: int, *, times: int = _MOST_INSTRUCTIONS) -> int:
        """Go over so many plain instructions at once, at most so many times; says how many times it was."""
        plain, done = _plain(number), 0
        while done < times and self._left >= number:
            match = plain.match(cursor.data, cursor.position, cursor.end)
            if match is None:
                break
            cursor.position = match.end()
            self._left -= number
            done += 1
        return done


@lru_cache
def _plain(number: int) -> re.Pattern[bytes]:
    """So many plain instructions, one after another."""
    return re.compile(b"(?:" + pattern(USUAL, without=_CONTROL) + b"){%d}+" % number)
