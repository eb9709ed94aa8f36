"""Runs of characters that a text must have before a pattern is tried on it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

#: What a pattern may match in several ways, in the order in which it is taken out: classes, what is repeated
#: or optional, and signs for kinds and for places; then groups, the innermost first.
_ESCAPED = re.compile(r"\\([^\w\s])")
_VARIABLE = re.compile(
    r"\[[^\]]+\](?:[?*+]|\{[^}]*\})?[?+]?|(?:\\\w|[^()|\[])(?:[?*+]|\{[^}]*\})[?+]?|\\\w|[.^$]"
)
_GROUP = re.compile(
    r"\((?P<look>\?<?[=!])?(?:\?(?:P<\w+>|:))?(?P<inside>[^()]*)\)(?P<times>[?*+]|\{[^}]*\})?[?+]?"
)
_GAP = "\0"
#: Where escaped characters and groups are kept meanwhile, in a part of Unicode that nobody writes in.
_KEPT = 0xE000
_KEPT_SIGN = re.compile("[\ue000-\ue07f]")
_GROUPS = 0xE100
_GROUP_SIGN = re.compile("[\ue100-\uf8ff]")
_GAPS = re.compile("[\0\ue100-\uf8ff]")
#: A run of fewer characters is in too many texts.
_SHORT = 6


def keys_of(pattern: str) -> tuple[str, ...]:
    """Runs of characters of which every text has one that a pattern matches.

    A console may have megabytes, and to look for a run of characters takes a hundredth of a search by
    pattern.

    Returns:
        The longest run of each choice that the pattern offers at its top. Where that is short and a group
        offers choices with longer ones, those. It is empty where there is none.
    """
    groups: list[str] = []

    def kept(match: re.Match[str]) -> str:
        if match["look"] or match["times"]:
            return _GAP
        groups.append(match["inside"])
        return chr(_GROUPS + len(groups) - 1)

    left = _ESCAPED.sub(lambda match: chr(_KEPT + ord(match[1])), pattern)
    left = _VARIABLE.sub(_GAP, left)
    while (shorter := _GROUP.sub(kept, left)) != left:
        left = shorter
    keys = _longest(left, groups)
    return tuple(_KEPT_SIGN.sub(lambda match: chr(ord(match[0]) - _KEPT), key) for key in keys)


def _longest(text: str, groups: Sequence[str]) -> tuple[str, ...]:
    """The keys of choices whose groups are taken out already."""
    keys: list[str] = []
    for choice in text.split("|"):
        run = max(_GAPS.split(choice), key=len)
        if len(run) < _SHORT:
            offers: list[tuple[str, ...]] = [(run,)]
            offers += [_longest(groups[ord(sign) - _GROUPS], groups) for sign in _GROUP_SIGN.findall(choice)]
            best = max(offers, key=_shortest)
            keys.extend(best)
        else:
            keys.append(run)
    return tuple(keys)


def _shortest(keys: tuple[str, ...]) -> int:
    return min(map(len, keys))
