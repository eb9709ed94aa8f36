"""Reading the tables that a module hands to CPython, out of the memory as it is at that moment."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import EXPORT_HOOK, INIT_HOOK
from pyodide_abi.signatures.bodies_kept import FOLLOWED_ANYWAY
from pyodide_abi.signatures.entries import (
    INDIRECT,
    UNKNOWN,
    CalledFunction,
    Certainty,
    TableEntry,
    TypeNames,
    least,
    only_one,
    options_of,
)
from pyodide_abi.signatures.in_use import MEMBERS, InUse
from pyodide_abi.signatures.layouts import WORD, arguments_of, prototype_of
from pyodide_abi.signatures.symbolic import GLOBAL, MEMORY, PARAMETER, RESULT, TABLE, Pointer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyodide_abi.signatures.layouts import Argument, Layouts, Prototype, StructMember
    from pyodide_abi.signatures.machine import Machine
    from pyodide_abi.signatures.relocations import Relocations
    from pyodide_abi.signatures.symbolic import Value
    from pyodide_abi.wasm import FuncType

_METHODS, _GETSET, _TYPE = "PyMethodDef", "PyGetSetDef", "PyTypeObject"
_SPEC, _MODULE, _SEQUENCE = "PyType_Spec", "PyModuleDef", "PyStructSequence_Desc"
_TYPE_SLOTS, _MODULE_SLOTS = "PyType_Slot", "PyModuleDef_Slot"
#: Entries of one table that are read at most; those of known modules have up to three thousand.
_MOST_ENTRIES = 10_000
#: To read one takes as long as so many instructions.
_READING_ENTRY = 5
_EXEC = "Py_mod_exec"
#: Where flags lie in a ``struct sigaction``, behind a mask of 8 or 128 bytes; one decides the handler's type.
_SIGACTION, _SA_FLAGS, _SA_SIGINFO = "sigaction", (3, 33), 4
#: A word of each table that is never zero.
_FIRST = {_METHODS: 0, _GETSET: 0, _SPEC: 4, _TYPE: 3, _MODULE: 5, _MODULE_SLOTS: 0, _SEQUENCE: 0}


class TableReader:
    """Takes entries from tables as they are handed over.

    Attributes:
        module: the name of the module, for what has no other.
        entries: in the order in which they were found.
        waiting: functions that CPython calls once the module is made, each with the module's name.
        names: the names of modules and types.
        in_use: the types that CPython uses where they lie.
        exported: The names by which the loader finds tables, by their places.
        full_names: The names of functions in their classes, by the places of tables of one method.
    """

    def __init__(self, layouts: Layouts) -> None:
        self.module = ""
        self.exported: dict[Value, str] = {}
        self.full_names: dict[int, str] = {}
        #: The name of the table that is being read, or of what it hangs on.
        self._data = ""
        self.entries: dict[TableEntry, None] = {}
        self.waiting: list[tuple[int, str]] = []
        self.in_use = InUse(layouts)
        self._layouts = layouts
        self.names = TypeNames(layouts)
        #: Where methods were read, from the memory base.
        self._methods: set[int] = set()
        self._seen: set[tuple[str, Pointer, str, str]] = set()
        self._types: set[Pointer] = set()
        #: Table, name and function of each entry.
        self._added: set[tuple[str, str, int | str]] = set()

    def attach(self, machine: Machine) -> None:
        """The machine whose memory is read."""
        self._machine = machine
        self._memory = self.names.memory = machine.memory

    def detach(self) -> None:
        """The machine is not needed any more."""
        del self._machine, self._memory, self.names

    def init(self, index: int, *, slots: bool) -> None:
        """The function that makes the module is called."""
        name = f"{EXPORT_HOOK if slots else INIT_HOOK}_{self.module}"
        prototype = self._layouts.prototypes["init"]
        self.entries[
            TableEntry(table="PyInit", name=name, target=CalledFunction(index=index), prototype=prototype)
        ] = None

    def called(self, function: str, args: Sequence[Value], made: Pointer) -> bool:
        """A function that takes tables was called, and returns a new object.

        Returns:
            whether a table that was given could be read; a call that was passed over may have made it.
        """
        readable, before = True, len(self.entries)
        for argument in arguments_of(function):
            given = args[argument.place]
            for one, certainty in options_of(given):
                if type(one) is not Pointer:
                    readable = readable and not argument.table
                    continue
                self._data = self.exported.get(one, "")
                if one.region.startswith(PARAMETER):
                    self._machine.passing.add(int(one.region.split()[1]))
                elif argument.prototype is not None:
                    self.give(function, one, argument.prototype, certainty)
                elif argument.table not in _FIRST:
                    for index, member in enumerate(self._layouts.structures[argument.table]):
                        for word, sure in options_of(self._word(one, index)):
                            prototype = self._prototype_in(argument.table, member, one)
                            if prototype is not None and type(word) is Pointer:
                                self.give(function, word, prototype, least(certainty, sure))
                else:
                    self._take(argument, one, args, certainty, made)
                    readable = readable and self._is_filled(argument.table, one)
                readable = readable and not one.region.startswith(RESULT)
        if not readable:
            self._machine.passing.update(self._machine.running[:1])
        if len(self.entries) > before and self._machine.running:
            never_called = function in FOLLOWED_ANYWAY
            self._machine.effort.reward(self._machine.running[-1], never_called=never_called)
        return readable

    def called_through(self, pointer: Pointer, type_: FuncType) -> None:
        """The module itself calls a function by its address, as one of a type."""
        function = self._machine.function_at(pointer)
        fits = isinstance(function, int) and self._machine.type_of(function) == type_
        # Which of several ways through the code goes here is not always known.
        certainty = Certainty.CERTAIN if fits else Certainty.LIKELY
        self.add(INDIRECT, "", pointer, prototype_of(type_), certainty, within=self._machine.running[0])

    def _prototype_in(self, table: str, member: StructMember, place: Pointer) -> Prototype | None:
        """The prototype of a member, which a flag beside it can decide."""
        if table == _SIGACTION and any(
            type(flags) is int and flags & _SA_SIGINFO for flags in map(partial(self._word, place), _SA_FLAGS)
        ):
            return self._layouts.prototypes["handle_signal_with"]
        return member.prototype

    def _is_filled(self, table: str, place: Pointer) -> bool:
        """Whether a table is there, not only room for it."""
        word = self._word(place, _FIRST[table])
        return word not in {None, 0} and not (type(word) is Pointer and word.region.startswith(RESULT))

    def give(self, function: str, pointer: Pointer, prototype: Prototype, certainty: Certainty) -> None:
        """A function is given to one that calls it back."""
        table = self._layouts.names.get(function, function)
        self.add(table, "", pointer, prototype, certainty, within=self._machine.running[0])

    def _take(
        self, argument: Argument, place: Pointer, args: Sequence[Value], certainty: Certainty, made: Pointer
    ) -> None:
        match argument.table:
            case "PyMethodDef" | "PyGetSetDef":
                owner = next((name for arg in args if (name := self.owner(arg))), self.module)
                self._read_array(argument.table, place, owner, certainty, single=argument.single)
            case "PyModuleDef_Slot":
                self._read_slots(_MODULE_SLOTS, place, self.module, certainty)
            case table:
                # Some fill a type that they are given, their first argument.
                given = args[0] if table == _SEQUENCE and argument.place else made
                of = place if table == _TYPE else given if type(given) is Pointer else made
                name = self._name_in(table, place) or self.names.of(of) or self.names.mark(of, self.module)
                self.names.give(of, name)
                self._read(table, place, name, certainty)
                if table in {_SPEC, _SEQUENCE}:
                    self.in_use.make(self._memory, of, name, certainty)

    def owner(self, of: Value) -> str:
        """The name of the module or the type that an argument stands for."""
        if type(of) is not Pointer:
            return ""
        if of.region == MEMORY:
            return self._name_in(_TYPE, of) if of in self._types else ""
        return self.names.of(of)

    def _name_in(self, table: str, place: Pointer) -> str:
        member = {_MODULE: "m_name", _SPEC: "name", _SEQUENCE: "name", _TYPE: "tp_name"}[table]
        index = [entry.name for entry in self._layouts.structures[table]].index(member)
        # That of a type may be put together when it is made.
        return self._memory.text(self._word(place, index)) or (self.module if table == _MODULE else "")

    def _read(self, table: str, place: Pointer, name: str, certainty: Certainty) -> None:
        """Read a structure that stands by itself."""
        if self._is_known(table, place, name, certainty):
            return
        self._machine.spend(len(self._layouts.structures[table]))
        self.in_use.add(table, place, name, certainty)
        for index, member in enumerate(self._layouts.structures[table]):
            if member.prototype is None and not member.table:
                if member.name == "tp_vectorcall_offset":
                    self.in_use.holds_vectorcall(name, self._word(place, index))
                continue
            for word, sure in options_of(self._word(place, index)):
                self.follow(table, member, word, name, least(certainty, sure))

    def follow(self, table: str, member: StructMember, word: Value, name: str, certainty: Certainty) -> None:
        """What a member or a slot points to."""
        if type(word) is not Pointer:
            return
        before, self._data = self._data, self.exported.get(word, self._data)
        self._follow(table, member, word, name, certainty)
        self._data = before

    def _follow(
        self, table: str, member: StructMember, word: Pointer, name: str, certainty: Certainty
    ) -> None:
        if member.prototype is not None:
            self.add(table, f"{name} {member.name}", word, member.prototype, certainty)
        elif member.table in {_METHODS, _GETSET}:
            self._read_array(member.table, word, name, certainty, single=False)
        elif member.table == MEMBERS:
            self.in_use.read_members(self._memory, word, name, spend=self._machine.spend)
        elif member.table in self._layouts.slots:
            self._read_slots(member.table, word, name, certainty)
        elif member.table in self._layouts.structures:
            self._read(member.table, word, name, certainty)

    def _read_slots(self, table: str, place: Pointer, name: str, certainty: Certainty) -> None:
        if self._is_known(table, place, name, certainty):
            return
        slots = self._layouts.slots[table]
        for index in range(0, 2 * _MOST_ENTRIES, 2):
            self._machine.spend(_READING_ENTRY)
            number, there = only_one(self._word(place, index))
            if type(number) is not int:
                return
            member = slots.get(number)
            if member is None:
                continue
            for word, sure in options_of(self._word(place, index + 1)):
                self.follow(table, member, word, name, least(least(certainty, there), sure))
                if member.name == _EXEC:
                    function = self._machine.function_at(word)
                    if isinstance(function, int):
                        self.waiting.append((function, name))

    def _read_array(
        self, table: str, place: Pointer, owner: str, certainty: Certainty, *, single: bool
    ) -> None:
        if self._is_known(table, place, owner, certainty):
            return
        size = len(self._layouts.structures[table])
        for index in range(0, (1 if single else _MOST_ENTRIES) * size, size):
            self._machine.spend(_READING_ENTRY)
            name, there = only_one(self._word(place, index))
            if type(name) is not Pointer:
                return
            known = self._memory.text(name) or UNKNOWN
            full = f"{owner}.{known}" if owner else known
            sureness = least(certainty, there)
            if table == _METHODS:
                self._read_method(place, index, full, sureness)
                continue
            for step, kind in enumerate(("get", "set"), 1):
                prototype = self._layouts.structures[table][step].prototype
                assert prototype is not None
                for word, sure in options_of(self._word(place, index + step)):
                    if type(word) is Pointer:
                        self.add(table, f"{full} ({kind})", word, prototype, least(sureness, sure))

    def find_methods(self, relocations: Relocations) -> None:
        """Methods that nobody is seen to hand over, by their looks: a name, a function, known flags.

        Compilers of Python make their own function objects of such (Cython does).
        """
        module, table = Pointer(MEMORY, 0), Pointer(TABLE, 0)
        # A copy of a table may be what was handed over, under the name of a type.
        handed_over = {(entry.name.rpartition(".")[2], entry.target) for entry in self.entries}
        held = {global_: self._memory.load(Pointer(GLOBAL, global_)) for global_ in relocations.globals}
        in_memory, in_table = ({one for one in held if held[one] == place} for place in (module, table))
        for place, text, function_place in relocations.pairs(in_memory, in_table):
            if place in self._methods:
                continue
            name = self._memory.text(Pointer(MEMORY, text))
            if name.isidentifier():
                full = ".".join(filter(None, (self.module, self.full_names.get(place, name))))
                function = self._machine.function_at(Pointer(TABLE, function_place))
                if isinstance(function, int) and (name, CalledFunction(index=function)) in handed_over:
                    continue
                self._read_method(Pointer(MEMORY, place), 0, full, Certainty.MAY, looks=True)

    def _read_method(
        self, place: Pointer, index: int, name: str, certainty: Certainty, *, looks: bool = False
    ) -> None:
        if place.region == MEMORY:
            self._methods.add(place.offset + WORD * index)
        flags = self._word(place, index + 2)
        known = self._layouts.methods.get(flags & self._layouts.method_mask) if type(flags) is int else None
        if known is None:
            return
        prototype, written = known
        for word, sure in options_of(self._word(place, index + 1)):
            if type(word) is Pointer:
                sureness = least(certainty, sure)
                self.add(_METHODS, name, word, prototype, sureness, flags=written, looks=looks)

    def add(
        self,
        table: str,
        name: str,
        pointer: Pointer,
        prototype: Prototype,
        certainty: Certainty,
        *,
        flags: str = "",
        looks: bool = False,
        within: int | None = None,
    ) -> None:
        """Take an entry, if the pointer is one to a function."""
        function = self._machine.function_at(pointer)
        if function is None:
            if pointer.region.startswith(PARAMETER):
                # Whoever calls this function has the address.
                self._machine.passing.add(int(pointer.region.split()[1]))
            return
        target = (
            CalledFunction(index=function) if isinstance(function, int) else CalledFunction(name=function)
        )
        entry = TableEntry(
            table=table, name=name, target=target, prototype=prototype, flags=flags, certainty=certainty,
            looks=looks, within=within, data=self._data if within is None else "",
        )  # fmt: skip
        self.entries[entry] = None
        self._added.add((table, name, function))

    def has(self, table: str, name: str, words: Sequence[tuple[Value, Certainty]]) -> bool:
        """Whether a function among some words is known as such an entry."""
        functions = {self._machine.function_at(word) for word, _ in words} - {None}
        return any((table, name, function) in self._added for function in functions)

    def _is_known(self, table: str, place: Pointer, name: str, certainty: Certainty) -> bool:
        """A table is read once; what lies elsewhere than in the module's data may be another each time."""
        key = (table, place, name, certainty.value)
        known = key in self._seen and place.region == MEMORY
        if table not in _FIRST or self._is_filled(table, place):
            self._seen.add(key)
            if table == _TYPE:
                self._types.add(place)
        return known

    def _word(self, place: Pointer, index: int) -> Value:
        return self._memory.load(Pointer(place.region, place.offset + WORD * index))
