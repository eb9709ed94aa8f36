"""Lists in sentences."""

from __future__ import annotations

from itertools import groupby, islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


def listed(words: Collection[str], most: int = 3, *, mark: str = "", separator: str = ", ") -> str:
    """The first words of a list, and how many more there are.

    Args:
        words: Any number of words.
        most: how many of them are shown.
        mark: stands before and behind each.
        separator: between them.
    """
    shown = separator.join(f"{mark}{word}{mark}" for word in islice(words, most))
    return f"{shown} and {len(words) - most} more" if len(words) > most else shown


def spans(some: Collection[str], every: Sequence[str]) -> str:
    """Runs of neighbours joined: ``0.26.0 to 0.26.2, 0.27.1``.

    Args:
        some: the words to name, such as versions of releases.
        every: all words in their order; what is not among them is left out.
    """
    wanted = set(some)
    runs = [list(run) for inside, run in groupby(every, key=lambda word: word in wanted) if inside]
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)
