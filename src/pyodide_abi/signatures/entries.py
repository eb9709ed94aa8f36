"""What is found in a module: function pointers that CPython or the C library will call."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from pyodide_abi.errors import WasmError
from pyodide_abi.signatures.symbolic import Choice, Pointer, options
from pyodide_abi.values import replace, value
from pyodide_abi.wasm.sections.names import NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from pyodide_abi.signatures.layouts import Layouts, Prototype
    from pyodide_abi.signatures.memory import Memory
    from pyodide_abi.signatures.symbolic import Value
    from pyodide_abi.wasm import FuncType
    from pyodide_abi.wasm.frame import Frame

#: Names of functions are looked up in sections up to this size, in bytes.
MOST_NAMES = 2_000_000
#: The table of what a module itself calls by its address.
INDIRECT = "call_indirect"
#: Stands for a name that the code does not show.
UNKNOWN = "?"
#: Stands around the number of a type whose name is not known yet.
_MARK = "\0"
#: Arguments of functions that put an object somewhere: what it is put into, its name, itself.
_NAMED = 3


class Certainty(enum.StrEnum):
    """How sure it is that a function is called as an entry says."""

    CERTAIN = "certain"
    """It follows from the code."""
    LIKELY = "likely"
    """On one way through the code; others leave the entry empty, or another module may come first."""
    MAY = "may"
    """One of several functions, or the table is told by its looks alone."""

    @property
    def rank(self) -> int:
        """0 is the surest."""
        return list(Certainty).index(self)


@value
class CalledFunction:
    """A function that an entry points to.

    Attributes:
        index: in the module; None where the loader finds it by its name.
        name: that; of a function of the module itself the one that C or the name section has, empty where
            neither has one.
        type: The type of a function of the module itself.
        trap: the linker has put a trap in its place.
    """

    index: int | None = None
    name: str = ""
    type: FuncType | None = None
    trap: bool = False


@value
class TableEntry:
    """A function pointer that CPython or the C library will call.

    Attributes:
        table: the C structure that holds it, or the function that was given it.
        name: how Python's users know it: ``mod.function``, ``mod.Type.method``, ``mod.Type tp_init``.
        target: the function.
        prototype: what it has to be.
        flags: how C writes the flags of a method; empty for other entries.
        certainty: The certainty of all this.
        looks: Whether it was told by its looks alone: nobody is seen to hand it over.
        within: the function of the module in which it was handed over to be called back; None for entries
            of tables.
        data: the name by which the loader finds the table, if another library can have one of that name.
    """

    table: str
    name: str
    target: CalledFunction
    prototype: Prototype
    flags: str = ""
    certainty: Certainty = Certainty.CERTAIN
    looks: bool = False
    within: int | None = None
    data: str = ""


class TypeNames:
    """The names of modules and types; that of some types is only known once they are put into a module.

    Attributes:
        memory: The memory that strings lie in.
    """

    memory: Memory

    def __init__(self, layouts: Layouts) -> None:
        """Begin.

        Args:
            layouts: which functions make strings and put objects somewhere.
        """
        self._layouts = layouts
        self._by_object: dict[Pointer, str] = {}
        self._marks: dict[Pointer, str] = {}
        self._known: dict[str, str] = {}
        #: What Python's strings say.
        self._texts: dict[Pointer, str] = {}

    def give(self, made: Pointer, name: str) -> None:
        """An object has a name."""
        self._by_object[made] = name

    def of(self, made: Pointer) -> str:
        """The name of an object; empty where it has none."""
        return self._by_object.get(made, "")

    def mark(self, place: Pointer, module: str) -> str:
        """What stands for the name of a type that the code does not show."""
        mark = self._marks.setdefault(place, f"{_MARK}{len(self._marks)}{_MARK}")
        return f"{module}.{mark}" if module else mark

    @property
    def marked(self) -> bool:
        """There are types whose names the code does not show."""
        return bool(self._marks)

    def seen(self, function: str, args: Sequence[Value], made: Value) -> None:
        """An imported function was called: it may make a string, or put an object somewhere under a name."""
        if function in self._layouts.texts and args and type(made) is Pointer:
            self._texts[made] = self.memory.text(args[0])
        elif function in self._layouts.naming and len(args) == _NAMED:
            _, name, put = args
            mark = _mark_in(self.of(put)) if type(put) is Pointer else ""
            if mark and type(name) is Pointer:
                text = self._texts.get(name, "") or self.memory.text(name)
                self._known.setdefault(mark, text or UNKNOWN)

    def know(self, made: Pointer, text: bytes) -> None:
        """A string of Python's was made of these bytes."""
        self._texts[made] = text.decode("utf-8", "replace")

    def text(self, of: Pointer) -> str:
        """What a string of Python's says; empty where that is not known."""
        return self._texts.get(of, "")

    def final(self, name: str) -> str:
        """A name, with what is known in the end."""
        mark = _mark_in(name)
        return name.replace(mark, self._known.get(mark, UNKNOWN)) if mark else name


def named(
    entries: Collection[TableEntry],
    names: TypeNames,
    above: Callable[[Iterable[int], Mapping[int, str]], Mapping[int, str]],
) -> Iterator[TableEntry]:
    """Entries, those that are called back by the name of the function that hands them over.

    Args:
        entries: as they were found.
        names: The names of types.
        above: gives the names of functions that call some, of these and of those whose names are known.
    """
    owners: dict[int, str] = {}
    for entry in entries:
        if entry.target.index is not None and entry.within is None:
            owners.setdefault(entry.target.index, entry.name)
    within = {entry.within for entry in entries if entry.within is not None} - owners.keys()
    owners |= above(within, owners) if within else {}
    for entry in entries:
        if entry.within is None:
            yield replace(entry, name=names.final(entry.name)) if names.marked else entry
        elif entry.table != INDIRECT or entry.within in owners:
            yield replace(entry, name=owners.get(entry.within, entry.table))


def _mark_in(name: str) -> str:
    parts = name.split(_MARK)
    return f"{_MARK}{parts[1]}{_MARK}" if parts[1:] else ""


def options_of(word: Value) -> Iterator[tuple[Value, Certainty]]:
    """All that a value can be, and how sure each is."""
    found = options(word)
    functions = sum(type(one) is Pointer for one in found)
    certainty = Certainty.MAY if functions > 1 else Certainty.CERTAIN if len(found) == 1 else Certainty.LIKELY
    return ((one, certainty) for one in found)


def only_one(word: Value) -> tuple[Value, Certainty]:
    """The one value other than zero that a value can be, and how sure it is; None where there is no such.

    Rows of a table that are added on some ways through the code only begin so.
    """
    if type(word) is not Choice:
        return (None if word == 0 else word), Certainty.CERTAIN
    found = [one for one in word.options if one != 0]
    return (found[0] if len(found) == 1 else None), Certainty.LIKELY


def least(first: Certainty, second: Certainty) -> Certainty:
    """The less sure of two."""
    # Nearly all are certain.
    if first is Certainty.CERTAIN:
        return second
    return max(first, second, key=lambda certainty: certainty.rank)


def names_of(module: Frame) -> dict[int, str]:
    """What the name section calls functions; no engine minds a fault in it, so neither does this."""
    section = module.custom(NAME)
    try:
        return module.function_names if section is not None and section.size <= MOST_NAMES else {}
    except WasmError:
        return {}
