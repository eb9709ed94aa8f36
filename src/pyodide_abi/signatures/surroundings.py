"""What a function that is followed needs of the module around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyodide_abi.signatures.library import Library
    from pyodide_abi.signatures.memory import Memory
    from pyodide_abi.signatures.symbolic import Value
    from pyodide_abi.wasm import FuncType


class Surroundings(Protocol):
    """What a function runs in.

    Attributes:
        memory: what the module holds.
        library: the functions of the C library that work on it.
        leaves: the function that was just called does not come back.
    """

    memory: Memory
    library: Library
    leaves: bool

    def spend(self, number: int) -> None:
        """Instructions are gone over; raises :class:`Stopped` where they are too many."""

    def type_at(self, index: int) -> FuncType:
        """The function type of a type's index."""

    def type_of(self, index: int) -> FuncType:
        """The type of a function."""

    def is_own(self, index: int) -> bool:
        """Whether the module defines a function, and does not import it."""

    def call(self, index: int, args: Sequence[Value]) -> Value:
        """Call a function."""

    def call_pointer(self, target: Value, args: Sequence[Value]) -> Value:
        """Call a function by its address."""

    def calls_through(self, target: Value, type_: FuncType) -> None:
        """A function is called by its address, as one of a type."""

    def stores(self, place: Value, word: Value) -> None:
        """A word is stored."""
