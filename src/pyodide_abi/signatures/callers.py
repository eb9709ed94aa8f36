"""The functions of a module by what they call: which are worth following for themselves, who calls whom."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyodide_abi.signatures.bodies_kept import MOST_SOUGHT, calling

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from pyodide_abi.signatures.bodies_kept import Kept
    from pyodide_abi.signatures.code_parts import Relevance
    from pyodide_abi.signatures.machine import Machine

#: Functions between one that takes the address of another and one that calls it, at most; and between one
#: that CPython calls and one that hands something over.
_MOST_BETWEEN, _MOST_ABOVE = 3, 3
#: So many functions are looked for, each with who calls it.
_MOST_NAMED = 40
#: Bytes of a function that is followed for its own calls by address.
_LONGEST_OWN = 1_000
#: The table is the first one; linkers may leave room for the number of another.
_CALL_INDIRECT = re.compile(rb"\x11[\x80-\xff]*+[\x00-\x7f]\x80*+\x00")
#: What stands behind a local variable's number where the function that it points to is called: C++ hands on
#: comparators so.
_GET_LOCAL, _LOAD_AND_CALL = b"\x20", b"\x28\x02\x00\x11"


class Callers:
    """Looks for functions by what they call."""

    def __init__(self, kept: Kept, machine: Machine, relevance: Relevance) -> None:
        """Take what is needed.

        Args:
            kept: the bodies.
            machine: says what was followed, and what that has shown.
            relevance: says which functions take addresses.
        """
        self._kept = kept
        self._machine = machine
        self._relevance = relevance
        self._first = len(machine.code.imports)

    def of(self, functions: Collection[int]) -> set[int]:
        """Functions that call some others."""
        effort = self._machine.effort
        effort.spend_apart(len(self._kept.bodies) if functions else 0)
        return set() if effort.spent else self._of(functions)

    def _of(self, functions: Collection[int]) -> set[int]:
        if not functions:
            return set()
        calls = calling(sorted(functions)[:MOST_SOUGHT])
        return {self._first + index for index, body in self._kept.bodies.items() if calls(body)}

    def takes_address(self, index: int) -> bool:
        """Whether a function of the module takes the address of one."""
        return self._relevance.takes_addresses(self._kept.bodies.get(index - self._first, b""))

    def by_address(self) -> list[int]:
        """Functions that call others by address, those first that take the address of one."""
        if not self._kept.whole:
            return []
        found = [
            self._first + index
            for index, body in self._kept.bodies.items()
            if len(body) <= _LONGEST_OWN and _CALL_INDIRECT.search(body)
        ]
        return sorted(found, key=lambda index: not self.takes_address(index))

    def taking(self) -> list[int]:
        """Functions that are not long, take the address of one and were not followed."""
        return self._unvisited(lambda body: len(body) <= _LONGEST_OWN)

    def _unvisited(self, fits: Callable[[bytes], bool]) -> list[int]:
        visited = self._machine.visited
        return [
            self._first + index
            for index, body in self._kept.bodies.items()
            if self._first + index not in visited and fits(body) and self._relevance.takes_addresses(body)
        ]

    def calling_given(self) -> set[int]:
        """Functions that call what they are given, or what lies there.

        Some are too long to be followed for this alone, and seem to.
        """
        return self._machine.calling_given | {
            self._first + index
            for index, body in (self._kept.bodies.items() if self._kept.whole else ())
            if len(body) > _LONGEST_OWN
            for part in body.split(_LOAD_AND_CALL)[:-1]
            if part[-2:-1] == _GET_LOCAL and part[-1] < len(self._machine.type_of(self._first + index).params)
        }

    def giving_to(self, given: Collection[int]) -> list[int]:
        """Functions that give something to some that call what they are given; others between may hand it on.

        What they give is the address of a function, or a place where such lie. Those between count from now
        on as ones that call what they are given.
        """
        taking = set(self._unvisited(lambda _: True) if given else ())
        found, callers = list[int](), set[int]()
        for _ in range(_MOST_BETWEEN):
            callers = self.of(given) - callers
            found += sorted(callers)
            given = callers - taking
            self._machine.calling_given |= given
            if not given:
                break
        # Any may give the place of a table, whose address is like any other.
        return sorted(dict.fromkeys(found), key=lambda index: index not in taking)

    def above(self, functions: Iterable[int], names: Mapping[int, str]) -> dict[int, str]:
        """The name of one that calls a function, by itself or through others.

        Args:
            functions: those that have no name.
            names: those that have one.
        """
        found: dict[int, str] = {}
        ways = {one: {one} for one in sorted(set(functions))[:_MOST_NAMED]}
        for _ in range(_MOST_ABOVE):
            sought = set[int]().union(*ways.values())
            # Names are looked for even where nothing more can be followed.
            callers = sorted(self._of(sought))
            calls = {one: calling([one]) for one in sought} if callers else {}
            bodies = self._kept.bodies
            for function, ends in list(ways.items()):
                above = {by for by in callers if any(calls[end](bodies[by - self._first]) for end in ends)}
                name = next((names[by] for by in sorted(above) if by in names), "")
                if name:
                    found[function] = name
                if name or not above:
                    del ways[function]
                else:
                    ways[function] = above
        return found
