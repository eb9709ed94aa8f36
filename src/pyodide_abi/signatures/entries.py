"""What is found in a module: function pointers that CPython or the C library will call."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from pyodide_abi.signatures.symbolic import Pointer, options
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.signatures.layouts import Prototype
    from pyodide_abi.signatures.symbolic import Value
    from pyodide_abi.wasm import FuncType

#: The table of what a module itself calls by its address.
INDIRECT = "call_indirect"


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
    """

    table: str
    name: str
    target: CalledFunction
    prototype: Prototype
    flags: str = ""
    certainty: Certainty = Certainty.CERTAIN
    looks: bool = False
    within: int | None = None


def options_of(word: Value) -> Iterator[tuple[Value, Certainty]]:
    """All that a value can be, and how sure each is."""
    found = options(word)
    functions = sum(type(one) is Pointer for one in found)
    certainty = Certainty.MAY if functions > 1 else Certainty.CERTAIN if len(found) == 1 else Certainty.LIKELY
    return ((one, certainty) for one in found)


def least(first: Certainty, second: Certainty) -> Certainty:
    """The less sure of two."""
    return max(first, second, key=lambda certainty: certainty.rank)
