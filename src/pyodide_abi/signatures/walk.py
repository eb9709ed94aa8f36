"""One function, followed from its beginning to its end with values of which little is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pyodide_abi.signatures.code_parts import skip_block
from pyodide_abi.signatures.flow import CHEAP, COPIED, Block, Flow, Stopped
from pyodide_abi.signatures.operations import NUMERIC, shape_of
from pyodide_abi.signatures.symbolic import GLOBAL, Choice, Pointer, add, each, either, is_zero, options
from pyodide_abi.wasm.cursor import Cursor
from pyodide_abi.wasm.instructions import I32_CONST, LOCAL_GET, locals_of, read_instruction

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pyodide_abi.signatures.surroundings import Surroundings
    from pyodide_abi.signatures.symbolic import Value
    from pyodide_abi.wasm.cursor import Bytes

_MOST_LOCALS = 20_000
_MOST_TARGETS = 8
_BITS, _WIDE_BITS = 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF
_CONTINUES, _PAYLOAD, _SIGN = 0x80, 0x7F, 0x40
#: Locals that begin with the integer zero; what others begin with is not followed.
_INTEGERS = frozenset({-1, -2})
#: Codes of blocks' types: without a result, and the references that a second code follows.
_NO_RESULT, _REFERENCES = -64, frozenset({0x63 - 0x80, 0x64 - 0x80})
_OTHER_MEMORY = 0x40
#: A clause of ``try_table`` below this number catches one tag.
_CLAUSES_WITH_TAG = 2
_UNREACHABLE, _SELECT_TYPED, _TAIL_CALL = 0x00, 0x1C, 0x12
_COPY, _FILL = 0xFC << 16 | 10, 0xFC << 16 | 11
#: Instructions that are counted together, and how many it counts for to enter a function, or to go over code.
_AT_A_TIME, _ENTERING, _SKIPPING = 64, 10, 3
#: Bits of the longest integer.
_LONGEST = 70


class Walk(Flow):
    """A function on its way, instruction by instruction."""

    def __init__(self, machine: Surroundings, body: Bytes, args: Sequence[Value], results: int) -> None:
        """Begin.

        Args:
            machine: what it runs on.
            body: The function's locals and instructions.
            args: parameters.
            results: how many values it returns.

        Raises:
            Stopped: it has too many locals.
            WasmError: its locals are malformed.
        """
        super().__init__(machine.memory, list(args), results, spend=machine.spend)
        self._machine = machine
        self._data = body
        cursor = Cursor(body, within="code section")
        for number, (type_, *_) in locals_of(cursor):
            if len(self.locals) + number > _MOST_LOCALS:
                raise Stopped
            machine.spend(number // COPIED)
            self.locals += [0 if type_ in _INTEGERS else None] * number
        self.position = cursor.position

    def go(self) -> None:  # noqa: D102 - as the base says
        data, steps, stack, machine, passed = self._data, self._STEPS, self.stack, self._machine, 0
        while self.frames:
            if not self.alive:
                self.position, ended = skip_block(data, self.position, machine.spend)
                self.close() if ended else self.switch()
                passed += _SKIPPING
                continue
            position = self.position
            opcode = data[position]
            self.steps += 1
            passed += 1
            if passed >= _AT_A_TIME:
                machine.spend(passed)
                passed = 0
            # The most frequent instruction with the most frequent operands.
            if opcode == LOCAL_GET and (index := data[position + 1]) < _CONTINUES:
                stack.append(self.locals[index])
                self.position = position + 2
                continue
            self.position = position + 1
            steps.get(opcode, Walk._plain)(self, opcode)
        machine.spend(passed + _ENTERING)

    def _u32(self) -> int:
        """An index, a size or an offset."""
        data, position = self._data, self.position
        byte = data[position]
        position += 1
        result, shift = byte & _PAYLOAD, 7
        while byte & _CONTINUES:
            byte = data[position]
            position += 1
            result |= (byte & _PAYLOAD) << shift
            shift += 7
            if shift > _LONGEST:
                raise Stopped
        self.position = position
        return result

    def _s64(self) -> int:
        """A constant."""
        start = self.position
        result = self._u32()
        if self._data[self.position - 1] & _SIGN:
            result -= 1 << 7 * (self.position - start)
        return result

    def _block_type(self) -> tuple[int, int]:
        """How many values a block takes and leaves."""
        code = self._s64()
        if code == _NO_RESULT:
            return 0, 0
        if code < 0:
            if code in _REFERENCES:
                self._s64()
            return 0, 1
        type_ = self._machine.type_at(code)
        return len(type_.params), len(type_.results)

    def _block(self, _: int) -> None:
        taken, left = self._block_type()
        self.frames.append(Block(len(self.stack) - taken, left))

    def _loop(self, _: int) -> None:
        taken, _left = self._block_type()
        frame = Block(len(self.stack) - taken, taken, self.position)
        frame.known = self._known
        frame.otherwise = self.state([])
        self.frames.append(frame)

    def _if(self, _: int) -> None:
        taken, left = self._block_type()
        condition = self.condition_fails()
        frame = Block(len(self.stack) - taken, left)
        self.frames.append(frame)
        if condition is None:
            frame.otherwise = self.state(self.stack[frame.height :])
        elif condition:
            frame.otherwise = self.state(self.stack[frame.height :])
            self.alive = False

    def _else(self, _: int) -> None:
        self.switch()

    def _end(self, _: int) -> None:
        self.close()

    def _br(self, _: int) -> None:
        self.branch(self._u32(), sure=True)

    def _br_if(self, _: int) -> None:
        depth = self._u32()
        condition = self.condition_fails()
        if condition is None:
            self.branch(depth, sure=False)
        elif not condition:
            self.branch(depth, sure=True)

    def _br_table(self, _: int) -> None:
        number = self._u32() + 1
        self._machine.spend(number // CHEAP)
        depths = [self._u32() for _ in range(number)]
        index = self.stack.pop()
        if type(index) is int:
            self.branch(depths[min(index, len(depths) - 1)], sure=True)
            return
        for depth in dict.fromkeys(depths[:_MOST_TARGETS]):
            self.branch(depth, sure=False)
        self.alive = False

    def _return(self, _: int) -> None:
        self.leave()
        self.alive = False

    def _unreachable(self, _: int) -> None:
        self.alive = False

    def _catch(self, _: int) -> None:
        # A handler is never entered.
        if self.alive:
            self.note(self.frames[-1])
        self.alive = False

    def _delegate(self, _: int) -> None:
        self._u32()
        self.close()

    def _try_table(self, opcode: int) -> None:
        self._block(opcode)
        number = self._u32()
        self._machine.spend(number)
        for _ in range(number):
            kind = self._data[self.position]
            self.position += 1
            if kind < _CLAUSES_WITH_TAG:
                self._u32()
            self._u32()

    def _call(self, _: int) -> None:
        index = self._u32()
        if self._data[self.position] == _UNREACHABLE and self._machine.is_own(index):
            self.alive = False  # It does not come back: it reports what went wrong.
            return
        type_ = self._machine.type_of(index)
        self._called(self._machine.call(index, self._taken(len(type_.params))), len(type_.results))

    def _call_indirect(self, _: int) -> None:
        type_ = self._machine.type_at(self._u32())
        self._u32()
        target = self.stack.pop()
        args = self._taken(len(type_.params))
        self._machine.calls_through(target, type_)
        self._called(self._machine.call_pointer(target, args), len(type_.results))

    def _tail_call(self, opcode: int) -> None:
        (self._call if opcode == _TAIL_CALL else self._call_indirect)(opcode)
        self._return(opcode)

    def _taken(self, number: int) -> list[Value]:
        if not number:
            return []
        taken = self.stack[-number:]
        del self.stack[-number:]
        return taken

    def _called(self, result: Value, number: int) -> None:
        if self._machine.leaves:
            self._machine.leaves = self.alive = False
        self._machine.spend(number // COPIED)
        self.stack += [result] * number

    def _local_get(self, _: int) -> None:
        self.stack.append(self.locals[self._u32()])

    def _local_set(self, _: int) -> None:
        self.locals[self._u32()] = self.stack.pop()

    def _local_tee(self, _: int) -> None:
        self.locals[self._u32()] = self.stack[-1]

    def _global_get(self, _: int) -> None:
        self.stack.append(self.memory.load(Pointer(GLOBAL, self._u32())))

    def _global_set(self, _: int) -> None:
        self.memory.store(Pointer(GLOBAL, self._u32()), self.stack.pop())

    def _drop(self, _: int) -> None:
        self.stack.pop()

    def _select(self, opcode: int) -> None:
        if opcode == _SELECT_TYPED:
            number = self._u32()
            self._machine.spend(number)
            for _ in range(number):
                self._s64()
        condition = is_zero(self.stack.pop())
        second, first = self.stack.pop(), self.stack.pop()
        self.stack.append(either(first, second) if condition is None else second if condition else first)

    def _place(self) -> Value:
        align = self._u32()
        if align & _OTHER_MEMORY:
            self._u32()
        offset = self._u32()
        address = self.stack.pop()
        return add(address, offset & _BITS) if offset else address

    def _load(self, opcode: int) -> None:
        place = self._place()
        found: list[Value] = [
            self.memory.load_as(opcode, one) if type(one) is Pointer else None for one in options(place)
        ]
        value = found[0]
        for one in found[1:]:
            value = either(value, one)
        self.stack.append(value)

    def _store(self, opcode: int) -> None:
        value = self.stack.pop()
        place = self._place()
        self._machine.stores(place, value)
        if type(place) is Pointer:
            self.memory.store_as(opcode, place, value)
        elif type(place) is Choice:
            for one in place.options:
                if type(one) is Pointer:
                    self.memory.store_as(opcode, one, either(self.memory.load(one), value))

    def _constant(self, opcode: int) -> None:
        number = self._s64()
        self.stack.append(number & _BITS if opcode == I32_CONST else number & _WIDE_BITS)

    def _numeric(self, opcode: int) -> None:
        taken, compute = NUMERIC[opcode]
        stack = self.stack
        if taken == 1:
            stack[-1] = compute(stack[-1]) if type(stack[-1]) is not Choice else each(compute, stack[-1])
        else:
            right, left = stack.pop(), stack[-1]
            sure = type(left) is not Choice and type(right) is not Choice
            stack[-1] = compute(left, right) if sure else each(compute, left, right)

    def _plain(self, _: int) -> None:
        """An instruction of which only is known how many values it takes and leaves."""
        cursor = Cursor(self._data, start=self.position - 1, within="code section")
        opcode = read_instruction(cursor).opcode
        self.position = cursor.position
        stack = self.stack
        if opcode in {_COPY, _FILL}:
            size, source, target = stack.pop(), stack.pop(), stack.pop()
            library = self._machine.library
            (library.copy if opcode == _COPY else library.fill)(target, source, size)
            return
        shape = shape_of(opcode)
        if shape is None:
            raise Stopped
        taken, left = shape
        if taken:
            del stack[-taken:]
        stack += [None] * left

    def _nothing(self, _: int) -> None:
        pass

    #: What is done at each opcode, where it is more than to take and to leave unknown values.
    _STEPS: ClassVar[Mapping[int, Callable[[Walk, int], None]]] = {
        **dict.fromkeys(range(0x28, 0x36), _load),
        **dict.fromkeys(range(0x36, 0x3F), _store),
        **dict.fromkeys(NUMERIC, _numeric),
        0x00: _unreachable, 0x01: _nothing, 0x02: _block, 0x03: _loop, 0x04: _if, 0x05: _else, 0x06: _block,
        0x07: _catch, 0x08: _unreachable, 0x09: _unreachable, 0x0A: _unreachable, 0x0B: _end, 0x0C: _br,
        0x0D: _br_if, 0x0E: _br_table, 0x0F: _return, 0x10: _call, 0x11: _call_indirect, 0x12: _tail_call,
        0x13: _tail_call, 0x18: _delegate, 0x19: _catch, 0x1A: _drop, 0x1B: _select, 0x1C: _select,
        0x1F: _try_table, 0x20: _local_get, 0x21: _local_set, 0x22: _local_tee, 0x23: _global_get,
        0x24: _global_set, 0x41: _constant, 0x42: _constant,
    }  # fmt: skip
