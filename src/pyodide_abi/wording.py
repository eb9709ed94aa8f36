"""Lists in sentences."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection


def listed(words: Collection[str], most: int = 3, *, mark: str = "", separator: str = ", ") -> str:
    """The first words of a list, and how many more there are.

    Args:
        words: of any number.
        most: how many of them are shown.
        mark: stands before and behind each.
        separator: between them.
    """
    shown = separator.join(f"{mark}{word}{mark}" for word in islice(words, most))
    return f"{shown} and {len(words) - most} more" if len(words) > most else shown
