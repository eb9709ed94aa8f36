"""What certainly happens when a module's own code runs during its load (loader.md, section 3).

Three functions run then: the start function, that which relocates data, and the constructors. Whether they
get through is decided by running them, which nobody does here. But code that is reached without any decision
is certain: a call of a function that nobody provides there, or an ``unreachable``, makes every load fail. So
a function is followed from its beginning, through calls of the module's own functions, up to the first
branch. What comes after that is not known and not claimed.
"""

from __future__ import annotations

import enum
import re
from typing import TYPE_CHECKING

from pyodide_abi.errors import WasmError
from pyodide_abi.values import value
from pyodide_abi.wasm import Kind, SectionId
from pyodide_abi.wasm.constant import I32_CONST
from pyodide_abi.wasm.cursor import Cursor

if TYPE_CHECKING:
    from pyodide_abi.wasm import Module
    from pyodide_abi.wasm.constant import Expression

#: Imports that do not come back, or not to where they were called.
_LEAVING = frozenset(
    {
        "abort",
        "exit",
        "_exit",
        "_Exit",
        "emscripten_force_exit",
        "proc_exit",
        "__assert_fail",
        "__cxa_throw",
        "__cxa_rethrow",
        "__resumeException",
        "_Unwind_RaiseException",
        "_Unwind_Resume",
        "longjmp",
        "emscripten_longjmp",
        "__wasm_longjmp",
    }
)
_MOST_INSTRUCTIONS = 20_000
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
_PLAIN = re.compile(
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
        start: by the engine, before any export is known.
        relocations: by the loader, when all addresses are known.
        constructors: by the loader, after that.
    """

    start: Run = Run()
    relocations: Run = Run()
    constructors: Run = Run()


@value
class Fixed:
    """An active segment that goes to a constant place, which is not the loader's to choose.

    Attributes:
        kind: a memory's or a table's segment.
        index: its place in its section.
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
    exported = {entry.name: entry.index for entry in module.exports if entry.kind is Kind.FUNCTION}
    follower = _Follower(module)

    def run(index: int | None) -> Run:
        return Run() if index is None else follower.run(index)

    return Startup(
        start=run(module.start),
        relocations=run(exported.get("__wasm_apply_data_relocs")),
        constructors=run(exported.get("__wasm_call_ctors")),
    )


class _Steps:
    """What has been gone through."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.left = _MOST_INSTRUCTIONS


class _Follower:
    def __init__(self, module: Module) -> None:
        self._imports = module.imported.functions
        self._bodies = _Bodies(module)

    def run(self, index: int) -> Run:
        steps = _Steps()
        try:
            ending = self._follow(index, steps, depth=0)
        except WasmError:
            # The engine will refuse such code; that is another matter.
            ending = Ending.UNKNOWN
        return Run(tuple(steps.calls), traps=ending is Ending.TRAPS)

    def _follow(self, index: int, steps: _Steps, *, depth: int) -> Ending:
        if index < len(self._imports):
            name = self._imports[index].decode()
            steps.calls.append(name)
            return Ending.UNKNOWN if name in _LEAVING else Ending.RETURNS
        cursor = self._bodies.find(index - len(self._imports))
        if cursor is None or depth > _DEEPEST:
            return Ending.UNKNOWN
        declarations = cursor.count(smallest=2)
        # They count as instructions, so that a function with a million of them is not gone through often.
        steps.left = max(steps.left - declarations, 0)
        for _ in range(declarations if steps.left else 0):
            cursor.u32()
            _skip_type(cursor)
        return self._walk(cursor, steps, depth)

    def _walk(self, cursor: Cursor, steps: _Steps, depth: int) -> Ending:
        """Go along a body until it ends or is no straight line any more."""
        ending, open_blocks = Ending.RETURNS, 0
        while ending is Ending.RETURNS and steps.left:
            _go_on(cursor, steps)
            if not steps.left:
                break
            steps.left -= 1
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
                ending = self._follow(cursor.u32(), steps, depth=depth + 1)
            else:
                ending = Ending.UNKNOWN
        return ending if steps.left else Ending.UNKNOWN


def _go_on(cursor: Cursor, steps: _Steps) -> None:
    """Go over instructions that always go on to the next one, at most as many as may be gone over."""
    for match in _PLAIN.finditer(cursor.data, cursor.position, cursor.end):
        # The next one that is found may stand behind others.
        if not steps.left or match.start() != cursor.position:
            return
        cursor.position = match.end()
        steps.left -= 1


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
        """A cursor over the body of a defined function; None where there is no such function."""
        cursor = self._cursor
        if cursor is None or index >= self._number:
            return None
        while len(self._found) <= index:
            size = cursor.u32()
            start = cursor.position
            # Checked before it is kept: a body that goes beyond the section stays not found.
            cursor.skip(size)
            self._found.append((start, cursor.position))
        start, end = self._found[index]
        return Cursor(cursor.data, start=start, end=end, base=cursor.base, within=cursor.within)
