"""A set of names that many libraries add to."""

from __future__ import annotations

from itertools import filterfalse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

#: From so many names on a library's are not copied.
_MANY = 500


class NameSet:
    """A set of names whose unions are cheap: those of a large library are kept and never copied."""

    def __init__(self) -> None:
        self._few: set[str] = set()
        self._many: list[frozenset[str]] = []

    def add(self, name: str) -> None:
        """Add one name."""
        self._few.add(name)

    def update(self, names: frozenset[str]) -> None:
        """Add a library's names."""
        if len(names) < _MANY:
            self._few |= names
        elif all(names is not known for known in self._many):
            self._many.append(names)

    @property
    def parts(self) -> int:
        """The number of sets in which a name has to be looked for."""
        return 1 + len(self._many)

    def lacking(self, names: Iterable[str]) -> Iterable[str]:
        """The names among ``names`` that are not in the set, in their order; there may be 100,000."""
        for known in (self._few, *self._many):
            names = filterfalse(known.__contains__, names)
        return names

    def __contains__(self, name: object) -> bool:
        """Whether the set has a name."""
        return name in self._few or any(name in names for names in self._many)

    def copy(self) -> NameSet:
        """A second set with the same names."""
        other = NameSet()
        other._few, other._many = {*self._few}, [*self._many]
        return other
