"""How much of a module is followed: instructions that are left, and what has proved not to be worth them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from pyodide_abi.signatures.flow import Stopped

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Instructions that are followed in a module, and in one of its functions with what it calls.
_MOST, _MOST_AT_ONCE = 170_000, 80_000
#: Likewise of the function that fills in addresses, and of functions that are followed by themselves.
_MOST_OF_RELOCATIONS, _MOST_ALONE = 20_000, 30_000
#: Of functions that give others to their own callees, at least.
_MOST_GIVING = 6_000
#: A function that is called takes this part of the instructions that are left, so that its caller goes on; in
#: code that is not optimised as many as this: functions of C++ call one another ten deep to copy an array.
_PART_OF_CALLED, _LEAST_OF_CALLED = 2, 6_000
#: A function that takes so many instructions at once and neither stores the address of a function nor hands
#: one over is not followed any more once it has taken so many in all.
_LONG, _MOST_FRUITLESS = 300, 3_300
#: So many more are followed for each call that hands over something new, and so many at most.
_REWARD, _MOST_REWARDED = 6_000, 400_000
#: Of a module that is too long to be kept whole, a quarter; none of its functions takes so much of it that
#: nothing is left for others.
_SHARE_OF_LARGE = 4


class Effort:
    """Instructions that are left.

    Attributes:
        fruits: how often the address of a function was stored or something was handed over.
    """

    def __init__(self, *, whole: bool, most: int, optimised: bool) -> None:
        """Begin.

        Args:
            whole: the module's code is there as a whole.
            most: instructions that are followed in all, whatever is found.
            optimised: functions are short and call few others.
        """
        self._least_of_called = 0 if optimised else _LEAST_OF_CALLED
        self.fruits = 0
        self._share = 1 if whole else _SHARE_OF_LARGE
        #: What may be taken in all, and what is left of that for now.
        self._allowed = most
        self._left = min(_MOST // self._share, self._allowed)
        self._stop_at = 0
        self._rewarded = 0
        self._fruitless: dict[int, int] = {}
        #: Of those, the ones that each function has called.
        self._called_by: dict[int, set[int]] = {}

    @property
    def spent(self) -> bool:
        """Nothing more can be followed."""
        return self._left <= 0

    def spend(self, number: int) -> None:
        """Instructions are gone over, or what takes as long as these is done.

        Raises:
            Stopped: there are too few left.
        """
        self._left -= number
        self._allowed -= number
        if self._left < self._stop_at:
            raise Stopped

    def spend_apart(self, number: int) -> None:
        """Something is done that is not followed instruction by instruction, and does not stop."""
        self._allowed -= number
        self._left = min(self._left, self._allowed)

    def begin(self) -> None:
        """A function is followed from outside."""
        for_others = self._left // 2 if self._share > 1 else 0
        self._stop_at = max(self._left - _MOST_AT_ONCE, for_others)

    def begin_relocations(self) -> None:
        """The function that fills in addresses is followed."""
        self._stop_at = max(self._left - _MOST_OF_RELOCATIONS, 0)

    def allow_alone(self) -> None:
        """Functions are followed without what they call, even if all was spent."""
        self._left = min(max(self._left, _MOST_ALONE // self._share), self._allowed)

    def allow_giving(self) -> None:
        """Functions are followed that give others away, likewise."""
        self._left = min(max(self._left, _MOST_GIVING // self._share), self._allowed)

    def leave(self, number: int) -> None:
        """Leave at most so many instructions."""
        self._left = min(self._left, number)

    def reward(self, index: int, *, never_called: bool) -> None:
        """A function has handed over something new: there may be more where that came from.

        Large modules have thousands of functions that are never called, and so hand over more without end.
        """
        if never_called and self._share > 1:
            return
        for called in self._called_by.pop(index, ()):
            self._fruitless.pop(called, None)
        if self._rewarded < _MOST_REWARDED:
            self._rewarded += _REWARD
            self._left = min(self._left + _REWARD // self._share, self._allowed)

    def is_fruitless(self, index: int) -> bool:
        """Whether a function has taken much and given nothing."""
        return self._fruitless.get(index, 0) > _MOST_FRUITLESS

    @contextlib.contextmanager
    def called(self, index: int, by: int) -> Iterator[None]:
        """A function is called by another one while this is open."""
        stop_at, before, fruits = self._stop_at, self._left, self.fruits
        allowed = max((self._left - stop_at) // _PART_OF_CALLED, self._least_of_called)
        self._stop_at = max(self._left - allowed, stop_at)
        try:
            yield
        finally:
            self._stop_at = stop_at
            taken = before - self._left
            if fruits == self.fruits and taken > _LONG:
                self._fruitless[index] = self._fruitless.get(index, 0) + taken
                self._called_by.setdefault(by, set()).add(index)
