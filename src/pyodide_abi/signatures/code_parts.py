"""A module's functions, as far as they are there to be followed, and what is passed over of them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from pyodide_abi.signatures.bodies_kept import PADDED, calls_of, decoded, encodings
from pyodide_abi.signatures.flow import Stopped
from pyodide_abi.wasm.cursor import Cursor
from pyodide_abi.wasm.instruction_starts import behind_locals
from pyodide_abi.wasm.instructions import (
    BLOCK,
    CALL,
    CALL_INDIRECT,
    ELSE,
    END,
    IF,
    LOOP,
    USUAL,
    pattern,
    read_instruction,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from pyodide_abi.wasm import FuncType
    from pyodide_abi.wasm.cursor import Bytes


#: Bytes of a short function, which may hand on a value, and how deep functions that are followed call others.
_SHORT, _DEEPEST = 100, 12
#: Likewise of code that is not optimised: nothing is inlined, and linkers leave room in every index.
_LONGEST_SHORT, _DEEPEST_OF_ALL = 250, 20
#: Bytes of a function that moves an array to where it has more room.
_LONGEST_MOVING = 500
#: How many others stand between a function that moves an array and what the C library has for it.
_DEEPEST_MOVING = 2
#: Bytes of a function that only computes, such as one that finds a place in a hash table.
_LONGEST_COMPUTING = 600
#: How deep such ones call others.
_DEEPEST_COMPUTING = 1
#: So many beginnings and ends of blocks are gone over in the time of an instruction.
_BRANCHES_SKIPPED = 3
_NOTHING = re.compile(b"(?!)")
_UNREACHABLE = 0x00
_TRY, _CATCH, _DELEGATE, _CATCH_ALL, _TRY_TABLE = 0x06, 0x07, 0x18, 0x19, 0x1F
#: Instructions that copy and fill memory.
_IN_MEMORY = frozenset({0xFC << 16 | 10, 0xFC << 16 | 11})
_OPENING = frozenset({BLOCK, LOOP, IF, _TRY, _TRY_TABLE})
_CLOSING = frozenset({END, _DELEGATE})
#: Beginnings and ends of blocks that are one byte long, those with a type behind, and types of one byte: not
#: the references that a second one follows.
_OF_ONE_BYTE, _WITH_TYPE = frozenset({END, ELSE, _CATCH_ALL}), frozenset({BLOCK, LOOP, IF, _TRY})
_SHORT_TYPES = frozenset(range(0x80)) - {0x63, 0x64}


class Code:
    """What there is of a module, as far as its functions are followed.

    Attributes:
        imports: names of the imported functions, by index; empty where they are mangled.
        types: function types by their index among types; None for other types.
        functions: the type's index of each function that the module defines.
        bodies: The bodies of those functions that can be followed, by their index among these.
        whole: all bodies are there.
        short: Bytes of a short function, which may hand on a value.
        deepest: how deep functions that are followed call others.
    """

    def __init__(
        self,
        *,
        imports: Sequence[bytes],
        import_types: Sequence[FuncType],
        types: Sequence[object],
        functions: Sequence[int],
        bodies: Mapping[int, Bytes],
        whole: bool,
        optimised: bool,
    ) -> None:
        self.imports = imports
        self._import_types = import_types
        self.types = types
        self.functions = functions
        self.bodies = bodies
        self.whole = whole
        self.short, self.deepest = (_SHORT, _DEEPEST) if optimised else (_LONGEST_SHORT, _DEEPEST_OF_ALL)

    def type_at(self, index: int) -> FuncType:
        """The function type of a type's index; a malformed index ends the way."""
        if not 0 <= index < len(self.types) or not hasattr(self.types[index], "params"):
            raise Stopped
        return self.types[index]  # type: ignore[return-value] # it has parameters

    def type_of(self, index: int) -> FuncType:
        """The type of a function."""
        known = len(self._import_types)
        if index < known:
            return self._import_types[index]
        if index - known >= len(self.functions):
            raise Stopped
        return self.type_at(self.functions[index - known])


class Relevance:
    """Which functions are worth following when others call them.

    Those that call a function that takes tables, or take the address of a function, and those that call such
    ones; short ones, which may hand on a value; and those that move an array to where it has more room.
    """

    #: Bytes, and calls, of a function that is looked into in the time of an instruction.
    _BYTES_LOOKED_AT, _CALLS_LOOKED_AT = 256, 2
    #: Also where the byte of the instruction before looks like a call itself.
    _CALLED = re.compile(rb"(?=\x10([\x80-\xff]*+[\x00-\x7f]))")
    #: Globals that are read. One pattern for any of them: one for each of hundreds takes long to compile.
    _USED = re.compile(rb"\x23(?=([\x80-\xff]*+[\x00-\x7f]))")

    def __init__(
        self,
        code: Code,
        *,
        callers: Collection[int],
        addresses: Iterable[int],
        growing: Collection[bytes],
        working: Collection[bytes],
        spend: Callable[[int], None],
    ) -> None:
        """Begin.

        Args:
            code: the module's functions.
            callers: functions that call one that takes tables, by index among those that the module defines.
            addresses: globals that addresses of functions come from.
            growing: names of functions that move room.
            working: names of functions that only look at memory and change it.
            spend: is told of work, in instructions; raises :class:`Stopped` where it is too much.
        """
        self._spend = spend
        self._code = code
        self._callers = callers
        self._addresses = {form for index in addresses for form in encodings(index)}
        moving = [index for index, name in enumerate(code.imports) if name in growing]
        self._working = {index for index, name in enumerate(code.imports) if name in working}
        self._moves = calls_of(moving) if moving else _NOTHING
        self._known: dict[int, bool] = {}
        self._direct: dict[int, bool] = {}
        self._moving: dict[tuple[int, int], bool] = {}
        self._calls: dict[int, tuple[int, ...]] = {}
        self._computing: dict[tuple[int, int], bool] = {}

    def takes_addresses(self, body: Bytes) -> bool:
        """Whether a function takes the address of one."""
        return not self._addresses.isdisjoint(self._USED.findall(body))

    def matters(self, index: int) -> bool:
        """Whether a function that the module defines is worth following."""
        known = self._known.get(index)
        if known is None:
            known = self._known[index] = (
                self._is_direct(index)
                or any(
                    self._is_direct(called) and len(self._body(called)) > self._code.short
                    for called in self._called_by(index)
                )
                or self._moves_room(index, _DEEPEST_MOVING)
            )
        return known

    def computes(self, index: int, deepest: int = _DEEPEST_COMPUTING) -> bool:
        """Whether a function is not long and calls only such ones, and some of the C library."""
        known = self._computing.get((index, deepest))
        if known is None:
            body = self._body(index)
            known = 0 < len(body) <= _LONGEST_COMPUTING and self._only_computes(body, deepest)
            self._computing[index, deepest] = known
        return known

    def _only_computes(self, body: Bytes, deepest: int) -> bool:
        for called in _calls_in(body):
            self._spend(1)
            if called not in self._working and not (deepest and self.computes(called, deepest - 1)):
                return False
        return True

    def _is_direct(self, index: int) -> bool:
        known = self._direct.get(index)
        if known is None:
            body = self._body(index)
            self._spend(len(body) // self._BYTES_LOOKED_AT)
            known = self._direct[index] = (
                0 < len(body) <= self._code.short
                or index - len(self._code.imports) in self._callers
                or self.takes_addresses(body)
                or self._moves_room(index, 0)
            )
        return known

    def _moves_room(self, index: int, deepest: int) -> bool:
        """Whether a function moves an array, by itself or by others."""
        body = self._body(index)
        if len(body) > _LONGEST_MOVING:
            return False
        known = self._moving.get((index, deepest))
        if known is None:
            known = self._moving[index, deepest] = self._moves.search(body) is not None or (
                deepest > 0
                and any(self._moves_room(called, deepest - 1) for called in self._called_by(index))
            )
        return known

    def _called_by(self, index: int) -> tuple[int, ...]:
        """The functions of the module that a function seems to call."""
        known = self._calls.get(index)
        if known is None:
            forms = self._CALLED.findall(self._body(index))
            self._spend(len(forms) // self._CALLS_LOOKED_AT)
            called = {decoded(form) for form in forms if len(form) <= PADDED}
            known = self._calls[index] = tuple(called.difference(range(len(self._code.imports))))
        self._spend(len(known) // self._BYTES_LOOKED_AT)
        return known

    def _body(self, index: int) -> Bytes:
        return self._code.bodies.get(index - len(self._code.imports), b"")


def skip_block(data: Bytes, position: int, spend: Callable[[int], None]) -> tuple[int, bool]:
    """Go over what is left of a block or of a branch of it.

    Args:
        data: a function's body.
        position: The position of the next instruction.
        spend: is told of work, in instructions.

    Returns:
        the place behind the ``else`` or ``end`` that was found, and whether it is the end of the block.

    Raises:
        Stopped: there is more than is worth it.
        WasmError: the body is cut off, or an instruction is not known.
        IndexError: the body is cut off.
    """
    plain, depth, blocks = _plain().match, 0, 0
    while True:
        stepped = plain(data, position)
        if stepped:
            position = stepped.end()
        opcode = data[position]
        # Most are one byte long, or two with their type.
        if opcode in _OF_ONE_BYTE:
            position += 1
        elif opcode in _WITH_TYPE and data[position + 1] in _SHORT_TYPES:
            position += 2
        else:
            cursor = Cursor(data, start=position, within="code section")
            opcode = read_instruction(cursor).opcode
            position = cursor.position
        blocks += 1
        if not blocks % _BRANCHES_SKIPPED:
            spend(1)
        if opcode in _OPENING:
            depth += 1
        elif opcode in _CLOSING:
            if not depth:
                return position, True
            depth -= 1
        elif opcode == ELSE and not depth:
            return position, False


@lru_cache(maxsize=1)
def _plain() -> re.Pattern[bytes]:
    """As many instructions as possible that neither open nor close a block."""
    without = _OPENING | _CLOSING | {ELSE, _CATCH, _CATCH_ALL}
    return re.compile(b"(?:" + pattern(USUAL, without=without) + b")*+")


def _calls_in(body: Bytes) -> Iterator[int]:
    """The functions that a body calls; -1 for one that is called by its address, or after what is seldom.

    Those that do not come back are passed over: they report what went wrong.
    """
    cursor = behind_locals(Cursor(body, within="code section"))
    while (match := _without_calls().match(body, cursor.position)) and match.end() < len(body):
        cursor.position = match.end()
        instruction = read_instruction(cursor)
        if instruction.opcode not in _IN_MEMORY and body[cursor.position] != _UNREACHABLE:
            yield instruction.operands[0] if instruction.opcode == CALL else -1


@lru_cache(maxsize=1)
def _without_calls() -> re.Pattern[bytes]:
    """Instructions that call nothing."""
    return re.compile(b"(?:" + pattern(USUAL, without={CALL, CALL_INDIRECT}) + b")*+")
