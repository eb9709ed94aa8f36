"""Searches of a text that may have megabytes for many runs of characters, and for patterns near them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Sequence

#: From so many characters on it pays to know a text's words.
_LONG = 50_000
#: So far around a run the pattern that has it is looked for in a long text, in characters.
_AROUND = 8_000


class SearchedText:
    """A text on one line.

    A search for a run of characters goes over the whole of a text. A console of megabytes has the same words
    over and over: a run whose words are none of them is not looked for.

    Attributes:
        line: The text.
    """

    def __init__(self, line: str) -> None:
        self.line = line
        self._words = frozenset(line.split(" ")) if len(line) >= _LONG else None
        self._every_word = "\n".join(self._words) if self._words else ""

    def has(self, run: str) -> bool:
        """Whether the text has a run of characters."""
        return self._may_have(run) and run in self.line

    def has_any(self, runs: Sequence[str]) -> bool:
        """Whether the text has one of some runs."""
        return any(map(self.has, runs))

    def matches(self, pattern: re.Pattern[str], runs: Sequence[str]) -> Iterator[re.Match[str]]:
        """Where a pattern matches; in a long text, near the runs of which each match has one."""
        if self._words is None or "" in runs:
            yield from pattern.finditer(self.line)
            return
        for start, end in self._places(runs):
            yield from pattern.finditer(self.line, start, end)

    def _may_have(self, run: str) -> bool:
        if self._words is None or not run:
            return True
        first, *others = run.split(" ")
        inner, last = others[:-1], others[-1:]
        edge = max([first, *last], key=len)
        return self._words.issuperset(inner) and edge in self._every_word

    def _places(self, runs: Sequence[str]) -> list[tuple[int, int]]:
        """Parts of the text around the runs, in order, with nothing in two of them."""
        places = [(0, 0)]
        for at in sorted(place for run in runs for place in self._places_of(run)):
            start, end = max(0, at - _AROUND), at + _AROUND
            if start <= places[-1][1]:
                places[-1] = (places[-1][0], end)
            else:
                places.append((start, end))
        return places

    def _places_of(self, run: str) -> Iterator[int]:
        at = self.line.find(run) if self._may_have(run) else -1
        while at >= 0:
            yield at
            # Occurrences that lie near one another make one part, whichever of them are named.
            at = max(self.line.find(run, at + 1), self.line.rfind(run, at + 1, at + _AROUND))
