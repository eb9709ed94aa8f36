"""Names that many libraries add to."""

from __future__ import annotations

from itertools import filterfalse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

#: From so many names on a library's are not copied.
_MANY = 500


class Pool:
    """Names, to which libraries add theirs: those of large ones are kept as they are and never copied."""

    def __init__(self) -> None:
        self._few: set[str] = set()
        self._many: list[frozenset[str]] = []

    def add(self, name: str) -> None:
        """Note one name."""
        self._few.add(name)

    def take(self, names: frozenset[str]) -> None:
        """Note those of a library."""
        if len(names) < _MANY:
            self._few |= names
        elif all(names is not known for known in self._many):
            self._many.append(names)

    def lacking(self, names: Iterable[str]) -> Iterable[str]:
        """Those of some names that are not here, in their order; for a hundred thousand of them."""
        for known in (self._few, *self._many):
            names = filterfalse(known.__contains__, names)
        return names

    def __contains__(self, name: object) -> bool:
        """It is one of them."""
        return name in self._few or any(name in names for names in self._many)

    def copy(self) -> Pool:
        """Another one with the same names."""
        other = Pool()
        other._few, other._many = {*self._few}, [*self._many]
        return other
