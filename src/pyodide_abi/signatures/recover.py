"""The function pointers of a module that CPython and the C library call, found without running it.

What runs when a module is loaded and made is followed in the order in which it runs: the start function, the
relocations, the constructors, the init function and those that its slots name. Then every other function that
calls one of those that take tables or functions to call back.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import (
    APPLY_DATA_RELOCS,
    CALL_CTORS,
    INIT_HOOKS,
    INIT_PREFIXES,
)
from pyodide_abi.errors import WasmError
from pyodide_abi.signatures.bodies_kept import (
    calling,
    exported_functions,
    keep_bodies,
    names_to_follow,
)
from pyodide_abi.signatures.callers import Callers
from pyodide_abi.signatures.code_parts import Code, Relevance
from pyodide_abi.signatures.effort import Effort
from pyodide_abi.signatures.entries import named, names_of
from pyodide_abi.signatures.flow import Stopped
from pyodide_abi.signatures.initial_state import Globals, Table, function_bases, image_of
from pyodide_abi.signatures.late_stores import LateStores
from pyodide_abi.signatures.layouts import CONVERTING, DECODING, load_layouts
from pyodide_abi.signatures.library import Library
from pyodide_abi.signatures.machine import Machine
from pyodide_abi.signatures.symbolic import GLOBAL, Pointer
from pyodide_abi.signatures.table_reader import TableReader
from pyodide_abi.values import replace, value
from pyodide_abi.wasm import FuncType, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pyodide_abi.signatures.bodies_kept import Kept
    from pyodide_abi.signatures.entries import TableEntry
    from pyodide_abi.signatures.relocations import Relocations
    from pyodide_abi.signatures.symbolic import Value
    from pyodide_abi.wasm import Module
    from pyodide_abi.wasm.frame import Frame

_EXPORT = INIT_HOOKS[1]
#: How many functions hand on what they were given, at most, before one hands it over.
_ROUNDS = 4
#: To see whether a function certainly calls one that takes tables takes as long as so many instructions.
_LOOKED_THROUGH = 5
#: Instructions of functions that are followed for their own calls by address, and of those that take one.
_MOST_STEPS_OWN, _MOST_STEPS_TAKING = 8_000, 10_000
#: Modules made by Cython have this in a name.
_CYTHON = b"_cython_"
#: The body of a function that is a trap: no locals, and ``unreachable``.
_TRAP = b"\x00\x00\x0b"


@value
class Recovered:
    """What was found in a module.

    Attributes:
        entries: in the order in which they are handed over.
        complete: all that may hand something over was followed; false where it was too much.
    """

    entries: tuple[TableEntry, ...] = ()
    complete: bool = True


def recovered_from(module: Module | None, *, most: int | None = None) -> Recovered:
    """The entries of a module that is held whole; none of what is no side module, or malformed.

    Args:
        module: The module.
        most: instructions that are followed, or what takes as long; None for the bound of a module by itself.
    """
    if module is None or module.dylink_section is None:
        return Recovered()
    try:
        return recover(module, exported_functions(module), keep_bodies(module, most))
    except WasmError:
        return Recovered()


def recover(module: Frame, exports: Mapping[str, int], kept: Kept) -> Recovered:
    """Follow a module.

    Args:
        module: The module, with its data.
        exports: indices of the exported functions by name.
        kept: the bodies of its functions, as far as they matter.

    Raises:
        WasmError: a section other than the code is malformed.
    """
    if kept.idle:
        return Recovered()
    return _Recovery(module, exports, kept).run()


class _Recovery:
    def __init__(self, module: Frame, exports: Mapping[str, int], kept: Kept) -> None:
        optimised = kept.optimised
        effort = Effort(whole=kept.whole, most=kept.most, optimised=optimised)
        layouts = load_layouts()
        globals_ = Globals(module, kept.own)
        # Streamed modules have been through this already; it changes nothing then.
        imports = names_to_follow(module.imported.functions)
        addresses = {
            *function_bases(module.imported.globals),
            *(global_ for global_, (kind, *_) in kept.own.items() if kind is Kind.FUNCTION),
        }
        code = Code(
            imports=imports,
            import_types=[
                type_ for type_ in module.imported.types[Kind.FUNCTION] if isinstance(type_, FuncType)
            ],
            types=module.types,
            functions=module.functions,
            bodies=kept.bodies,
            whole=kept.whole,
            optimised=optimised,
        )
        self._kept = kept
        self._first = len(imports)
        self._base = globals_.base
        self._relocations: Relocations | None = None
        self._exports = exports
        own = {
            index: name.decode("utf-8", "replace")
            for kind, index, name in kept.own.values()
            if kind is Kind.FUNCTION
        }
        self._names = own | {index: name for name, index in self._exports.items()} | names_of(module)
        self._start = module.start
        self._reader = TableReader(layouts)
        self._relevance = Relevance(
            code,
            callers=kept.callers,
            addresses=addresses,
            growing={name.encode() for name in layouts.growing | layouts.random},
            working={name.encode() for name in Library.working(layouts)},
            spend=effort.spend,
        )
        image = image_of(module, globals_)
        seen, self._converting = self._reader.names.seen, frozenset[bytes]()
        if image.has(CONVERTING.encode()):
            from pyodide_abi.signatures.formats import Conversions  # noqa: PLC0415 - few modules have such

            conversions = Conversions(self._reader)
            seen, self._converting = conversions.seen, conversions.functions
        texts = None
        if DECODING.encode() in imports and image.has(_CYTHON):
            from pyodide_abi.signatures.joined_texts import JoinedTexts  # noqa: PLC0415 - likewise

            texts = JoinedTexts(self._reader, image, seen)
            seen = texts.seen
        self._machine = Machine(
            code,
            image,
            initial_global=globals_.value,
            function_at=Table(module, globals_).function,
            layouts=layouts,
            called=self._reader.called,
            called_through=self._reader.called_through,
            seen=seen,
            relevance=self._relevance,
            effort=effort,
        )
        self._machine.telling = texts.called if texts else None
        self._reader.attach(self._machine)
        self._callers = Callers(kept, self._machine, self._relevance)
        self._late = LateStores(layouts, self._reader, self._machine)

    def run(self) -> Recovered:
        self._load()
        made = set()
        for name, index in self._exports.items():
            if name.startswith(INIT_PREFIXES):
                made.add(module := name.partition("_")[2])
                self._initialise(module, index, slots=name.startswith(_EXPORT))
        # What is found from here on may be of any of several.
        self._reader.module = next(iter(made)) if len(made) == 1 else ""
        calls = calling(self._kept.roots)
        uses = self._kept.uses
        self._machine.effort.spend_apart(_LOOKED_THROUGH * len(self._kept.callers))
        found = (
            index
            for index in (() if self._machine.effort.spent else self._kept.callers)
            if calls(body := self._kept.bodies.get(index, b"")) or (uses is not None and uses.search(body))
        )
        callers = {self._first + index for index in found}
        visited = self._machine.visited
        self._follow(sorted(callers - visited))
        # Tables may be made elsewhere, and be handed to these as what to make.
        makers = self._callers.of(self._machine.passing | (callers - self._machine.handing))
        for _ in range(_ROUNDS):
            if makers <= visited:
                break
            self._follow(sorted(makers - visited))
            makers = self._callers.of(self._machine.passing)
        self._follow(sorted(self._callers.of(callers & self._machine.cut)))
        complete = self._kept.whole and not self._machine.effort.spent
        if self._reader.in_use.vectorcalls:
            # Some may give objects functions of their own.
            self._follow(self._callers.taking())
        self._machine.follow_unread()
        self._machine.follow_alone(sorted((callers | self._callers_converting()) - self._machine.ended))
        self._machine.begin_use()
        # Some go other ways by then, and may hand on what they are given.
        passing = set(self._machine.passing)
        self._follow(sorted(callers - self._machine.handing))
        self._follow(sorted(self._callers.of(self._machine.passing - passing)))
        self._follow_calls()
        if self._relocations is not None and made:
            self._reader.find_methods(self._relocations)
        # A type may be made in several places, and is one once its name is known.
        once = dict.fromkeys(named(self._reader.entries, self._reader.names, self._callers.above))
        entries = tuple(map(self._described, once))
        # They know one another, and would keep the module's data until somebody looks for such.
        self._reader.detach()
        return Recovered(entries=entries, complete=complete)

    def _callers_converting(self) -> set[int]:
        """Functions that take the address of one and convert by a format, where a format hands over such."""
        imports = self._machine.code.imports
        indices = [index for index, name in enumerate(imports) if name in self._converting]
        calls = self._callers.of(indices) if self._converting else set[int]()
        return {index for index in calls if self._callers.takes_address(index)}

    def _described(self, entry: TableEntry) -> TableEntry:
        """The same with what there is to know of the function, if it is the module's own."""
        index = entry.target.index
        if index is None:
            return entry
        try:
            type_ = self._machine.type_of(index)
        except Stopped:
            return entry  # There is no function of that index, or none of a function type.
        target = replace(
            entry.target,
            name=self._names.get(index, ""),
            type=type_,
            trap=self._kept.bodies.get(index - self._first) == _TRAP,
        )
        return replace(entry, target=target)

    def _follow_calls(self) -> None:
        """Follow functions for the calls by address that the module makes itself."""
        effort, visited = self._machine.effort, self._machine.visited
        effort.leave(_MOST_STEPS_TAKING)
        self._follow(self._callers.taking())
        effort.leave(_MOST_STEPS_OWN)
        self._follow([index for index in self._callers.by_address() if index not in visited])
        # What CPython calls is given something by CPython.
        given = self._callers.calling_given() - {entry.target.index for entry in self._reader.entries}
        if given:
            effort.allow_giving()
        self._follow(self._callers.giving_to(given))

    def _load(self) -> None:
        if self._start is not None:
            self._enter(self._start, [])
            self._machine.memory.begin()
        relocations, constructors = map(self._exports.get, (APPLY_DATA_RELOCS, CALL_CTORS))
        if relocations is not None and self._base is not None:
            self._relocations = self._machine.relocate(relocations, self._base)
        self._reader.exported = {
            self._machine.memory.load(Pointer(GLOBAL, index)): name.decode("utf-8", "replace")
            for index, (kind, _, name) in self._kept.own.items()
            if kind is not Kind.FUNCTION
        }
        if constructors is not None:
            self._enter(constructors, [])

    def _initialise(self, name: str, index: int, *, slots: bool) -> None:
        self._reader.module = name
        self._reader.init(index, slots=slots)
        made = self._enter(index, None)
        if slots and type(made) is Pointer:
            with contextlib.suppress(Stopped):
                self._reader.called("PyModule_FromSlotsAndSpec", [made, 0], made)
        for number, (function, owner) in enumerate(self._reader.waiting):
            module = Pointer(f"module {number}", 0)
            self._reader.names.give(module, owner)
            self._enter(function, [module])
        self._reader.waiting.clear()

    def _follow(self, functions: Iterable[int]) -> None:
        memory = self._machine.memory
        for index in functions:
            if self._machine.effort.spent:
                break
            point = memory.now
            self._enter(index, None)
            memory.go_back(point)

    def _enter(self, index: int, args: Sequence[Value] | None) -> Value:
        try:
            if args and len(args) != len(self._machine.type_of(index).params):
                args = None
            return self._machine.enter(index, args)
        except (Stopped, RecursionError):
            return None
        finally:
            self._late.read()
