"""What functions run on while they are followed: the module's memory, its tables, and those whom it calls."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import CXA_THROW, INVOKE_PREFIX
from pyodide_abi.signatures.flow import Stopped
from pyodide_abi.signatures.layouts import WORD, arguments_of
from pyodide_abi.signatures.library import Library
from pyodide_abi.signatures.memory import Memory
from pyodide_abi.signatures.relocations import Relocations
from pyodide_abi.signatures.symbolic import (
    GLOBAL,
    HEAP,
    MEMORY,
    PARAMETER,
    RESULT,
    STACK,
    TABLE,
    Choice,
    Pair,
    Pointer,
    add,
    are_known,
    is_function,
    may_differ,
)
from pyodide_abi.signatures.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pyodide_abi.signatures.code_parts import Code, Relevance
    from pyodide_abi.signatures.effort import Effort
    from pyodide_abi.signatures.layouts import Layouts
    from pyodide_abi.signatures.memory import Image
    from pyodide_abi.signatures.symbolic import Value
    from pyodide_abi.wasm import FuncType
    from pyodide_abi.wasm.cursor import Bytes

_BITS = 0xFFFFFFFF
#: Imports that do not come back.
_LEAVING = frozenset({"abort", "exit", "_exit", CXA_THROW, "__assert_fail", "_Unwind_Resume", "longjmp"})
_MOST_TIMES = 30
#: So many addresses that are filled in are read in the time of an instruction; a call of a root takes as long
#: as so many.
_RELOCATIONS_READ, _HANDING_OVER = 2, 10
#: Arguments of ``tp_alloc``.
_ALLOCATING = 2
#: Bytes of a result that is returned through an argument.
_RETURNED = 12
#: Where tables lie that are made, and where any may.
_ROOM, _TABLES = (STACK, HEAP), (STACK, HEAP, MEMORY)


class Machine:
    """A module that runs.

    Attributes:
        memory: what it holds.
        library: the functions of the C library that work on it.
        leaves: the function that was just called does not come back.
        running: functions that have been entered and not left, the outermost first.
        visited: functions that have been entered.
        ended: those of them that have been followed to their end.
        cut: those that were left before their end at least once.
        effort: what is left to follow.
        spend: takes some of that.
        type_at: gives the function type of a type's index.
        type_of: gives the type of a function.
        function_at: gives the function that an address means, by its index or name.
        handing: those that were seen to hand over something.
        stored: The places where addresses of functions were stored, each with the outermost function.
        instances: The type of each new object, by the object's region.
        calling_given: functions that call what they were given, or what lies there.
        passing: functions that hand over what they were given themselves.
        telling: is told what each function of the module is given, if anybody is.
    """

    def __init__(
        self,
        code: Code,
        image: Image,
        *,
        initial_global: Callable[[int], Value],
        function_at: Callable[[Value], int | str | None],
        layouts: Layouts,
        called: Callable[[str, Sequence[Value], Pointer], bool],
        called_through: Callable[[Pointer, FuncType], None],
        seen: Callable[[str, Sequence[Value], Value], None],
        relevance: Relevance,
        effort: Effort,
    ) -> None:
        """Set it up.

        Args:
            code: the module's functions.
            image: The module's data.
            initial_global: gives what a global holds in the beginning, by its index.
            function_at: gives the function that an address means, by its index or name.
            layouts: which functions allocate, copy and take tables.
            called: is told of each call of an imported function that takes tables, and says whether it could
                read what was given.
            called_through: is told of each call of a function by its address.
            seen: is told of each call of an imported function, and what it returned.
            relevance: says which functions are worth following when others call them.
            effort: what is left to follow.
        """
        self.code = code
        self.memory = Memory(image, initial_global=initial_global)
        self.effort = effort
        self.spend = effort.spend
        self.type_at, self.type_of = code.type_at, code.type_of
        self.library = Library(layouts, self.memory, effort.spend)
        self.leaves = False
        self.running: list[int] = []
        self.visited, self.ended, self.cut, self.handing = (set[int]() for _ in range(4))
        self.stored: dict[Pointer, int] = {}
        self.instances: dict[str, Value] = {}
        self.calling_given, self.passing = set[int](), set[int]()
        self.function_at = function_at
        self.telling: Callable[[Sequence[Value]], None] | None = None
        self._layouts = layouts
        self._report = called
        self._report_through = called_through
        self._see = seen
        self._relevance = relevance
        #: How often a function was followed with the same arguments, and what it returned if that lasts.
        self._followed: dict[tuple[Value, ...], tuple[int, Value]] = {}
        #: A table could not be read, and a call was passed over, which may have made it.
        self._unread = self._passed_over = False
        #: Functions where both was so: the point in the memory's record before each, and its arguments.
        self._again: list[tuple[int, int, Sequence[Value]]] = []
        self._thorough = self._alone = False
        self._entered = 0
        #: The function that is followed has fetched random bytes.
        self._random = False

    def enter(self, index: int, args: Sequence[Value] | None = None) -> Value:
        """Follow a function of the module from outside; arguments that are not given are parameters."""
        if args is None:
            number = len(self.type_of(index).params)
            args = [Pointer(f"{PARAMETER}{index} {place}", 0) for place in range(number)]
        self.effort.begin()
        self._unread = self._passed_over = False
        self._entered += 1
        start = self.memory.now
        result = self._follow(index, args)
        if self._unread and self._passed_over:
            self._again.append((start, index, args))
        return result

    def begin_use(self) -> None:
        """The module is made: what functions do from now on may be something else."""
        self.memory.begin_use()
        self._followed.clear()

    def follow_unread(self) -> None:
        """Follow functions again, with all that they call, where they hand over what could not be read."""
        self.effort.begin()
        self._thorough = True
        for start, index, args in self._again:
            self.memory.go_back(start)
            self._followed.clear()
            with contextlib.suppress(Stopped, RecursionError):
                self._follow(index, args)
        self._thorough = False

    def follow_alone(self, functions: Iterable[int]) -> None:
        """Follow functions without what they call, where there was too much of that."""
        self.effort.allow_alone()
        self._alone = True
        for index in functions:
            if self.effort.spent:
                break
            point = self.memory.now
            with contextlib.suppress(Stopped, RecursionError):
                self.enter(index)
            self.memory.go_back(point)
        self._alone = False

    def relocate(self, index: int, base: int) -> Relocations | None:
        """Have the module's addresses filled in.

        Args:
            index: The index of the function that does it.
            base: the global that is the module's place in memory.
        """
        body = self.code.bodies.get(index - len(self.code.imports))
        if body is None:
            return None
        relocations = Relocations(body, base)
        self.effort.spend_apart(len(relocations) // _RELOCATIONS_READ)
        self.memory.relocate(relocations)
        if relocations.rest is None:
            return relocations
        self.effort.begin_relocations()
        walk = Walk(self, body, [], 0)
        walk.position = relocations.rest
        for local, (global_, distance) in relocations.kept.items():
            walk.locals[local] = add(self.memory.load(Pointer(GLOBAL, global_)), distance & _BITS)
        walk.run()
        return relocations

    def is_own(self, index: int) -> bool:
        """Whether the module defines a function, and does not import it."""
        return index >= len(self.code.imports)

    def call(self, index: int, args: Sequence[Value]) -> Value:
        """Call a function."""
        if index < len(self.code.imports):
            name = self.code.imports[index].decode("utf-8", "replace")
            made = self._call_import(name, args)
            self._see(name, args, made)
            return made
        return self._follow(index, args)

    def stores(self, place: Value, word: Value) -> None:
        """A word is stored, or two of them."""
        if type(word) is Pair:
            self.effort.fruits += is_function(word.low) or is_function(word.high)
        elif is_function(word) or (type(word) is Choice and any(map(is_function, word.options))):
            self.effort.fruits += 1
            if type(place) is Pointer and place.region != STACK:
                self.stored[place] = self.running[0] if self.running else -1

    def call_pointer(self, target: Value, args: Sequence[Value]) -> Value:
        """Call a function by its address."""
        if isinstance(function := self.function_at(target), int):
            return self.call(function, args) if len(self.type_of(function).params) == len(args) else None
        made = self._unknown()
        if len(args) == _ALLOCATING:
            self.instances[made.region] = args[0]  # A type's tp_alloc is given the type.
        return made

    def calls_through(self, target: Value, type_: FuncType) -> None:
        """A function is called by its address, as one of a type."""
        if type(target) is not Pointer:
            return
        if is_function(target):
            self.effort.fruits += 1
            self._report_through(target, type_)
        elif target.region.startswith(PARAMETER) and target.region.count(".") <= 1 and self.running:
            self.calling_given.add(self.running[0])

    def _follow(self, index: int, args: Sequence[Value]) -> Value:
        body = self.code.bodies.get(index - len(self.code.imports))
        type_ = self.type_of(index)
        if self.telling is not None:
            self.telling(args)
        if body is None or not self._is_worth(index, body, args):
            self._pass_over(args)
            return self._unknown()
        times = _MOST_TIMES if self._thorough or may_differ(args) else 1
        # What lies behind an address is another from one function to the next, and so is what is handed on.
        hands_on = index in self.passing and any(type(arg) is Pointer and arg.unsure for arg in args)
        round_ = self._entered if times > 1 or hands_on else 0
        key = (index, round_, *[None if type(arg) is Pointer and arg.unsure else arg for arg in args])
        known = self._followed.get(key)
        if known is not None and known[0] >= times and not self._is_cheap(index, body, args, known[0]):
            return known[1] if known[1] is not None else self._unknown()
        result = self._enter(index, Walk(self, body, args, len(type_.results)))
        lasts = type(result) is Pointer and result.region in {MEMORY, TABLE}
        self._followed[key] = (known[0] + 1 if known else 1, result if lasts else None)
        return result if result is not None else self._unknown()

    def _is_worth(self, index: int, body: Bytes, args: Sequence[Value]) -> bool:
        """Whether a function is followed."""
        if not self.running or index in self.running or len(self.running) >= self.code.deepest:
            return not self.running
        given = any(map(is_function, args))
        if self._alone:
            return given or len(body) <= self.code.short
        if self._thorough:
            return True
        fruitless = self.effort.is_fruitless(index)
        # The module's data holds much that nobody calls.
        places = _TABLES if index in self.calling_given else _ROOM
        worth = (
            (not fruitless and (given or self._relevance.matters(index)))
            or (are_known(args) and self._relevance.computes(index))
            or (not fruitless and any(self.memory.holds_function(arg, places) for arg in args))
        )
        self._passed_over = self._passed_over or not (worth or fruitless)
        return worth

    def _is_cheap(self, index: int, body: Bytes, args: Sequence[Value], times: int) -> bool:
        """Whether a function is followed once more: it is short, or computes something of what is known."""
        return times < _MOST_TIMES and (
            len(body) <= self.code.short or (are_known(args) and self._relevance.computes(index))
        )

    def _pass_over(self, args: Sequence[Value]) -> None:
        """What a function may return through its first argument is not known when it was not followed."""
        if args and type(args[0]) is Pointer and args[0].region == STACK:
            for step in range(0, _RETURNED, WORD):
                self.memory.store(Pointer(STACK, args[0].offset + step), None)

    def _enter(self, index: int, walk: Walk) -> Value:
        self.visited.add(index)
        start = self.memory.now
        with self.effort.called(index, self.running[-1]) if self.running else contextlib.nullcontext():
            self.running.append(index)
            try:
                (self.ended if walk.run() else self.cut).add(index)
            finally:
                self.running.pop()
        if self._random:
            # What it keeps of the random bytes that it has fetched, and that it has them.
            self._random = False
            changed = self.memory.changes(start, self.memory.now)
            self.memory.arbitrary.update(place for place in changed if place.region == MEMORY)
        return walk.result

    def _call_import(self, name: str, args: Sequence[Value]) -> Value:
        layouts = self._layouts
        self._random = self._random or name in layouts.random
        if self.library.has(name):
            return self.library.call(name, args)
        if name in layouts.roots or name in layouts.succeeding or name in layouts.instances:
            return self._call_interpreter(name, args)
        if name.startswith(INVOKE_PREFIX) and args:
            return self.call_pointer(args[0], args[1:])
        self.leaves = name in _LEAVING
        return self._unknown()

    def _call_interpreter(self, name: str, args: Sequence[Value]) -> Value:
        """Call a function of which is known what it takes, or that it succeeds."""
        if name in self._layouts.instances:
            return self._instance(args, self._layouts.instances[name])
        made = self.memory.make("object")
        places = [argument.place for argument in arguments_of(name)]
        if places and len(args) > max(places):
            self.effort.fruits += 1
            self.spend(_HANDING_OVER)
            self.handing.add(self.running[-1])
            self._unread = not self._report(name, args, made) or self._unread
        return 0 if name in self._layouts.succeeding else made

    def _instance(self, args: Sequence[Value], place: int) -> Value:
        """An instance of a type: new, or room that was given."""
        made = args[0] if place and args else self._unknown()
        if type(made) is Pointer and len(args) > place:
            self.instances[made.region] = args[place]
        return made

    def _unknown(self) -> Pointer:
        return self.memory.make(RESULT)
