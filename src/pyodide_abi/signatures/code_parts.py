"""A module's functions, as far as they are there to be followed, and which of them are worth it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyodide_abi.signatures.bodies_kept import PADDED, calls_of, decoded, uses_of
from pyodide_abi.signatures.flow import Stopped

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from pyodide_abi.wasm import FuncType
    from pyodide_abi.wasm.cursor import Bytes


#: Bytes of a short function, which may hand on a value.
SHORT = 80
#: Bytes of a function that moves an array to where it has more room.
_LONGEST_MOVING = 400
_NOTHING = re.compile(b"(?!)")


class Code:
    """What there is of a module, as far as its functions are followed.

    Attributes:
        imports: names of the imported functions, by index; empty where they are mangled.
        types: function types by their index among types; None for other types.
        functions: the type's index of each function that the module defines.
        bodies: The bodies of those functions that can be followed, by their index among these.
        whole: all bodies are there.
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
    ) -> None:
        self.imports = imports
        self._import_types = import_types
        self.types = types
        self.functions = functions
        self.bodies = bodies
        self.whole = whole

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

    #: Also where the byte of the instruction before looks like a call itself.
    _CALLED = re.compile(rb"(?=\x10([\x80-\xff]*+[\x00-\x7f]))")

    def __init__(
        self, code: Code, callers: Collection[int], addresses: Iterable[int], growing: Collection[bytes]
    ) -> None:
        """Begin.

        Args:
            code: the module's functions.
            callers: functions that call one that takes tables, by index among those that the module defines.
            addresses: globals that addresses of functions come from.
            growing: names of functions that move room.
        """
        self._code = code
        self._callers = callers
        addresses = list(addresses)
        self._address = uses_of(addresses) if addresses else _NOTHING
        moving = [index for index, name in enumerate(code.imports) if name in growing]
        self._moves = calls_of(moving) if moving else _NOTHING
        self._known: dict[int, bool] = {}

    def takes_addresses(self, body: Bytes) -> bool:
        """Whether a function takes the address of one."""
        return self._address.search(body) is not None

    def matters(self, index: int) -> bool:
        """Whether a function that the module defines is worth following."""
        known = self._known.get(index)
        if known is None:
            known = self._known[index] = self._is_direct(index) or self._calls_one(index)
        return known

    def _is_direct(self, index: int) -> bool:
        body = self._code.bodies.get(index - len(self._code.imports), b"")
        return (
            0 < len(body) <= SHORT
            or index - len(self._code.imports) in self._callers
            or self.takes_addresses(body)
            or (len(body) <= _LONGEST_MOVING and self._moves.search(body) is not None)
        )

    def _calls_one(self, index: int) -> bool:
        body = self._code.bodies.get(index - len(self._code.imports), b"")
        return any(
            self._is_direct(called)
            for form in set(self._CALLED.findall(body))
            if len(form) <= PADDED
            and (called := decoded(form)) >= len(self._code.imports)
            and len(self._code.bodies.get(called - len(self._code.imports), b"")) > SHORT
        )
