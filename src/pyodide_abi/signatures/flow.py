"""Where the ways through a function part and meet.

Where a condition is known, one way is taken. Where it is not, both are: the way that goes on first, and the
state at the branch is kept for the place where it leads, where the states are joined. A loop is gone through
as often as its conditions are known to ask for it, and once more with nothing known of what changes in it.
What a function leaves behind is the state of the longest way through it, since ways that end early end in
errors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.errors import WasmError
from pyodide_abi.signatures.symbolic import STACK, Pointer, either, is_zero

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyodide_abi.signatures.memory import Memory
    from pyodide_abi.signatures.symbolic import Value

_MOST_PASSES = 40
_MOST_JOINED = 8
#: What functions return that have set an error, other than null.
_FAILED = 0xFFFFFFFF
#: So many words or variables are looked at, and so many copied, in the time of an instruction.
CHEAP, COPIED = 8, 64


class Stopped(Exception):  # noqa: N818 - no error: there is nothing more to see
    """A function that is followed no farther."""


class State:
    """What is known at a point of the way.

    Attributes:
        locals: parameters and local variables.
        point: in the memory's record.
        changes: what was stored since that point, where the memory has gone back to it.
        values: those on the stack that a block or a function leaves.
        steps: instructions on the way to here.
    """

    __slots__ = ("changes", "locals", "point", "steps", "values")

    def __init__(self, flow: Flow, values: list[Value]) -> None:
        self.locals = flow.locals.copy()
        self.point = flow.memory.now
        self.changes: dict[Pointer, Value] = {}
        self.values = values
        self.steps = flow.steps


class Block:
    """A block that is open.

    Attributes:
        height: The height of the stack below it.
        arity: values that a branch to it takes along.
        loop: the position of a loop's first instruction; None for other blocks.
        states: those of branches to its end.
        otherwise: The state with which the other branch of an ``if`` begins; that before a loop.
        passes: how often a loop was gone through.
        known: how many conditions were known when the last pass began.
        unsure: whether a loop goes on was not known.
        vague: a loop is gone through for the last time, with nothing known of what it changes.
    """

    __slots__ = ("arity", "height", "known", "loop", "otherwise", "passes", "states", "unsure", "vague")

    def __init__(self, height: int, arity: int, loop: int | None = None) -> None:
        self.height = height
        self.arity = arity
        self.loop = loop
        self.states: list[State] = []
        self.otherwise: State | None = None
        self.passes = 0
        self.known = 0
        self.unsure = False
        self.vague = False


class Flow:
    """A way through a function's blocks; what the instructions between them do is a subclass's business.

    Attributes:
        memory: what the module holds.
        locals: parameters and local variables.
        stack: operands.
        steps: instructions on the way to here.
        alive: the instruction that comes next is reached.
        frames: the blocks that are open, the function itself first.
        position: The position of the instruction that comes next.
        result: what the function returns.
    """

    def __init__(
        self, memory: Memory, args: list[Value], results: int, *, spend: Callable[[int], None]
    ) -> None:
        """Begin.

        Args:
            memory: What the module holds.
            args: parameters.
            results: how many values the function returns.
            spend: is told of work, in instructions; raises :class:`Stopped` where it is too much.
        """
        self.memory = memory
        self.spend = spend
        self.locals = args
        self.stack: list[Value] = []
        self.steps = 0
        self.alive = True
        self.frames = [Block(0, results)]
        self.position = 0
        self.result: Value = None
        self._entry = memory.now
        self._best: State | None = None
        self._returned: list[Value] = []
        self._results = results
        self._vague = 0
        self._known = 0

    def go(self) -> None:
        """Go to the end of the function, or raise :class:`Stopped` where nothing more is known.

        Raises:
            Stopped: the rest is not to be seen.
            WasmError: the body is malformed.
            IndexError: likewise.
        """
        raise NotImplementedError

    def run(self) -> bool:
        """Go to the end, and leave the memory as the longest way does.

        Returns:
            whether all ways have been gone.
        """
        ended = True
        try:
            self.go()
        except (Stopped, WasmError, IndexError):
            self._keep()
            ended = False
        memory, best = self.memory, self._best
        memory.go_back(self._entry)
        if best is not None:
            for place, word in best.changes.items():
                memory.store(place, word)
            self.result = self._result_of(best.values[-1]) if best.values else None
        return ended

    def _result_of(self, longest: Value) -> Value:
        """What the longest way returns; what any returns where that is an error's result."""
        failed = longest == _FAILED or (longest == 0 and any(type(one) is Pointer for one in self._returned))
        result = longest
        for one in self._returned if failed else ():
            result = either(result, one)
        return result

    def condition_fails(self) -> bool | None:
        """Whether a condition is zero, which is taken off the stack.

        Nothing is known in a loop that was gone through often enough.
        """
        value = self.stack.pop()
        if self._vague:
            return None
        fails = is_zero(value)
        self._known += fails is not None
        return fails

    def state(self, values: list[Value]) -> State:
        """What is known here, kept for later."""
        self.spend(len(self.locals) // COPIED)
        return State(self, values)

    def switch(self) -> None:
        """Go from the first branch of an ``if`` to the second."""
        frame = self.frames[-1]
        otherwise, frame.otherwise = frame.otherwise, None
        if self.alive:
            self.note(frame)
        self.alive = False
        if otherwise is not None:
            self._resume(otherwise, frame)

    def close(self) -> None:
        """Close a block, and go on with what is known on all ways that lead behind it."""
        frame = self.frames.pop()
        self._vague -= frame.vague
        if not self.frames:
            if self.alive:
                self.leave()
            return
        if frame.loop is not None:
            return
        if frame.otherwise is not None:
            # There is no other branch: what it takes, it leaves.
            frame.states.append(frame.otherwise)
        states = frame.states
        if not states:
            return
        if not self.alive:
            first = max(states, key=lambda state: state.steps)
            states.remove(first)
            self.frames.append(frame)
            self._resume(first, frame)
            self.frames.pop()
        self._join(frame)

    def _join(self, frame: Block) -> None:
        states = frame.states
        if len(states) > _MOST_JOINED:
            states = states[: _MOST_JOINED // 2] + states[-_MOST_JOINED // 2 :]
        if not states:
            return
        point = min(state.point for state in states)
        self.spend((self.memory.now - point) // CHEAP + len(states) * len(self.locals) // CHEAP)
        mine = self.locals
        for state in states:
            if state.locals != mine:
                mine = [a if a == b else either(a, b) for a, b in zip(mine, state.locals, strict=True)]
            for place, value in enumerate(state.values, len(self.stack) - len(state.values)):
                self.stack[place] = either(self.stack[place], value)
            for where, word in state.changes.items():
                before = self.memory.load(where)
                if before != word:
                    self.memory.store_one_of(where, before, word)
        self.locals = mine
        self.memory.join(point)

    def _resume(self, state: State, frame: Block) -> None:
        """Go on from a state."""
        self._rewind(state.point)
        for place, word in state.changes.items():
            self.memory.store(place, word)
        self.locals = state.locals.copy()
        del self.stack[frame.height :]
        self.stack += state.values
        self.steps = state.steps
        self.alive = True

    def _rewind(self, point: int) -> None:
        """Undo what was stored; kept states that build on it keep their own account of it."""
        memory = self.memory
        self.spend((memory.now - point + len(self.frames)) // CHEAP)
        for frame in self.frames:
            for state in self._later(frame, point):
                self.spend((state.point - point + len(state.changes)) // COPIED)
                state.changes = memory.changes(point, state.point) | state.changes
                state.point = point
        memory.go_back(point)

    def _later(self, frame: Block, point: int) -> list[State]:
        self.spend(len(frame.states) // CHEAP)
        later = [state for state in frame.states if state.point > point]
        if len(later) > _MOST_JOINED:
            later = sorted(later, key=lambda state: state.steps)[-_MOST_JOINED:]
            frame.states = [state for state in frame.states if state.point <= point] + later
        if frame.otherwise is not None and frame.otherwise.point > point:
            later.append(frame.otherwise)
        return later

    def note(self, frame: Block) -> None:
        """Keep the state for a block's end."""
        self.spend((len(self.locals) + frame.arity) // COPIED)
        values = self.stack[len(self.stack) - frame.arity :] if frame.arity else []
        frame.states.append(State(self, values))

    def branch(self, depth: int, *, sure: bool) -> None:
        """Branch; unless it is sure, go on as well."""
        frames = self.frames
        frame = frames[-1 - depth] if depth < len(frames) else None
        if frame is None:
            raise Stopped
        self.spend(depth // CHEAP)
        if frame is frames[0]:
            self.leave()
            self.alive = self.alive and not sure
        elif frame.loop is None:
            self.note(frame)
            self.alive = not sure
        elif sure or not frame.vague:
            frame.unsure = frame.unsure or not sure
            self._again(frame, depth)
            return
        if not sure:
            for inner in frames[-1 - depth :]:
                inner.unsure = True

    def _again(self, frame: Block, depth: int) -> None:
        assert frame.loop is not None
        frame.passes += 1
        if frame.vague:
            self.alive = False
            return
        if (frame.unsure and frame.known == self._known) or frame.passes >= _MOST_PASSES:
            # Once more, with nothing known of what changes from one pass to the next.
            frame.vague = True
            self._vague += 1
            self._forget(frame)
        if depth:
            self._vague -= sum(inner.vague for inner in self.frames[-depth:])
            del self.frames[-depth:]
        values = self.stack[len(self.stack) - frame.arity :] if frame.arity else []
        del self.stack[frame.height :]
        self.stack += values
        self.position = frame.loop
        frame.known = self._known

    def _forget(self, frame: Block) -> None:
        """Forget what a loop has changed, but for what it has stored elsewhere than on the stack."""
        entry = frame.otherwise
        assert entry is not None
        self.spend((len(self.locals) + max(self.memory.now - entry.point, 0)) // CHEAP)
        self.locals = [a if a == b else None for a, b in zip(self.locals, entry.locals, strict=True)]
        if entry.point <= self.memory.now:
            for place in self.memory.changes(entry.point, self.memory.now):
                if place.region == STACK:
                    self.memory.store(place, None)

    def leave(self) -> None:
        """A way that returns from the function."""
        self.spend((self.memory.now - self._entry) // CHEAP + len(self.locals) // COPIED)
        self._keep()

    def _keep(self) -> None:
        """Keep the state, if the way to it is the longest so far."""
        best = self._best
        values = self.stack[-1:] if self._results and self.stack else []
        self._returned += values
        if best is None or self.steps > best.steps:
            state = State(self, values)
            state.changes = self.memory.changes(self._entry, state.point)
            self._best = state
